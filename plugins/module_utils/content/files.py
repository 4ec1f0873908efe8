# SPDX-License-Identifier: Apache-2.0
"""Files of file repositories: upload what Pulp does not have, and create one version with all of an
item's changes."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..files import CHECKSUM_SUFFIX, LocalFile, checksum_file_content
from ..pulp.errors import InvalidItem, LostResponse, PulpError
from ..pulp.pool import for_each, refuse_invalid_names, run_all
from ..pulp.reader import read_by_key, version_number
from ..pulp.references import missing_message, report_missing
from ..pulp.server import Server
from ..pulp.tasks import created_resources
from ..pulp.types import CONTENT_TYPES
from ..report.report import Result
from .upload import ContentUpload, LocalContent, find_content_unit

# A control character, or a path that leads out of the repository.
_INVALID_PATH = re.compile(r"[\x00-\x1f\x7f]|^/|(^|/)\.{1,2}(/|$)|//|/$|^$")
# What Pulp refuses after all bytes were sent (pulpcore, relative_path_validator).
_REFUSED_PATH = re.compile(r"[\s?#]")
_TYPE = "file"
_CONTENT = "content/file/files/"
_CONCURRENT_READS = 2

# relative path -> content unit
Units = dict[str, dict[str, Any]]


@dataclass
class WantedFile:
    """One file that a repository shall have: a local one, or the checksum file of another one."""

    relative_path: str
    path: str = ""
    source: LocalFile | None = None

    def open(self) -> LocalFile:
        """Return its bytes; raises FileError."""
        if self.source is None:
            self.source = LocalFile(self.path)
        return self.source

    def checksum_file(self) -> WantedFile:
        """Return the file that holds its checksum."""
        path = self.relative_path + CHECKSUM_SUFFIX
        content = checksum_file_content(self.open().sha256, self.relative_path)
        return WantedFile(path, source=LocalFile(path, content))


@dataclass(frozen=True)
class VersionChange:
    """Content units (hrefs) to add to a repository, and to remove from it.

    `base` is the version (href) to change, "" for the latest one.
    """

    add: Collection[str]
    remove: Collection[str] = ()
    base: str = ""


@dataclass(frozen=True)
class _Current:
    """A repository, None if it does not exist yet, its latest version (href), and the files of that."""

    repository: Mapping[str, Any] | None
    version: str
    units: Units

    @property
    def number(self) -> int:
        return version_number(self.version) if self.version else 0


@dataclass(frozen=True)
class _Change:
    """Content units to add, and paths to remove, in the version `base` (href), "" for the latest."""

    units: Units
    remove: Sequence[str]
    base: str = ""


def manage_files(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """Carry out module pulp_file_content: the list `file` -> results, in its order."""
    items = params["file"] or []
    kind = CONTENT_TYPES[_TYPE].repository
    names = [item["name"] for item in items]
    found = read_by_key(server.client, kind, names, ("latest_version_href",))
    upload = ContentUpload.from_params(server, params)
    work = [(Result(item["name"], _TYPE), (item, found.get(item["name"]))) for item in items]
    refuse_invalid_names(work)

    def run(pair: Any, result: Result) -> None:
        item, repository = pair
        files = wanted_files(item)
        if repository is None:
            what = f"file repository '{item['name']}'"
            report_missing(server, result, missing_message(server, what))
        if item["state"] == "present":
            update_files(upload, repository, read_files(item), item["exact"], result)
            return
        current = _read_current(server, repository)
        result.more.update(version=current.number, files=[])
        paths = relative_paths(files, item["checksums"])
        remove = [path for path in paths if path in current.units]
        _apply(server, current, _Change({}, remove), result)

    return run_all(work, run, server.task_concurrency(), server.report), {}


def wanted_files(item: Mapping[str, Any]) -> list[WantedFile]:
    """Return the files of an item, without checksum files. Raises InvalidItem, naming the entry."""
    files = []
    for number, entry in enumerate(item["files"]):
        path = entry.get("path") or ""
        if not path and item["state"] == "present":
            raise InvalidItem(f"files[{number}] has no path: set it to a local file")
        files.append(WantedFile(entry.get("relative_path") or os.path.basename(path), path))
    paths = relative_paths(files, item["checksums"])
    for path in paths:
        if _INVALID_PATH.search(path):
            raise InvalidItem(
                f"invalid relative_path '{path}': expected one such as directory/file"
            )
        if item["state"] == "present" and _REFUSED_PATH.search(path):
            raise InvalidItem(
                f"invalid relative_path '{path}': Pulp accepts no spaces, '?' or '#' in it. Set "
                "another one (relative_path, image_file_name)"
            )
    duplicates = sorted({path for path in paths if paths.count(path) > 1})
    if duplicates:
        raise InvalidItem(
            f"several files have the relative_path {', '.join(duplicates)}: set a different one for "
            "each"
        )
    return files


def relative_paths(files: Sequence[WantedFile], checksums: bool) -> list[str]:
    """Return the paths of files in the repository, with `checksums` also those of checksum files."""
    paths = [file.relative_path for file in files]
    return paths + [path + CHECKSUM_SUFFIX for path in paths] if checksums else paths


def read_files(item: Mapping[str, Any]) -> list[WantedFile]:
    """Return the files of an item and their checksum files; each file is read once.

    Raises InvalidItem, naming all that cannot be read.
    """

    def read(file: WantedFile) -> None:
        file.open().sha256  # noqa: B018 - it is computed here, for several files at once

    files = wanted_files(item)
    _raise_failures(files, for_each(files, read, _CONCURRENT_READS))
    checksum_files = [file.checksum_file() for file in files] if item["checksums"] else []
    return [*files, *checksum_files]


def files_in_version(server: Server, version: str) -> Units:
    """Return the files in a repository version (href); none in an empty one, or in none ("")."""
    if not version or not version_number(version):
        return {}
    fields = "pulp_href,relative_path,sha256,artifact"
    units = server.client.list(_CONTENT, {"repository_version": version, "fields": fields})
    return {unit["relative_path"]: unit for unit in units}


def update_files(
    upload: ContentUpload,
    repository: Mapping[str, Any] | None,
    wanted: Sequence[WantedFile],
    exact: bool,
    result: Result,
) -> str:
    """Add these files to a repository, with `exact` remove all others; all changes or none are made.

    Returns the href of the version that has them; "" in check mode without a repository.
    """
    current = _read_current(upload.server, repository)
    result.more["version"] = current.number
    kept = {file.relative_path for file in wanted}
    remove = sorted(set(current.units) - kept) if exact else []
    units = _create_units(upload, wanted, current.units, result)
    # With `exact` no files are accepted that another run adds at the same time.
    change = _Change(units, remove, current.version if exact else "")
    return _apply(upload.server, current, change, result) or current.version


def change_version(
    server: Server, repository: Mapping[str, Any], change: VersionChange, subject: str
) -> str:
    """Add and remove content units; returns the href of the version that has the changes."""
    body: dict[str, Any] = {
        "add_content_units": list(change.add),
        "remove_content_units": list(change.remove),
    }
    if change.base:
        body["base_version"] = change.base
    url = f"{repository['pulp_href']}modify/"
    try:
        task = server.write(lambda: server.client.post(url, body), subject)
    except LostResponse:  # the second request changes nothing if the first one arrived
        task = server.write(lambda: server.client.post(url, body), subject)
    versions = created_resources(task, "/versions/")
    if versions:
        return versions[0]
    query = {"fields": "latest_version_href"}
    return str(server.client.get(repository["pulp_href"], query)["latest_version_href"])


def _read_current(server: Server, repository: Mapping[str, Any] | None) -> _Current:
    version = str(repository["latest_version_href"]) if repository else ""
    return _Current(repository, version, files_in_version(server, version))


def _create_units(
    upload: ContentUpload, wanted: Sequence[WantedFile], existing: Units, result: Result
) -> Units:
    """Return the content units of files that are new or different.

    Raises PulpError, naming each file that failed.
    """
    server = upload.server
    units: Units = {}
    entries = {file.relative_path: _entry(file, existing) for file in wanted}
    result.more["files"] = list(entries.values())

    def create(file: WantedFile) -> None:
        source, entry = file.open(), entries[file.relative_path]
        if entry["action"] == "unchanged":
            return
        content = LocalContent(_CONTENT, source, file.relative_path)
        if server.check_mode:
            unit = find_content_unit(server, content)
            entry["action"] = "added" if unit else "uploaded"
        else:
            subject = f"{result.name}: {file.relative_path}"
            unit, entry["sent"] = upload.create(content, subject)
            entry["action"] = "uploaded" if entry["sent"] else "added"
        units[file.relative_path] = unit or {"pulp_href": "", "sha256": source.sha256}

    errors = for_each(wanted, create, server.write_concurrency())
    for file, error in zip(wanted, errors):
        if error:
            entries[file.relative_path].update(action="failed", error=error)
    _raise_failures(wanted, errors)
    return units


def _entry(file: WantedFile, existing: Units) -> dict[str, Any]:
    """Return the entry of a file in a result's `files`, before it is uploaded."""
    source = file.open()
    unit = existing.get(file.relative_path) or {}
    is_same = unit.get("sha256") == source.sha256 and unit.get("artifact")
    return {
        "relative_path": file.relative_path,
        "path": file.path,
        "sha256": source.sha256,
        "size": source.size,
        "sent": 0,
        "action": "unchanged" if is_same else "added",
        "error": "",
    }


