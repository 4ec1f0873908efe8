# SPDX-License-Identifier: Apache-2.0
"""Snapshots: sync each package repository and serve what is new for ever under a stamp."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..inventory.repositories import ItemError, PackageRepository
from ..inventory.stamp import current_stamp, parse_stamp, stamp_of_pulp_time
from ..objects.distribution import Guards, distribute, read_guards
from ..objects.pinned_source import version_number
from ..objects.publication import find_publication, publish
from ..objects.repository import declare
from ..objects.sync import RunningSyncs, SyncSettings, late_delay, sync_repository
from ..pulp.errors import InvalidItem
from ..pulp.pool import run_all
from ..pulp.server import Server
from ..report.report import Result
from .changes import NOTABLE, notable_pattern, record_changes, shrunk_label
from .health import server_health
from .newest import RepositorySnapshot, find_newest_snapshots, wait_for_another_run
from .options import read_inventory, read_whole_inventory


@dataclass(frozen=True)
class SnapshotSettings:
    """One run. `stamp`: of what it makes; `explicit`: the user chose it. `guard`: by name.

    `syncing`: `retries` and `retry_delay` as the sync takes them.
    """

    stamp: str
    explicit: bool
    guard: str
    syncing: Mapping[str, Any]
    optimize: bool = True
    send_secrets: bool = True
    shrink_limit: float = 30.0
    notable: re.Pattern[str] = notable_pattern(NOTABLE)


def snapshot_packages(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module package_snapshot: parameters -> results, and what else it returns."""
    if params["stamp"]:
        parse_stamp(params["stamp"])
    stamp = params["stamp"] or current_stamp()
    inventory, selected = read_inventory(params, "snapshot")
    for warning in inventory.warnings:
        server.report.warn(warning)
    settings = SnapshotSettings(
        stamp=stamp,
        explicit=bool(params["stamp"]),
        guard=params["content_guard"],
        syncing=params,
        optimize=params["optimize"],
        send_secrets=params["update_secrets"] != "on_create",
        shrink_limit=params["shrink_limit"],
        notable=notable_pattern(NOTABLE if params["notable"] is None else params["notable"]),
    )
    results = take_snapshots(server, inventory.repositories, inventory.errors, settings)
    stamps = {
        result.more["short_name"]: result.more["stamp"]
        for result in results
        if result.more.get("stamp")
    }
    more = {"stamp": stamp, "stamps": stamps, "selected": selected}
    everything = read_whole_inventory(params, "snapshot").repositories
    return results, {**more, **server_health(server, everything, results, params)}


def take_snapshots(
    server: Server,
    repositories: Sequence[PackageRepository],
    errors: Sequence[ItemError],
    settings: SnapshotSettings,
) -> list[Result]:
    """Declare, sync, publish and distribute each repository at its own pace.

    Returns a result per repository, malformed items (`errors`) last.
    """
    guards = read_guards(server, [settings.guard] if settings.guard else [])
    guards.href(settings.guard)
    running = RunningSyncs(server)

    def walk(one: RepositorySnapshot | None, result: Result) -> None:
        if one:
            _walk(server, one, settings, guards, running, result)

    found = find_newest_snapshots(server, repositories)
    pairs: list[tuple[Result, RepositorySnapshot | None]] = [(_result(one), one) for one in found]
    for error in errors:
        # By its short name package_retry finds the item once it is corrected.
        more = {"short_name": error.short_name} if error.short_name else {}
        broken = Result(error.name, error.content_type, error=error.message, more=more)
        pairs.append((broken, None))
    late = late_delay(settings.syncing)
    return run_all(pairs, walk, server.task_concurrency(), server.report, late)


def options_of(repository: PackageRepository) -> dict[str, Any]:
    """A repository of the inventory as an item of pulp_repository."""
    names = ("name", "url", "policy", "sync_policy", "mirror")
    words = ("distributions", "components", "architectures")
    return {
        **repository.remote_options,
        **{name: getattr(repository, name) for name in (*names, *words)},
    }


def _result(one: RepositorySnapshot) -> Result:
    repository = one.repository
    more = {"short_name": repository.short_name, "stamp": None, "snapshot": None}
    return Result(
        repository.name,
        repository.content_type,
        error=one.error,
        allowed=repository.allow_failure,
        more=more,
    )


