# SPDX-License-Identifier: Apache-2.0
"""Publications of repository versions: find the right one, make it, clean up duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import (
    InvalidItem,
    PulpError,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_pipeline import run_all
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_reader import read_kind
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_report import Result
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_server import Server
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_sync import (
    version_number,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_types import (
    CONTENT_TYPES,
    ContentType,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_usage import (
    Usage,
    read_usage,
)

__all__ = ["choose", "find_publication", "make_publications", "mirrors_upstream", "publish", "version_href"]

_FIELDS = "pulp_href,repository,repository_version,pulp_created,checksum_type,simple,structured"


def mirrors_upstream(publication: Mapping[str, Any]) -> bool:
    """Whether an RPM publication is upstream's metadata byte for byte, made by a sync."""
    return publication.get("checksum_type") == "unknown"


def choose(
    publications: Sequence[Mapping[str, Any]], settings: Mapping[str, bool], mirrored_only: bool
) -> Mapping[str, Any] | None:
    """Pick the publication that counts among those of one version.

    One that mirrors upstream wins; else, unless `mirrored_only`, the newest with these settings.
    """
    fitting = [
        publication
        for publication in publications
        if all(publication.get(name) == value for name, value in settings.items())
    ]
    mirroring = [publication for publication in fitting if mirrors_upstream(publication)]
    candidates = mirroring if mirroring or mirrored_only else fitting
    return max(candidates, key=lambda entry: entry["pulp_created"], default=None)


def version_href(repository: Mapping[str, Any], number: int | None) -> str:
    """The href of a numbered version, or of the latest."""
    if number is None:
        return str(repository["latest_version_href"])
    return f"{repository['pulp_href']}versions/{number}/"


def find_publication(
    server: Server, content_type: ContentType, version: str, mode: str | None, mirrored_only: bool
) -> str | None:
    """The href of the publication that counts among those a version has, if there is one."""
    kind, settings = content_type.publication(mode)
    asked = {"repository_version": version, "fields": _FIELDS}
    chosen = choose(server.client.list(kind.endpoint, asked), settings, mirrored_only)
    return str(chosen["pulp_href"]) if chosen else None


def publish(
    server: Server,
    content_type: ContentType,
    name: str,
    version: str,
    mode: str | None,
    mirrored_only: bool,
    result: Result,
) -> tuple[str | None, list[str]]:
    """Make sure that a version is published; the chosen publication and its duplicates (hrefs).

    With `mirrored_only` nothing is posted: a posted publication would not be upstream's metadata,
    so InvalidItem says how to get the right one. The href is None in check mode when new.
    """
    if version_number(version) == 0:
        raise InvalidItem("the repository has no content yet: sync it first")
    kind, settings = content_type.publication(mode)
    asked = {"repository_version": version, "fields": _FIELDS}
    there = server.client.list(kind.endpoint, asked)
    chosen = choose(there, settings, mirrored_only)
    if chosen:
        others = [entry["pulp_href"] for entry in there if entry is not chosen]
        return str(chosen["pulp_href"]), others
    if mirrored_only:
        raise InvalidItem(
            f"version {version_number(version)} has no publication that mirrors upstream: "
            "sync it with optimize: false"
        )
    result.note("created", {}, {"version": version_number(version), "mode": mode or ""})
    if server.check_mode:
        return None, []
    body = {"repository_version": version, **settings}
    task = server.write(lambda: server.client.post(kind.endpoint, body), name)
    created = (task or {}).get("created_resources") or []
    if not created:
        raise PulpError("Pulp published the version and names no publication")
    return str(created[0]), []


def make_publications(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_publication: lists per content type -> results, in their order."""
    work: list[tuple[Result, Any]] = []
    usage = None
    for type_name, content_type in CONTENT_TYPES.items():
        items = params.get(type_name) or []
        names = [item["repository"] for item in items]
        repositories = read_kind(
            server.client, content_type.repository, names, ("latest_version_href",)
        )
        if usage is None and any(_may_delete(item, params) for item in items):
            usage = read_usage(server.client)
        for item in items:
            pair = (content_type, item, repositories.get(item["repository"]))
            work.append((Result(item["repository"], type_name), pair))

    def walk(pair: Any, result: Result) -> None:
        content_type, item, repository = pair
        result.more.update({"publication": None, "version": None, "duplicates": []})
        if repository is None:
            if item["state"] == "absent":
                return
            raise InvalidItem(
                f"there is no such repository, or user '{server.client.connection.username}' "
                "may not see it"
            )
        version = version_href(repository, item.get("version"))
        result.more["version"] = version_number(version)
        if item["state"] == "absent":
            _remove(server, content_type, item, version, usage, result)
            return
        mirrored = item.get("sync_policy") == (content_type.mirrors_by_sync or object())
        mode = item.get("mode")
        href, duplicates = publish(
            server, content_type, result.name, version, mode, mirrored, result
        )
        result.more.update({"publication": href, "duplicates": duplicates})
        if params["cleanup_duplicates"] and usage:
            unused = [href for href in duplicates if href not in usage.users]
            _delete(server, unused, result, "duplicates")

    return run_all(work, walk, server.tasks_at_once(), server.report), {}


def _may_delete(item: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    return bool(item["state"] == "absent" or params["cleanup_duplicates"])


def _remove(
    server: Server,
    content_type: ContentType,
    item: Mapping[str, Any],
    version: str,
    usage: Usage | None,
    result: Result,
) -> None:
    kind, settings = content_type.publication(item.get("mode"))
    there = server.client.list(kind.endpoint, {"repository_version": version, "fields": _FIELDS})
    going = [
        entry["pulp_href"]
        for entry in there
        if all(entry.get(name) == value for name, value in settings.items())
    ]
    for href in going:
        if usage:
            usage.refuse_if_used(href, f"the publication of version {version_number(version)}")
    _delete(server, going, result, "publications")


def _delete(server: Server, hrefs: Sequence[str], result: Result, noun: str) -> None:
    if not hrefs:
        return
    result.note("deleted", {noun: list(hrefs)}, {noun: []})
    for href in hrefs:
        if not server.check_mode:
            server.write(lambda href=href: server.client.delete(href), result.name)
