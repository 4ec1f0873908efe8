# SPDX-License-Identifier: Apache-2.0
"""When repositories were synced, as the tasks that Pulp still keeps tell."""

from __future__ import annotations

from datetime import datetime

from .pulp_reader import Reader, identifier

__all__ = ["last_synced", "synced_since"]

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
    return {identifier(resource).rsplit(":", 1)[-1] for task in tasks for resource in task[_FIELD]}


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
