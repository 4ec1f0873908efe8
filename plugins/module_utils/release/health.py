# SPDX-License-Identifier: Apache-2.0
"""Report the health of a Pulp: snapshots without packages or with metadata that expires, repositories
that were not synced recently, and the usage of its storage."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..content.apt_release import read_expiry
from ..content.fetcher import Fetcher
from ..inventory.pins import Pin
from ..inventory.repositories import PackageRepository
from ..inventory.stamp import current_stamp, parse_stamp
from ..inventory.values import PACKAGE_TYPES
from ..objects.status import read_storage
from ..pulp.errors import PulpError
from ..pulp.pool import for_each
from ..pulp.reader import Reader, read_by_field, uuid_of
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES
from ..report.report import Result
from .changes import package_count
from .newest import served_versions

EXPIRY_LABEL = "release_train_valid_until"
"""On a distribution: when its metadata expires (`2026-12-05T12:00:00Z`), or `never`."""

_EXPIRY = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MAX_LISTED = 20
# In the names of all plugins' sync tasks: pulp_rpm.app.tasks.synchronizing.synchronize.
_COMPLETED_SYNCS = {"name__contains": "synchroni", "state": "completed"}
_RESOURCES = "reserved_resources_record"
_EMPTY_ADVICE = {
    "deb": "check components, architectures and distributions of the item",
    "rpm": "check url of the item",
}


def synced_since(reader: Reader, since: datetime) -> set[str]:
    """Return the UUIDs of all resources of the syncs that completed since then, which include their
    repositories.

    This needs one request for a thousand syncs, whatever the number of repositories.
    """
    filters = {**_COMPLETED_SYNCS, "finished_at__gte": since.isoformat(), "fields": _RESOURCES}
    tasks = reader.list("tasks/", filters)
    # A resource is an href or "prn:rpm.rpmrepository:<UUID>", with or without "shared:" before it.
    return {uuid_of(resource).rsplit(":", 1)[-1] for task in tasks for resource in task[_RESOURCES]}


def last_synced(reader: Reader, repository: str) -> str:
    """Return the day of the last completed sync of a repository (href), `2026-11-20`, or ""."""
    filters = {
        **_COMPLETED_SYNCS,
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
    """Return `stale` and `storage`. An error of the server is a warning only, because the work of the
    run is complete."""
    health: dict[str, Any] = {"stale": [], "storage": {}}
    try:
        health["storage"] = read_storage(server, params["storage_limit"])
        health["stale"] = stale_repositories(server, repositories, results, params["stale_after"])
    except PulpError as error:
        server.report.warn(f"Pulp does not report its storage or its last syncs: {error}")
    return health


def stale_repositories(
    server: Server,
    repositories: Sequence[PackageRepository],
    results: Collection[Result],
    days: float,
) -> list[dict[str, Any]]:
    """Return the repositories with `sync` that were not synced successfully in the last `days`.

    Those that succeeded in `results` were synced by this run. Returns `{name, type, last}`; `last` is
    the day of the last sync whose task Pulp has kept, or "".
    """
    synced_now = {
        (result.type, result.more.get("short_name")) for result in results if not result.error
    }
    candidates = [
        one
        for one in repositories
        if one.sync and not one.deprecated and (one.content_type, one.short_name) not in synced_now
    ]
    if not candidates or days <= 0:
        return []
    since = parse_stamp(current_stamp(server.clock)) - timedelta(days=days)
    recent = synced_since(server.client, since)
    hrefs = _read_hrefs(server, candidates)
    stale = []
    for one in candidates:
        href = hrefs.get((one.content_type, one.name), "")
        if uuid_of(href) not in recent:
            last = last_synced(server.client, href) if href else ""
            stale.append({"name": one.short_name, "type": one.content_type, "last": last})
    return stale


def _read_hrefs(
    server: Server, repositories: Sequence[PackageRepository]
) -> dict[tuple[str, str], str]:
    """Return (content type, name) -> href of those that the server has."""
    hrefs = {}
    for name, content_type in CONTENT_TYPES.items():
        names = [one.name for one in repositories if one.content_type == name]
        endpoint = content_type.repository.endpoint
        found = read_by_field(server.client, endpoint, "name", names, ("pulp_href",))
        hrefs.update({(name, one): entry["pulp_href"] for one, entry in found.items()})
    return hrefs


def empty_advice(repository: PackageRepository) -> str:
    """Return where to look when a snapshot has no packages."""
    return _EMPTY_ADVICE.get(repository.content_type, "check what was uploaded")


def empty_snapshots(
    server: Server,
    pins: Sequence[Pin],
    snapshots: Sequence[Mapping[str, Any] | None],
    guard: str | None,
) -> list[str]:
    """Return an error message for each pin whose snapshot has no content.

    `snapshots`: the distributions of the pins; one that has the `guard` (href) already is not read.
    """
    served = [
        (pin, entry["publication"])
        for pin, entry in zip(pins, snapshots)
        if entry
        and entry.get("publication")
        and entry["content_guard"] != guard
        and not pin.repository.allow_empty
    ]
    versions: dict[str, str] = {}
    for name, content_type in CONTENT_TYPES.items():
        hrefs = [href for pin, href in served if pin.content_type == name]
        versions.update(served_versions(server, content_type, hrefs))
    empty: set[str] = set()

    def count(one: tuple[Pin, str]) -> None:
        pin, publication = one
        version = versions.get(publication)
        if not version:
            raise PulpError("its publication does not exist")
        if package_count(server.client, CONTENT_TYPES[pin.content_type], version) == 0:
            empty.add(pin.snapshot_name)

    # Pulp cannot return several versions at once.
    errors = for_each(served, count, server.write_concurrency())
    problems = []
    for (pin, _publication), error in zip(served, errors):
        subject = f"snapshot '{pin.snapshot_name}' of {pin.short_name}"
        if error:
            problems.append(f"the content of {subject} cannot be counted: {error}")
        elif pin.snapshot_name in empty:
            unit = CONTENT_TYPES[pin.content_type].content_unit.rpartition(".")[2]
            permit = ", or permit it with allow_empty" if pin.content_type in PACKAGE_TYPES else ""
            problems.append(f"{subject} has no {unit}s: {empty_advice(pin.repository)}{permit}")
    return problems


def record_expiry(
    server: Server, repository: PackageRepository, stamp: str, snapshot: Mapping[str, Any]
) -> str:
    """Return when the metadata of a snapshot (its distribution) expires, "" if it does not.

    It is read once, and recorded in a label. Metadata that Pulp creates itself does not expire. An error
    is a warning only, because hosts may be configured to ignore the date.
    """
    if repository.content_type != "deb" or repository.mode != "verbatim":
        return ""
    labels = dict(snapshot.get("pulp_labels") or {})
    if EXPIRY_LABEL not in labels and not server.check_mode:
        url = server.content_url(repository.snapshot_path(stamp))
        suites = (repository.distributions or "").split()
        try:
            expiry = read_expiry(Fetcher(server.client.connection), url, suites)
            if expiry:
                labels[EXPIRY_LABEL] = expiry
                body = {"key": EXPIRY_LABEL, "value": expiry}
                server.client.post(f"{snapshot['pulp_href']}set_label/", body)
        except PulpError as error:
            name = repository.short_name
            server.report.warn(f"{name}: cannot read whether metadata of {stamp} expires: {error}")
    return expiry_of(labels)


def expiry_of(labels: Mapping[str, str] | None) -> str:
    """Return when the metadata of a snapshot with these labels expires, "" if that is not recorded."""
    expiry = (labels or {}).get(EXPIRY_LABEL, "")
    return expiry if _EXPIRY.fullmatch(expiry) else ""


def warn_of_expiry(server: Server, results: Sequence[Result]) -> None:
    """Warn about snapshots that apt refuses once their metadata has expired: all in one warning."""
    expiring = sorted(
        (result.more["valid_until"], result.more["short_name"], result.more["stamp"])
        for result in results
        if result.more.get("valid_until")
    )
    if not expiring:
        return
    listed = [f"{name} {stamp} on {expiry}" for expiry, name, stamp in expiring[:_MAX_LISTED]]
    omitted = len(expiring) - len(listed)
    listed += [f"{omitted} more later"] if omitted else []
    server.report.warn(
        f"the metadata of these snapshots expires (Valid-Until): {', '.join(listed)}. After that "
        'apt-get update fails on hosts without Acquire::Check-Valid-Until "false": see the page Add a '
        "repository, section Debian and Ubuntu hosts"
    )
