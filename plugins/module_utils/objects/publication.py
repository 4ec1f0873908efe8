# SPDX-License-Identifier: Apache-2.0
"""Publications of repository versions: find the right one, make it, clean up duplicates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..pulp.errors import InvalidItem, PulpError
from ..pulp.pool import refuse_duplicates, run_all
from ..pulp.reader import read_by_key
from ..pulp.references import Usage, missing_message, read_usage, report_missing
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, ContentType
from ..report.report import Result
from .pinned_source import version_number

# What pulp_rpm has called them, the older name last.
_CHECKSUM_TYPES = ("checksum_type", "package_checksum_type")
PUBLICATION_FIELDS = ",".join(
    ("pulp_href", "repository_version", "pulp_created", "simple", "structured", *_CHECKSUM_TYPES)
)


def mirrors_upstream(publication: Mapping[str, Any]) -> bool:
    """Whether an RPM publication is upstream's metadata byte for byte, made by a sync."""
    return "unknown" in [publication.get(name) for name in _CHECKSUM_TYPES]


def choose(
    publications: Sequence[Mapping[str, Any]],
    settings: Mapping[str, bool],
    mirrored_only: bool,
    served: Collection[str] = (),
) -> Mapping[str, Any] | None:
    """Pick the publication that counts among those of one version.

    One that mirrors upstream wins; else, unless `mirrored_only`, the newest with these settings.
    Among equals the newest of those that are `served` (hrefs) already stays.
    """
    fits = fitting(publications, settings)
    mirroring = [publication for publication in fits if mirrors_upstream(publication)]
    candidates = mirroring if mirroring or mirrored_only else fits
    return max(
        candidates,
        key=lambda entry: (entry["pulp_href"] in served, entry["pulp_created"]),
        default=None,
    )


def fitting(
    publications: Sequence[Mapping[str, Any]], settings: Mapping[str, bool]
) -> list[Mapping[str, Any]]:
    """Those publications that have these settings."""
    return [
        publication
        for publication in publications
        if all(publication.get(name) == value for name, value in settings.items())
    ]


def _served_by_name(
    server: Server, content_type: ContentType, version: str, usage: Usage
) -> tuple[str, list[str]]:
    """What distributions of a repository or a version serve: the newest publication of it.

    Returns the newest publication of this version and the distributions that serve it so.
    """
    repository = version.split("versions/")[0]
    names = list(usage.users.get(version, []))
    if not names and repository not in usage.users:
        return "", []
    there = [
        publication
        for kind in content_type.publication_kinds
        for publication in server.client.list(
            kind.endpoint, {"repository": repository, "fields": PUBLICATION_FIELDS}
        )
    ]
    newest = max(there, key=_age)
    if newest["repository_version"] == version:
        names += usage.users.get(repository, [])
    of_version = [entry for entry in there if entry["repository_version"] == version]
    return max(of_version, key=_age)["pulp_href"] if names else "", names


def _age(publication: Mapping[str, Any]) -> tuple[int, str]:
    return version_number(publication["repository_version"]), publication["pulp_created"]


def clean_up(
    server: Server,
    content_type: ContentType,
    version: str,
    duplicates: Sequence[str],
    usage: Usage,
    result: Result,
) -> None:
    """Delete those duplicates that no distribution serves."""
    if not duplicates:
        return
    by_name, _names = _served_by_name(server, content_type, version, usage)
    unused = [href for href in duplicates if href not in usage.users and href != by_name]
    _delete(server, unused, result, "duplicates")


def remove(
    server: Server,
    content_type: ContentType,
    mode: str | None,
    version: str,
    usage: Usage,
    result: Result,
) -> None:
    """Delete all publications of a version with the settings of a mode, unless one is served."""
    kind, settings = content_type.publication(mode)
    asked = {"repository_version": version, "fields": PUBLICATION_FIELDS}
    going = [
        entry["pulp_href"] for entry in fitting(server.client.list(kind.endpoint, asked), settings)
    ]
    if not going:
        return
    by_name, names = _served_by_name(server, content_type, version, usage)
    served = {**usage.users, by_name: [*usage.users.get(by_name, []), *names]}
    for href in going:
        what = f"the publication of version {version_number(version)}"
        Usage(served).require_unused(href, what)
    _delete(server, going, result, "publications")


def _delete(server: Server, hrefs: Sequence[str], result: Result, noun: str) -> None:
    if not hrefs:
        return
    result.add_change("deleted", {noun: list(hrefs)}, {noun: []})
    for href in hrefs:
        if not server.check_mode:
            server.delete(href, result.name)


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
        report_missing(server, result, "the repository has no content yet: sync it first")
    kind, settings = content_type.publication(mode)
    asked = {"repository_version": version, "fields": PUBLICATION_FIELDS}
    there = server.client.list(kind.endpoint, asked)
    chosen = choose(there, settings, mirrored_only, served)
    if chosen:
        others = [one["pulp_href"] for one in fitting(there, settings) if one is not chosen]
        return str(chosen["pulp_href"]), others
    if mirrored_only:
        number = version_number(version)
        report_missing(
            server,
            result,
            f"version {number} has no publication that mirrors upstream: sync it with "
            "optimize: false",
        )
        return None, []
    result.add_change("created", {}, _shown(content_type, version_number(version), mode))
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
        there = read_by_key(server.client, content_type.repository, names, ("latest_version_href",))
        for item, name in zip(items, names):
            more = {"publication": None, "version": item["version"], "duplicates": []}
            result = Result(name, type_name, more=more)
            work.append((result, (content_type, item, there.get(name))))
    refuse_duplicates(work, [_identity(pair) for _result, pair in work], "publication")

    def walk(pair: Any, result: Result) -> None:
        content_type, item, repository = pair
        if repository is None:
            if item["state"] == "present":
                report_missing(server, result, missing_message(server, "such repository"))
                result.add_change(
                    "created", {}, _shown(content_type, item["version"], item.get("mode"))
                )
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
        mirrored = content_type.is_mirrored_by(item.get("sync_policy"))
        served = usage[result.type].users if result.type in usage else ()
        href, duplicates = publish(
            server, content_type, result.name, version, item.get("mode"), mirrored, result, served
        )
        result.more.update({"publication": href, "duplicates": duplicates})
        if params["cleanup_duplicates"]:
            clean_up(server, content_type, version, duplicates, usage[result.type], result)

    return run_all(work, walk, server.task_concurrency(), server.report), {}


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
