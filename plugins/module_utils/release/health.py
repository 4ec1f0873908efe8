# SPDX-License-Identifier: Apache-2.0
"""What the end of a run tells of a Pulp: repositories that have not been synced for too long, and
how full its storage is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..inventory.repositories import PackageRepository
from ..inventory.stamp import current_stamp, parse_stamp
from ..objects.status import read_storage
from ..pulp.errors import PulpError
from ..pulp.reader import Reader, read_by_field, uuid_of
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES
from ..report.report import Result

# All plugins' sync tasks have it in their names: pulp_rpm.app.tasks.synchronizing.synchronize.
_SYNCS = {"name__contains": "synchroni", "state": "completed"}
_FIELD = "reserved_resources_record"


def synced_since(reader: Reader, since: datetime) -> set[str]:
    """The ids of all that syncs which ended well since then had reserved, repositories among them.

    One request for a thousand syncs, whatever the number of repositories.
    """
    filters = {**_SYNCS, "finished_at__gte": since.isoformat(), "fields": _FIELD}
    tasks = reader.list("tasks/", filters)
    # A resource is an href, or "prn:rpm.rpmrepository:<id>", perhaps with "shared:" before it.
    return {uuid_of(resource).rsplit(":", 1)[-1] for task in tasks for resource in task[_FIELD]}


def last_synced(reader: Reader, repository: str) -> str:
    """The day, `2026-11-20`, of the last sync of a repository (href) that ended well, or empty."""
    filters = {
        **_SYNCS,
        "reserved_resources": repository,
        "ordering": "-finished_at",
        "limit": 1,
        "fields": "finished_at",
    }
    tasks = reader.get("tasks/", filters).get("results") or []
    return str(tasks[0]["finished_at"])[:10] if tasks else ""


def server_health(
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
        (result.type, result.more.get("short_name")) for result in results if not result.error
    }
    waiting = [
        one
        for one in repositories
        if one.sync and not one.deprecated and (one.content_type, one.short_name) not in just_now
    ]
    if not waiting or days <= 0:
        return []
    since = parse_stamp(current_stamp()) - timedelta(days=days)
    recent = synced_since(server.client, since)
    hrefs = _hrefs(server, waiting)
    stale = []
    for one in waiting:
        href = hrefs.get((one.content_type, one.name), "")
        if uuid_of(href) not in recent:
            last = last_synced(server.client, href) if href else ""
            stale.append({"name": one.short_name, "type": one.content_type, "last": last})
    return stale


def _hrefs(server: Server, repositories: Sequence[PackageRepository]) -> dict[tuple[str, str], str]:
    """(content type, name) -> href of those that the server has."""
    hrefs = {}
    for name, content_type in CONTENT_TYPES.items():
        names = [one.name for one in repositories if one.content_type == name]
        endpoint = content_type.repository.endpoint
        found = read_by_field(server.client, endpoint, "name", names, ("pulp_href",))
        hrefs.update({(name, one): entry["pulp_href"] for one, entry in found.items()})
    return hrefs
