# SPDX-License-Identifier: Apache-2.0
"""Package files of a repository: send what Pulp lacks, and make one version of all of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .local_file import LocalFile
from .pulp_errors import InvalidItem, PulpError, TaskFailed
from .pulp_file_content import FileRun
from .pulp_pinned import version_number
from .pulp_pipeline import run_all
from .pulp_report import Report, Result
from .pulp_suite import place_packages
from .pulp_types import ContentType
from .pulp_uploaded import find_unit, make_unit
from .pulp_version import change_version

__all__ = ["bring_packages"]


def bring_packages(
    run: FileRun,
    content_type: ContentType,
    repository: Mapping[str, Any] | None,
    item: Mapping[str, Any],
    result: Result,
) -> str:
    """Let a repository hold the packages of an item; the href of the version that does, "" where
    there is none yet (check mode). All of them come or none.

    The item has `packages` (paths), and the content type's upload fields. Raises InvalidItem,
    naming each file that failed.
    """
    server = run.server
    latest = str(repository["latest_version_href"]) if repository else ""
    filled = latest if latest and version_number(latest) else ""
    paths = list(dict.fromkeys(item["packages"]))
    lines = {path: _line(path) for path in paths}
    result.more["files"] = list(lines.values())
    units: dict[str, dict[str, Any]] = {}

    def walk(path: str, _quiet: Result) -> None:
        line, source = lines[path], LocalFile(path)
        line.update(sha256=source.sha256, size=source.size)
        endpoint = content_type.packages
        held = find_unit(server, endpoint, source, version=filled) if filled else None
        if held:
            units[path] = held
            return
        if server.check_mode:
            found = find_unit(server, endpoint, source)
            line["action"] = "added" if found else "uploaded"
        else:
            subject = f"{result.name}: {os.path.basename(path)}"
            try:
                found, line["sent"] = make_unit(
                    server, endpoint, source, {}, run.uploader, run.state_path, subject
                )
            except TaskFailed as error:
                raise PulpError(f"Pulp made no package of it: {error}") from error
            line["action"] = "uploaded" if line["sent"] else "added"
        units[path] = found or {"pulp_href": "", "architecture": "all"}

    done = run_all(
        [(Result(path, content_type.name), path) for path in paths],
        walk,
        server.writes_at_once(),
        Report(),
    )
    _refuse_failures(done, lines)
    add = [units[path]["pulp_href"] for path in paths if lines[path]["action"] != "unchanged"]
    if content_type.upload_fields:
        add += place_packages(server, units.values(), item, filled, result.name)
    if not add:
        return latest
    names = [os.path.basename(path) for path in paths if lines[path]["action"] != "unchanged"]
    result.note("updated", {}, {"packages": names})
    result.more["packages_added"] = len(names)
    result.more["packages_removed"] = 0
    if server.check_mode or repository is None:
        return latest
    return change_version(server, repository, add, [], result.name)


def _line(path: str) -> dict[str, Any]:
    return {"path": path, "sha256": "", "size": 0, "sent": 0, "action": "unchanged", "error": ""}


def _refuse_failures(done: list[Result], lines: Mapping[str, dict[str, Any]]) -> None:
    failed = [one for one in done if one.error]
    for one in failed:
        lines[one.name].update(action="failed", error=one.error)
    if failed:
        words = "; ".join(f"{os.path.basename(one.name)}: {one.error}" for one in failed)
        raise InvalidItem(
            f"{len(failed)} of {len(done)} packages failed, and none was added: {words}"
        )