def _apply(server: Server, current: _Current, change: _Change, result: Result) -> str:
    """Create the version with a change; returns its href, "" if nothing changes."""
    existing, added = current.units, change.units
    result.more["files"] += [
        {
            "relative_path": path,
            "sha256": existing[path]["sha256"],
            "action": "removed",
            "error": "",
        }
        for path in change.remove
    ]
    if not added and not change.remove:
        return ""
    changed = sorted({*added, *change.remove})
    before = {path: existing[path]["sha256"] for path in changed if path in existing}
    after = {path: added[path]["sha256"] for path in changed if path in added}
    result.add_change("updated", {"files": before}, {"files": after})
    result.more.update(packages_added=len(added), packages_removed=len(before))
    if server.check_mode or current.repository is None:
        return ""
    # Pulp itself removes a file when another one is added with the same path.
    version = change_version(
        server,
        current.repository,
        VersionChange(
            [unit["pulp_href"] for unit in added.values()],
            [existing[path]["pulp_href"] for path in change.remove],
            change.base,
        ),
        result.name,
    )
    units = files_in_version(server, version)
    wrong = [path for path, sha256 in after.items() if units.get(path, {}).get("sha256") != sha256]
    if wrong:
        raise PulpError(
            f"Pulp's task succeeded, but the new version does not have {', '.join(wrong)}: another "
            "run may have changed the repository, run it again"
        )
    result.more["version"] = version_number(version)
    return version


def _raise_failures(files: Sequence[WantedFile], errors: Sequence[str]) -> None:
    """Raise InvalidItem if there is an error for a file."""
    failed = [f"{file.relative_path}: {error}" for file, error in zip(files, errors) if error]
    if failed:
        raise InvalidItem(
            f"{len(failed)} of {len(errors)} files failed, and none was added: {'; '.join(failed)}"
        )
