# SPDX-License-Identifier: Apache-2.0
"""Files of file repositories: send what Pulp lacks, and make one version of all of an item."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..files import LocalFile, checksum_file_content
from ..objects.pinned_source import version_number
from ..pulp.errors import InvalidItem, LostResponse, PulpError
from ..pulp.pool import for_each, refuse_duplicates, run_all
from ..pulp.reader import read_by_key
from ..pulp.references import missing_message, report_missing
from ..pulp.server import Server
from ..pulp.tasks import created_resources
from ..pulp.types import CONTENT_TYPES
from ..report.report import Result
from .upload import Uploader, create_content_unit, find_content_unit

CHECKSUM_SUFFIX = ".sha256"
# A control character, or what leads out of the repository.
_NO_NAME = re.compile(r"[\x00-\x1f\x7f]|^/|(^|/)\.{1,2}(/|$)|//|/$|^$")
# What Pulp refuses in it nowadays, once all bytes were sent (pulpcore, relative_path_validator).
_NO_NEW_NAME = re.compile(r"[\s?#]")


@dataclass
class WantedFile:
    """One file that a repository is to hold: a local one, or what is made beside another."""

    relative_path: str
    path: str = ""
    source: LocalFile | None = None

    def open(self) -> LocalFile:
        """Its bytes, looked at for the first time; raises FileError."""
        if self.source is None:
            self.source = LocalFile(self.path)
        return self.source

    def checksum_file(self) -> WantedFile:
        """The small file beside it that holds its checksum."""
        name = self.relative_path + CHECKSUM_SUFFIX
        text = checksum_file_content(self.open().sha256, self.relative_path)
        return WantedFile(name, source=LocalFile(name, text))


def wanted_files(item: Mapping[str, Any]) -> list[WantedFile]:
    """The files of an item, without those beside them. Raises InvalidItem, naming the entry."""
    files = []
    for number, entry in enumerate(item["files"]):
        path = entry.get("path") or ""
        if not path and item["state"] == "present":
            raise InvalidItem(f"files[{number}] has no path: name the local file")
        files.append(WantedFile(entry.get("relative_path") or os.path.basename(path), path))
    names = relative_paths(files, item["checksums"])
    for name in names:
        if _NO_NAME.search(name):
            raise InvalidItem(f"'{name}' cannot be a relative_path: give one such as folder/file")
        if item["state"] == "present" and _NO_NEW_NAME.search(name):
            raise InvalidItem(
                f"'{name}' cannot be a relative_path: Pulp takes no blank, '?' or '#' in it; call it "
                "something else there (relative_path, image_file_name)"
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidItem(f"these would be there twice: {', '.join(twice)}. Give a relative_path")
    return files


def relative_paths(files: Sequence[WantedFile], checksums: bool) -> list[str]:
    """What the files are called in the repository, those beside them included."""
    names = [one.relative_path for one in files]
    return names + [name + CHECKSUM_SUFFIX for name in names] if checksums else names


def change_version(
    server: Server,
    repository: Mapping[str, Any],
    add: Collection[str],
    remove: Collection[str],
    subject: str,
    base: str = "",
) -> str:
    """Add and remove content units (hrefs); the href of the version that came of it.

    `base` is the version (href) that is changed, where another than the latest would not do. It may
    be sent again after a lost answer: the second time there is nothing left to change.
    """
    body: dict[str, Any] = {"add_content_units": list(add), "remove_content_units": list(remove)}
    if base:
        body["base_version"] = base
    address = f"{repository['pulp_href']}modify/"
    try:
        task = server.write(lambda: server.client.post(address, body), subject)
    except LostResponse:
        task = server.write(lambda: server.client.post(address, body), subject)
    made = created_resources(task, "/versions/")
    if made:
        return made[0]
    asked = {"fields": "latest_version_href"}
    return str(server.client.get(repository["pulp_href"], asked)["latest_version_href"])


_TYPE = "file"
_CONTENT = "content/file/files/"
_CONCURRENT_READS = 2

# relative path -> what a version of the repository holds there
Held = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class FileRun:
    """What all repositories of a run share."""

    server: Server
    uploader: Uploader
    state_path: str

    @classmethod
    def from_params(cls, server: Server, params: Mapping[str, Any]) -> FileRun:
        """From a module's parameters."""
        return cls(server, Uploader(server, params["chunk_size"]), params["state_path"])


