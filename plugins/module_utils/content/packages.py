# SPDX-License-Identifier: Apache-2.0
"""Packages of repositories: upload package files into one version."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from ..files import LocalFile
from ..pulp.errors import InvalidItem, PulpError, TaskFailed
from ..pulp.pool import for_each
from ..pulp.reader import version_number
from ..pulp.server import Server
from ..pulp.types import ContentType
from ..report.report import Result
from .files import VersionChange, change_version
from .upload import ContentUpload, LocalContent, find_content_unit

_COMPONENTS = "content/deb/release_components/"
_ARCHITECTURES = "content/deb/release_architectures/"
_PACKAGE_COMPONENTS = "content/deb/package_release_components/"
# Packages for all architectures belong to each of them, so Pulp has no content unit for it.
_ALL_ARCHITECTURES = "all"


def update_packages(
    upload: ContentUpload,
    content_type: ContentType,
    repository: Mapping[str, Any] | None,
    item: Mapping[str, Any],
    result: Result,
) -> str:
    """Add the packages of an item to a repository, all or none of them; returns the href of the
    version that has them, "" in check mode if there is none yet.

    The item has `packages` (paths) and the content type's upload fields. Raises InvalidItem, naming
    each file that failed.
    """
    server = upload.server
    latest = str(repository["latest_version_href"]) if repository else ""
    version = latest if latest and version_number(latest) else ""
    paths = list(dict.fromkeys(item["packages"]))
    entries = {path: _entry(path) for path in paths}
    result.more["files"] = list(entries.values())
    units: dict[str, dict[str, Any]] = {}

    def create(path: str) -> None:
        content = LocalContent(content_type.packages, LocalFile(path))
        subject = f"{result.name}: {os.path.basename(path)}"
        units[path] = _create_unit(upload, content, version, subject, entries[path])

    errors = for_each(paths, create, server.write_concurrency())
    _raise_failures(dict(zip(paths, errors)), entries)
    new = [path for path in paths if entries[path]["action"] != "unchanged"]
    add = [units[path]["pulp_href"] for path in new]
    if content_type.upload_fields:
        add += assign_component(server, units.values(), item, version, result.name)
    if not add:
        return latest
    result.add_change("updated", {}, {"packages": [os.path.basename(path) for path in new]})
    result.more.update(packages_added=len(new), packages_removed=0)
    if server.check_mode or repository is None:
        return latest
    return change_version(server, repository, VersionChange(add), result.name)


def _create_unit(
    upload: ContentUpload, content: LocalContent, version: str, subject: str, entry: dict[str, Any]
) -> dict[str, Any]:
    """Return the content unit of a package file, and fill in its entry of a result's `files`.

    In check mode a content unit that does not exist has no href and all architectures.
    """
    server, source = upload.server, content.source
    entry.update(sha256=source.sha256, size=source.size)
    unit = find_content_unit(server, content, version) if version else None
    if unit:
        return unit
    if server.check_mode:
        unit = find_content_unit(server, content)
        entry["action"] = "added" if unit else "uploaded"
        return unit or {"pulp_href": "", "architecture": _ALL_ARCHITECTURES}
    try:
        unit, entry["sent"] = upload.create(content, subject)
    except TaskFailed as error:
        raise PulpError(f"Pulp cannot read the file as a package: {error}") from error
    entry["action"] = "uploaded" if entry["sent"] else "added"
    return unit


def _entry(path: str) -> dict[str, Any]:
    """Return the entry of a file in a result's `files`, before it is read."""
    return {"path": path, "sha256": "", "size": 0, "sent": 0, "action": "unchanged", "error": ""}


def _raise_failures(errors: Mapping[str, str], entries: Mapping[str, dict[str, Any]]) -> None:
    """Raise InvalidItem if there is an error for a path."""
    failed = {path: error for path, error in errors.items() if error}
    for path, error in failed.items():
        entries[path].update(action="failed", error=error)
    if failed:
        details = "; ".join(f"{os.path.basename(path)}: {error}" for path, error in failed.items())
        raise InvalidItem(
            f"{len(failed)} of {len(errors)} packages failed, and none was added: {details}"
        )


def assign_component(
    server: Server,
    packages: Iterable[Mapping[str, Any]],
    wanted: Mapping[str, Any],
    version: str,
    subject: str,
) -> list[str]:
    """Create the content units that assign packages to a component of a suite; returns the hrefs of
    those that a repository version (href, or "") does not have. In check mode none are created.

    `packages`: content units, with `architecture`. `wanted`: `suite`, `component` and further
    `architectures` of the suite.
    """
    packages = list(packages)
    suite = {"distribution": wanted["suite"]}
    values = {**suite, "component": wanted["component"]}
    component = _find_or_create(server, _COMPONENTS, values, version, subject)
    units = [component]
    names = {package["architecture"] for package in packages} | set(wanted["architectures"])
    for name in sorted(names - {_ALL_ARCHITECTURES}):
        values = {**suite, "architecture": name}
        units.append(_find_or_create(server, _ARCHITECTURES, values, version, subject))
    for package in packages:
        if not package["pulp_href"] or not component[0]:
            units.append(("", False))
            continue
        values = {"package": package["pulp_href"], "release_component": component[0]}
        units.append(_find_or_create(server, _PACKAGE_COMPONENTS, values, version, subject))
    return [href for href, is_held in units if not is_held]


def _find_or_create(
    server: Server, endpoint: str, values: Mapping[str, str], version: str, subject: str
) -> tuple[str, bool]:
    """Return the href of the content unit with these values, and whether the version has it; "" in
    check mode if it does not exist."""
    query = {**values, "fields": "pulp_href", "limit": 1}
    if version:
        held = server.client.get(endpoint, {**query, "repository_version": version})["results"]
        if held:
            return str(held[0]["pulp_href"]), True
    found = server.client.get(endpoint, query)["results"]
    if found or server.check_mode:
        return (str(found[0]["pulp_href"]) if found else ""), False
    # Pulp creates some types within the request, others in a task.
    server.write(lambda: server.client.post(endpoint, dict(values)), subject)
    return str(server.client.get(endpoint, query)["results"][0]["pulp_href"]), False
