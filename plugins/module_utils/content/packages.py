# SPDX-License-Identifier: Apache-2.0
"""Package files of a repository: send what Pulp lacks, and make one version of all of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..files import LocalFile
from ..objects.pinned_source import version_number
from ..pulp.errors import InvalidItem, PulpError, TaskFailed
from ..pulp.pool import for_each
from ..pulp.reader import Reader, in_chunks
from ..pulp.server import Server
from ..pulp.types import ContentType
from ..report.report import Result
from .files import FileRun, change_version
from .upload import create_content_unit, find_content_unit

# Of more it takes too long to read the names, and nobody would.
_MOST = 2000


@dataclass(frozen=True)
class Package:
    """One package. `version` is what its type calls so: epoch, version and release of an RPM."""

    name: str
    arch: str
    version: str


@dataclass(frozen=True)
class Changes:
    """What a version changed. `earlier`: packages that the version before has under one of the
    names of those that came."""

    added: list[Package]
    removed: list[Package]
    earlier: list[Package]


def read_changes(
    reader: Reader, content_type: ContentType, before: str, after: str, number: int
) -> Changes | None:
    """The packages between two versions (hrefs), `number` of them; None of types that have none,
    and of too many to read."""
    if not content_type.packages or number > _MOST:
        return None
    added = _read(reader, content_type, {"repository_version_added": after})
    removed = _read(reader, content_type, {"repository_version_removed": after})
    earlier: list[Package] = []
    for chunk in in_chunks(sorted({package.name for package in added})):
        names = {f"{content_type.package_fields[0]}__in": ",".join(chunk)}
        earlier += _read(reader, content_type, {"repository_version": before, **names})
    return Changes(added, removed, earlier)


def package_count(reader: Reader, content_type: ContentType, version: str) -> int:
    """How many packages a repository version (href) has."""
    summary = reader.get(version, {"fields": "content_summary"})["content_summary"]
    return int(summary["present"].get(content_type.content_unit, {}).get("count", 0))


def _read(reader: Reader, content_type: ContentType, filters: dict[str, Any]) -> list[Package]:
    name, arch, *version = content_type.package_fields
    fields = ",".join(content_type.package_fields)
    return [
        Package(entry[name], entry[arch], _evr([str(entry[part] or "") for part in version]))
        for entry in reader.list(content_type.packages, {**filters, "fields": fields})
    ]


def _evr(parts: list[str]) -> str:
    """`1:2.3-4`, as rpm writes it: without an epoch of 0; another version as it is."""
    if len(parts) < 3:
        return parts[0]
    epoch, version, release = parts
    return f"{epoch}:{version}-{release}" if epoch not in ("", "0") else f"{version}-{release}"


_COMPONENTS = "content/deb/release_components/"
_ARCHITECTURES = "content/deb/release_architectures/"
_PLACES = "content/deb/package_release_components/"
# A package of it is among those of each architecture, so that Pulp takes it for none.
_ANY = "all"


def assign_component(
    server: Server,
    packages: Iterable[Mapping[str, Any]],
    wanted: Mapping[str, Any],
    version: str,
    subject: str,
) -> list[str]:
    """The hrefs of the units that put packages into a component of a suite, and of those that a
    repository version (href, or "") lacks of them. Nothing is made in check mode.

    `packages`: content units, with `architecture`; `wanted`: `suite`, `component` and further
    `architectures` of the suite.
    """
    packages = list(packages)
    suite = {"distribution": wanted["suite"]}
    place = {**suite, "component": wanted["component"]}
    component = _unit(server, _COMPONENTS, place, version, subject)
    units = [component]
    names = {one["architecture"] for one in packages} | set(wanted["architectures"])
    for name in sorted(names - {_ANY}):
        units.append(
            _unit(server, _ARCHITECTURES, {**suite, "architecture": name}, version, subject)
        )
    for one in packages:
        pair = {"package": one["pulp_href"], "release_component": component[0]}
        known = bool(one["pulp_href"] and component[0])
        units.append(_unit(server, _PLACES, pair, version, subject) if known else ("", False))
    return [href for href, held in units if not held]


def _unit(
    server: Server, endpoint: str, values: Mapping[str, str], version: str, subject: str
) -> tuple[str, bool]:
    """The href of the unit with these values, and whether the version holds it; "" in check mode
    for one that is not there."""
    asked = {**values, "fields": "pulp_href", "limit": 1}
    if version:
        held = server.client.get(endpoint, {**asked, "repository_version": version})["results"]
        if held:
            return str(held[0]["pulp_href"]), True
    there = server.client.get(endpoint, asked)["results"]
    if there or server.check_mode:
        return (str(there[0]["pulp_href"]) if there else ""), False
    # Some of them are made at once, others by a task.
    server.write(lambda: server.client.post(endpoint, dict(values)), subject)
    return str(server.client.get(endpoint, asked)["results"][0]["pulp_href"]), False


def update_packages(
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

    def send(path: str) -> None:
        line, source = lines[path], LocalFile(path)
        line.update(sha256=source.sha256, size=source.size)
        endpoint = content_type.packages
        held = find_content_unit(server, endpoint, source, version=filled) if filled else None
        if held:
            units[path] = held
            return
        if server.check_mode:
            found = find_content_unit(server, endpoint, source)
            line["action"] = "added" if found else "uploaded"
        else:
            subject = f"{result.name}: {os.path.basename(path)}"
            try:
                found, line["sent"] = create_content_unit(
                    server, endpoint, source, {}, run.uploader, run.state_path, subject
                )
            except TaskFailed as error:
                raise PulpError(f"Pulp made no package of it: {error}") from error
            line["action"] = "uploaded" if line["sent"] else "added"
        units[path] = found or {"pulp_href": "", "architecture": "all"}

    errors = for_each(paths, send, server.write_concurrency())
    _refuse_failures(dict(zip(paths, errors)), lines)
    add = [units[path]["pulp_href"] for path in paths if lines[path]["action"] != "unchanged"]
    if content_type.upload_fields:
        add += assign_component(server, units.values(), item, filled, result.name)
    if not add:
        return latest
    names = [os.path.basename(path) for path in paths if lines[path]["action"] != "unchanged"]
    result.add_change("updated", {}, {"packages": names})
    result.more["packages_added"] = len(names)
    result.more["packages_removed"] = 0
    if server.check_mode or repository is None:
        return latest
    return change_version(server, repository, add, [], result.name)


def _line(path: str) -> dict[str, Any]:
    return {"path": path, "sha256": "", "size": 0, "sent": 0, "action": "unchanged", "error": ""}


def _refuse_failures(errors: Mapping[str, str], lines: Mapping[str, dict[str, Any]]) -> None:
    """Raise InvalidItem when there is an error for a path."""
    failed = {path: error for path, error in errors.items() if error}
    for path, error in failed.items():
        lines[path].update(action="failed", error=error)
    if failed:
        words = "; ".join(f"{os.path.basename(path)}: {error}" for path, error in failed.items())
        raise InvalidItem(
            f"{len(failed)} of {len(errors)} packages failed, and none was added: {words}"
        )