def _walk(
    server: Server,
    one: RepositorySnapshot,
    settings: SnapshotSettings,
    guards: Guards,
    running: RunningSyncs,
    result: Result,
) -> None:
    before = (one.state.repository or {}).get("latest_version_href", "")
    if one.repository.sync:
        item = options_of(one.repository)
        declare(server, one.content_type, item, one.state, result, settings.send_secrets)
        _sync(server, one, settings, settings.optimize, running, result)
    if one.state.repository is None:
        if server.check_mode and one.repository.sync:
            return
        raise InvalidItem("there is no such repository on the server, and sync is false for it")
    if one.repository.publish:
        serve_snapshot(server, one, settings, guards, _synced(result), result)
    if _synced(result) and before and version_number(before):
        record_changes(server, one, before, settings.notable, result)


def _synced(result: Result) -> bool:
    return result.more.get("sync") == "synced"


def _sync(
    server: Server,
    one: RepositorySnapshot,
    settings: SnapshotSettings,
    optimize: bool,
    running: RunningSyncs,
    result: Result,
) -> None:
    # Upstream is never taken for immutable, whatever its URL looks like.
    item = {**options_of(one.repository), "pinned": False}
    if not optimize:
        item["optimize"] = False
    how = SyncSettings.of(one.content_type, item, settings.syncing)
    sync_repository(server, one.content_type, item, one.state, how, running, result)


def serve_snapshot(
    server: Server,
    one: RepositorySnapshot,
    settings: SnapshotSettings,
    guards: Guards,
    new: bool,
    result: Result,
) -> None:
    """Serve the latest version, unless the newest snapshot does; `new`: this run made it."""
    version = (one.state.repository or {})["latest_version_href"]
    stamp = settings.stamp
    if not new and one.newest_version != version:
        made = server.client.get(version, {"fields": "pulp_created"})["pulp_created"]
        stamp = stamp_of_pulp_time(made)
        wait_for_another_run(server, one, version, made)
    if one.newest_version == version:
        result.more.update({"snapshot": (one.newest or {})["name"], "stamp": one.stamp})
        return
    stamp = _in_order(server, one, settings, stamp, version)
    name = one.repository.snapshot_name(stamp)
    wanted: dict[str, Any] = {
        "base_path": one.repository.snapshot_path(stamp),
        "content_guard": guards.href(settings.guard),
        "publication": _publication(server, one, version, settings, result),
    }
    guard = wanted["content_guard"]
    labels = shrunk_label(server, one, version, guard, settings.shrink_limit, result)
    if labels:
        wanted["pulp_labels"] = labels
    distribute(server, one.content_type, name, wanted, None, guards, result)
    result.more.update({"snapshot": name, "stamp": stamp})


def _in_order(
    server: Server, one: RepositorySnapshot, settings: SnapshotSettings, stamp: str, version: str
) -> str:
    """A stamp after that of the newest snapshot, so that stamps never reorder content."""
    if one.stamp is None or stamp > one.stamp:
        return stamp
    if not settings.explicit:
        made = server.client.get(version, {"fields": "pulp_created"})["pulp_created"]
        stamp = stamp_of_pulp_time(made)
        if stamp > one.stamp:
            return stamp
    raise InvalidItem(f"stamp {stamp} is not after {one.stamp}, that of the newest snapshot")


def _publication(
    server: Server,
    one: RepositorySnapshot,
    version: str,
    settings: SnapshotSettings,
    result: Result,
) -> str | None:
    """The publication to serve; where it must mirror upstream, another sync makes it."""
    content_type, repository = one.content_type, one.repository
    if not content_type.is_mirrored_by(repository.sync_policy):
        href, _duplicates = publish(
            server, content_type, repository.name, version, repository.mode, False, result
        )
        return href
    made_by_sync = result.more.get("publications") or []
    if made_by_sync:
        return str(made_by_sync[-1])
    mirrored = find_publication(server, content_type, version, repository.mode, True)
    if mirrored or server.check_mode:
        return mirrored
    if not repository.sync:
        raise InvalidItem("its version has no publication that mirrors upstream: sync it")
    again = Result(repository.name, repository.content_type)
    _sync(server, one, settings, False, RunningSyncs(server), again)
    if again.changed:
        raise InvalidItem("upstream changed during the run: run it again")
    mirrored = find_publication(server, content_type, version, repository.mode, True)
    if not mirrored:
        raise InvalidItem("Pulp made no publication that mirrors upstream")
    return mirrored
