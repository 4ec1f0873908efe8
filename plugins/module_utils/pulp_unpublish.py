# SPDX-License-Identifier: Apache-2.0
"""Publications that go: on request, or as duplicates; never one that is served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .pulp_choice import PUBLICATION_FIELDS, fitting
from .pulp_pinned import version_number
from .pulp_report import Result
from .pulp_server import Server
from .pulp_types import ContentType
from .pulp_usage import Usage

__all__ = ["clean_up", "remove"]


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
        Usage(served).refuse_if_used(href, what)
    _delete(server, going, result, "publications")


def _delete(server: Server, hrefs: Sequence[str], result: Result, noun: str) -> None:
    if not hrefs:
        return
    result.note("deleted", {noun: list(hrefs)}, {noun: []})
    for href in hrefs:
        if not server.check_mode:
            server.delete(href, result.name)