def manage_files(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_file_content: parameters -> results, in the order of the list."""
    items = params["file"] or []
    kind = CONTENT_TYPES[_TYPE].repository
    names = [item["name"] for item in items]
    there = read_by_key(server.client, kind, names, ("latest_version_href",))
    run = FileRun.from_params(server, params)
    work = [(Result(item["name"], _TYPE), (item, there.get(item["name"]))) for item in items]
    refuse_duplicates(work)

    def walk(pair: Any, result: Result) -> None:
        item, repository = pair
        files = wanted_files(item)
        if repository is None:
            report_missing(
                server, result, missing_message(server, f"file repository '{item['name']}'")
            )
        if item["state"] == "present":
            update_files(run, repository, read_files(item), item["exact"], result)
            return
        version = _latest(repository)
        held = files_in_version(server, version)
        result.more.update(version=version_number(version) if version else 0, files=[])
        remove = [name for name in relative_paths(files, item["checksums"]) if name in held]
        _change(run, repository, held, {}, remove, "", result)

    return run_all(work, walk, server.task_concurrency(), server.report), {}


def read_files(item: Mapping[str, Any]) -> list[WantedFile]:
    """The files of an item and those beside them; each is read once.

    Raises InvalidItem, naming all that cannot be.
    """

    def read(one: WantedFile) -> None:
        one.open().sha256  # noqa: B018 - it is computed here, several at once

    files = wanted_files(item)
    _refuse_failures(files, for_each(files, read, _CONCURRENT_READS))
    beside = [one.checksum_file() for one in files] if item["checksums"] else []
    return [*files, *beside]


def files_in_version(server: Server, version: str) -> Held:
    """What a repository version (href) holds; nothing for the empty one, or none ("")."""
    if not version or not version_number(version):
        return {}
    fields = "pulp_href,relative_path,sha256,artifact"
    found = server.client.list(_CONTENT, {"repository_version": version, "fields": fields})
    return {one["relative_path"]: one for one in found}


def update_files(
    run: FileRun,
    repository: Mapping[str, Any] | None,
    wanted: Sequence[WantedFile],
    exact: bool,
    result: Result,
) -> str:
    """Let the repository hold these files, with `exact` no others; the href of the version that
    does. All of them come or none. Without a repository, in check mode, there is none ("")."""
    latest = _latest(repository)
    held = files_in_version(run.server, latest)
    result.more["version"] = version_number(latest) if latest else 0
    kept = {one.relative_path for one in wanted}
    remove = sorted(set(held) - kept) if exact else []
    units = _send(run, wanted, held, result)
    # What another run adds meanwhile must not come in.
    base = latest if exact else ""
    return _change(run, repository, held, units, remove, base, result) or latest


def _latest(repository: Mapping[str, Any] | None) -> str:
    return str(repository["latest_version_href"]) if repository else ""


def _send(
    run: FileRun, wanted: Sequence[WantedFile], held: Held, result: Result
) -> dict[str, dict[str, Any]]:
    """relative path -> content unit (`pulp_href` and `sha256`) of each file that is new or other.

    Raises PulpError, naming each that failed: a version holds all files or is not made.
    """
    units: dict[str, dict[str, Any]] = {}
    lines = {one.relative_path: _line(one, held) for one in wanted}
    result.more["files"] = list(lines.values())

    def send(one: WantedFile) -> None:
        source, line = one.open(), lines[one.relative_path]
        if line["action"] == "unchanged":
            return
        if run.server.check_mode:
            found = find_content_unit(run.server, _CONTENT, source, one.relative_path)
            line["action"] = "added" if found else "uploaded"
        else:
            body = {"relative_path": one.relative_path}
            subject = f"{result.name}: {one.relative_path}"
            found, line["sent"] = create_content_unit(
                run.server, _CONTENT, source, body, run.uploader, run.state_path, subject
            )
            line["action"] = "uploaded" if line["sent"] else "added"
        units[one.relative_path] = found or {"pulp_href": "", "sha256": source.sha256}

    errors = for_each(wanted, send, run.server.write_concurrency())
    for one, error in zip(wanted, errors):
        if error:
            lines[one.relative_path].update(action="failed", error=error)
    _refuse_failures(wanted, errors)
    return units


def _line(one: WantedFile, held: Held) -> dict[str, Any]:
    """What a result says of one file, before anything was done."""
    source = one.open()
    there = held.get(one.relative_path) or {}
    same = there.get("sha256") == source.sha256 and there.get("artifact")
    return {
        "relative_path": one.relative_path,
        "path": one.path,
        "sha256": source.sha256,
        "size": source.size,
        "sent": 0,
        "action": "unchanged" if same else "added",
        "error": "",
    }


def _change(
    run: FileRun,
    repository: Mapping[str, Any] | None,
    held: Held,
    units: Mapping[str, Mapping[str, Any]],
    remove: Sequence[str],
    base: str,
    result: Result,
) -> str:
    """Make the version to which these units come and from which these paths go; its href, or ""
    where nothing changes."""
    server = run.server
    result.more["files"] += [
        {"relative_path": name, "sha256": held[name]["sha256"], "action": "removed", "error": ""}
        for name in remove
    ]
    if not units and not remove:
        return ""
    touched = sorted({*units, *remove})
    before = {name: held[name]["sha256"] for name in touched if name in held}
    after = {name: units[name]["sha256"] for name in touched if name in units}
    result.add_change("updated", {"files": before}, {"files": after})
    result.more.update(packages_added=len(units), packages_removed=len(before))
    if server.check_mode or repository is None:
        return ""
    # What has the path of another one takes its place by itself, and only there.
    going = [held[name]["pulp_href"] for name in remove]
    coming = [unit["pulp_href"] for unit in units.values()]
    version = change_version(server, repository, coming, going, result.name, base)
    now = files_in_version(server, version)
    wrong = [
        name for name, sha256 in after.items() if (now.get(name) or {}).get("sha256") != sha256
    ]
    if wrong:
        raise PulpError(f"Pulp took the change and does not show it: {', '.join(wrong)}")
    result.more["version"] = version_number(version)
    return version


def _refuse_failures(files: Sequence[WantedFile], errors: Sequence[str]) -> None:
    """Raise InvalidItem when there is an error for a file."""
    failed = [f"{one.relative_path}: {error}" for one, error in zip(files, errors) if error]
    if failed:
        raise InvalidItem(
            f"{len(failed)} of {len(errors)} files failed, and none was added: {'; '.join(failed)}"
        )
