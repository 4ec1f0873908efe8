# SPDX-License-Identifier: Apache-2.0
"""What the end of a run tells of a Pulp: repositories that have not been synced for too long, and
how full its storage is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from .pulp_errors import PulpError
from .pulp_reader import identifier, read_by
from .pulp_report import Result
from .pulp_server import Server
from .pulp_status import read_storage
from .pulp_synced import last_synced, synced_since
from .pulp_types import CONTENT_TYPES
from .release_inventory import PackageRepository
from .release_stamp import now_stamp, parse

__all__ = ["stale_repositories", "state_of_pulp"]


def state_of_pulp(
    server: Server,
    repositories: Sequence[PackageRepository],
    results: Collection[Result],
    params: Mapping[str, Any],
) -> dict[str, Any]:
    """`stale` and `storage`. A server that does not tell them any more takes nothing away from what
    was done: that is a warning."""
    told: dict[str, Any] = {"stale": [], "storage": {}}
    try:
        told["storage"] = read_storage(server, params["storage_limit"])
        told["stale"] = stale_repositories(server, repositories, results, params["stale_after"])
    except PulpError as error:
        server.report.warn(f"Pulp does not tell its storage, or what was not synced: {error}")
    return told


def stale_repositories(
    server: Server,
    repositories: Sequence[PackageRepository],
    results: Collection[Result],
    days: float,
) -> list[dict[str, Any]]:
    """Those that are to be synced and were not, with success, in the last `days`.

    Of `results` those that succeeded count as synced just now. Returns `{name, type, last}`, `last` the day of the last
    sync that Pulp still knows of, or empty.
    """
    just_now = {
        (result.type, result.more.get("short_name"))
        for result in results
        if not result.error and "sync" in result.more
    }
    waiting = [
        one
        for one in repositories
        if one.sync and not one.deprecated and (one.content_type, one.short_name) not in just_now
    ]
    if not waiting or days <= 0:
        return []
    since = parse(now_stamp()) - timedelta(days=days)
    recent = synced_since(server.client, since)
    hrefs = _hrefs(server, waiting)
    stale = []
    for one in waiting:
        href = hrefs.get((one.content_type, one.name), "")
        if identifier(href) not in recent:
            last = last_synced(server.client, href) if href else ""
            stale.append({"name": one.short_name, "type": one.content_type, "last": last})
    return stale


def _hrefs(server: Server, repositories: Sequence[PackageRepository]) -> dict[tuple[str, str], str]:
    """(content type, name) -> href of those that the server has."""
    hrefs = {}
    for name, content_type in CONTENT_TYPES.items():
        names = [one.name for one in repositories if one.content_type == name]
        endpoint = content_type.repository.endpoint
        found = read_by(server.client, endpoint, "name", names, ("pulp_href",))
        hrefs.update({(name, one): entry["pulp_href"] for one, entry in found.items()})
    return hrefs
