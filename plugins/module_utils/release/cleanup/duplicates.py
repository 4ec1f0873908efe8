# SPDX-License-Identifier: Apache-2.0
"""Deletion of duplicate publications of a repository version, which nothing serves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ...inventory.stamp import current_stamp, stamp_of_pulp_time
from ...objects.publication import PUBLICATION_FIELDS, choose_publication
from ...pulp.errors import PulpError
from ...pulp.pool import for_each
from ...pulp.reader import uuid_of
from ...pulp.references import read_usage
from ...pulp.server import Server
from ...pulp.types import CONTENT_TYPES, ContentType

# Seconds for which a publication may be that of another run, which is going to serve it.
_RECENT = 3600


def delete_duplicates(server: Server, repositories: Mapping[str, Collection[str]]) -> int:
    """Delete duplicate publications; returns how many. In check mode it only counts them.

    `repositories`: content type -> repositories (hrefs). Of the publications of one version with the
    same settings these are kept: those that a distribution serves, names in its labels, or serves
    through its repository or version, those of the last hour, and those that another run would choose
    to serve. A failure is a warning.
    """
    number = 0
    for name, hrefs in repositories.items():
        try:
            number += _delete_of_type(server, CONTENT_TYPES[name], hrefs)
        except PulpError as error:
            server.report.warn(f"duplicate publications of type {name} were not deleted: {error}")
    return number


def _delete_of_type(server: Server, content_type: ContentType, hrefs: Collection[str]) -> int:
    groups = [group for group in _read_groups(server, content_type, hrefs) if len(group) > 1]
    if not groups:
        return 0
    # After the publications: what was served meanwhile is kept.
    used = read_usage(server.client, content_type).users
    fields = {"fields": "pulp_labels"}
    labels = str(server.client.list(content_type.distribution.endpoint, fields))
    recent = current_stamp(lambda: server.clock() - _RECENT)
    unwanted = [
        one["pulp_href"]
        for group in groups
        for one in _unwanted(group, used)
        if stamp_of_pulp_time(one["pulp_created"]) < recent
        and uuid_of(one["pulp_href"]) not in labels
    ]
    if server.check_mode:
        return len(unwanted)

    def delete(href: str) -> None:
        server.delete(href, "duplicate publication")

    errors = list(filter(None, for_each(unwanted, delete, server.write_concurrency())))
    if errors:
        what = "publication was" if len(errors) == 1 else "publications were"
        server.report.warn(f"{len(errors)} duplicate {what} not deleted: {errors[0]}")
    return len(unwanted) - len(errors)


def _read_groups(
    server: Server, content_type: ContentType, repositories: Collection[str]
) -> Iterable[list[dict[str, Any]]]:
    """Return the publications of each version of the repositories with the same settings."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for kind in content_type.publication_kinds:
        for one in server.client.list(kind.endpoint, {"fields": PUBLICATION_FIELDS}):
            version = one["repository_version"] or ""
            if version.partition("versions/")[0] in repositories:
                key = (kind.endpoint, version, one.get("simple"), one.get("structured"))
                groups.setdefault(key, []).append(one)
    return groups.values()


def _unwanted(
    group: list[dict[str, Any]], used: Mapping[str, Collection[str]]
) -> list[dict[str, Any]]:
    version = group[0]["repository_version"]
    if version in used or version.partition("versions/")[0] in used:
        # A distribution without a publication serves the newest one.
        return []
    # Another run serves one of these at any time: the newest, or one that is served already. A copy of
    # what upstream had is preferred.
    chosen = [choose_publication(group, {}, mirrored_only=False, served=one) for one in ((), used)]
    return [one for one in group if one["pulp_href"] not in used and one not in chosen]
