# SPDX-License-Identifier: Apache-2.0
"""Publications of repository versions: find the right one, make it, clean up duplicates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .pulp_choice import PUBLICATION_FIELDS, choose, fitting, mirrors_upstream
from .pulp_errors import InvalidItem, PulpError
from .pulp_missing import refuse_missing, unseen
from .pulp_pinned import version_number
from .pulp_pipeline import refuse_duplicates, run_all
from .pulp_reader import read_kind
from .pulp_report import Result
from .pulp_server import Server
from .pulp_types import CONTENT_TYPES, ContentType
from .pulp_unpublish import clean_up, remove
from .pulp_usage import Usage, read_usage

__all__ = [
    "choose",
    "find_publication",
    "make_publications",
    "mirrors_upstream",
    "publish",
    "version_href",
]


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
    asked = {"repository_version": version, "fields": PUBLICATION_FIELDS}
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
    served: Collection[str] = (),
) -> tuple[str | None, list[str]]:
    """Make sure that a version is published; the chosen publication and its duplicates (hrefs).

    Among equals one that is `served` (hrefs) is chosen, so that the others can go.
    With `mirrored_only` nothing is posted: a posted publication would not be upstream's metadata,
    so InvalidItem says how to get the right one. The href is None in check mode when new.
    """
    if version_number(version) == 0:
        refuse_missing(server, result, "the repository has no content yet: sync it first")
    kind, settings = content_type.publication(mode)
    asked = {"repository_version": version, "fields": PUBLICATION_FIELDS}
    there = server.client.list(kind.endpoint, asked)
    chosen = choose(there, settings, mirrored_only, served)
    if chosen:
        others = [one["pulp_href"] for one in fitting(there, settings) if one is not chosen]
        return str(chosen["pulp_href"]), others
    if mirrored_only:
        number = version_number(version)
        refuse_missing(
            server,
            result,
            f"version {number} has no publication that mirrors upstream: sync it with "
            "optimize: false",
        )
        return None, []
    result.note("created", {}, _shown(content_type, version_number(version), mode))
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
    usage: dict[str, Usage] = {}
    for type_name, content_type in CONTENT_TYPES.items():
        items = params.get(type_name) or []
        if any(_may_delete(item, params) for item in items):
            usage[type_name] = read_usage(server.client, content_type)
        names = [item["repository"] for item in items]
        there = read_kind(server.client, content_type.repository, names, ("latest_version_href",))
        for item, name in zip(items, names):
            more = {"publication": None, "version": item["version"], "duplicates": []}
            result = Result(name, type_name, more=more)
            work.append((result, (content_type, item, there.get(name))))
    refuse_duplicates(work, [_identity(pair) for _result, pair in work], "publication")

    def walk(pair: Any, result: Result) -> None:
        content_type, item, repository = pair
        if repository is None:
            if item["state"] == "present":
                refuse_missing(server, result, unseen(server, "such repository"))
                result.note("created", {}, _shown(content_type, item["version"], item.get("mode")))
            return
        version = version_href(repository, item["version"])
        result.more["version"] = version_number(version)
        latest = version_number(repository["latest_version_href"])
        if item["state"] == "absent":
            if result.more["version"] <= latest:
                remove(server, content_type, item.get("mode"), version, usage[result.type], result)
            return
        if result.more["version"] > latest:
            raise InvalidItem(f"there is no version {item['version']}, the latest is {latest}")
        mirrored = content_type.mirrors(item.get("sync_policy"))
        served = usage[result.type].users if result.type in usage else ()
        href, duplicates = publish(
            server, content_type, result.name, version, item.get("mode"), mirrored, result, served
        )
        result.more.update({"publication": href, "duplicates": duplicates})
        if params["cleanup_duplicates"]:
            clean_up(server, content_type, version, duplicates, usage[result.type], result)

    return run_all(work, walk, server.tasks_at_once(), server.report), {}


def _identity(pair: Any) -> tuple[Any, ...]:
    """What tells publications apart: type, version of the repository, mode."""
    content_type, item, repository = pair
    version = version_href(repository, item["version"]) if repository else item["version"]
    kind, settings = content_type.publication(item.get("mode"))
    return (kind.endpoint, item["repository"], version, *settings.values())


def _shown(content_type: ContentType, number: int | None, mode: str | None) -> dict[str, Any]:
    """A publication to come, as a diff shows it."""
    version = {"version": "latest" if number is None else number}
    mode = mode or content_type.default_mode
    return {**version, "mode": mode} if mode else version


def _may_delete(item: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    return bool(item["state"] == "absent" or params["cleanup_duplicates"])
