# SPDX-License-Identifier: Apache-2.0
"""Files of file repositories: send what Pulp lacks, and make one version of all of an item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import (
    InvalidItem,
    PulpError,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_file_item import (
    WantedFile,
    names_of,
    wanted_files,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_missing import (
    refuse_missing,
    unseen,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_pipeline import (
    refuse_duplicates,
    run_all,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_reader import read_kind
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_report import (
    Report,
    Result,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_server import Server
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_sync import (
    version_number,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_types import CONTENT_TYPES
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_upload import Uploader
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_uploaded import (
    find_unit,
    make_unit,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_version import (
    change_version,
)

__all__ = ["hold_files"]

_TYPE = "file"
_CONTENT = "content/file/files/"

# relative path -> what the latest version of the repository holds there
Held = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class _Run:
    """What all items share."""

    server: Server
    uploader: Uploader
    state_path: str


def hold_files(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_file_content: parameters -> results, in the order of the list."""
    items = params["file"] or []
    kind = CONTENT_TYPES[_TYPE].repository
    names = [item["name"] for item in items]
    there = read_kind(server.client, kind, names, ("latest_version_href",))
    run = _Run(server, Uploader(server, params["chunk_size"]), params["state_path"])
    work = [(Result(item["name"], _TYPE), (item, there.get(item["name"]))) for item in items]
    refuse_duplicates(work)

    def walk(pair: Any, result: Result) -> None:
        item, repository = pair
        files = wanted_files(item)
        if repository is None:
            refuse_missing(server, result, unseen(server, f"file repository '{item['name']}'"))
        held = _held(server, repository)
        result.more.update(version=_number(repository), files=[])
        if item["state"] == "absent":
            remove = [name for name in names_of(files, item["checksums"]) if name in held]
            _change(run, repository, held, {}, remove, result)
            return
        wanted = _with_checksums(run, item, files, result)
        kept = {one.relative_path for one in wanted}
        remove = sorted(set(held) - kept) if item["exact"] else []
        units = _send(run, wanted, held, result)
        _change(run, repository, held, units, remove, result)

    return run_all(work, walk, server.tasks_at_once(), server.report), {}


def _number(repository: Mapping[str, Any] | None) -> int:
    return version_number(repository["latest_version_href"]) if repository else 0


def _held(server: Server, repository: Mapping[str, Any] | None) -> Held:
    if not _number(repository):
        return {}
    version = (repository or {})["latest_version_href"]
    fields = "pulp_href,relative_path,sha256,artifact"
    found = server.client.list(_CONTENT, {"repository_version": version, "fields": fields})
    return {one["relative_path"]: one for one in found}


def _with_checksums(
    run: _Run, item: Mapping[str, Any], files: Sequence[WantedFile], result: Result
) -> list[WantedFile]:
    """All files of the version; each is read once, and all that cannot be are named."""

    def read(one: WantedFile, _quiet: Result) -> None:
        one.open().sha256  # noqa: B018 - it is computed here, several at once

    pairs = [(Result(one.relative_path, _TYPE), one) for one in files]
    _refuse_failures(run_all(pairs, read, 2, Report()))
    beside = [one.checksum_file() for one in files] if item["checksums"] else []
    return [*files, *beside]


def _send(
    run: _Run, wanted: Sequence[WantedFile], held: Held, result: Result
) -> dict[str, dict[str, Any]]:
    """relative path -> content unit (`pulp_href` and `sha256`) of each file that is new or other.

    Raises PulpError, naming each that failed: a version holds all files or is not made.
    """
    units: dict[str, dict[str, Any]] = {}
    lines = {one.relative_path: _line(one, held) for one in wanted}
    result.more["files"] = list(lines.values())

    def walk(one: WantedFile, _quiet: Result) -> None:
        source, line = one.open(), lines[one.relative_path]
        if line["action"] == "unchanged":
            return
        if run.server.check_mode:
            found = find_unit(run.server, _CONTENT, source, one.relative_path)
            line["action"] = "added" if found else "uploaded"
        else:
            body = {"relative_path": one.relative_path}
            subject = f"{result.name}: {one.relative_path}"
            found, line["sent"] = make_unit(
                run.server, _CONTENT, source, body, run.uploader, run.state_path, subject
            )
            line["action"] = "uploaded" if line["sent"] else "added"
        units[one.relative_path] = found or {"pulp_href": "", "sha256": source.sha256}

    pairs = [(Result(one.relative_path, _TYPE), one) for one in wanted]
    done = run_all(pairs, walk, run.server.writes_at_once(), Report())
    for quiet in done:
        if quiet.error:
            lines[quiet.name].update(action="failed", error=quiet.error)
    _refuse_failures(done)
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
    run: _Run,
    repository: Mapping[str, Any] | None,
    held: Held,
    units: Mapping[str, Mapping[str, Any]],
    remove: Sequence[str],
    result: Result,
) -> None:
    """Make the version of which these units come and these paths go, if that changes anything."""
    server = run.server
    result.more["files"] += [
        {"relative_path": name, "sha256": held[name]["sha256"], "action": "removed", "error": ""}
        for name in remove
    ]
    if not units and not remove:
        return
    touched = sorted({*units, *remove})
    before = {name: held[name]["sha256"] for name in touched if name in held}
    after = {name: units[name]["sha256"] for name in touched if name in units}
    result.note("updated", {"files": before}, {"files": after})
    result.more.update(packages_added=len(units), packages_removed=len(before))
    if server.check_mode or repository is None:
        return
    # What has the path of another one takes its place by itself, and only there.
    going = [held[name]["pulp_href"] for name in remove]
    coming = [unit["pulp_href"] for unit in units.values()]
    version = change_version(server, repository, coming, going, result.name)
    now = _held(server, {"latest_version_href": version})
    wrong = [
        name for name, sha256 in after.items() if (now.get(name) or {}).get("sha256") != sha256
    ]
    if wrong:
        raise PulpError(f"Pulp took the change and does not show it: {', '.join(wrong)}")
    result.more["version"] = version_number(version)


def _refuse_failures(results: Sequence[Result]) -> None:
    failed = [f"{result.name}: {result.error}" for result in results if result.error]
    if failed:
        raise InvalidItem(
            f"{len(failed)} of {len(results)} files failed, and none was added: {'; '.join(failed)}"
        )
