# SPDX-License-Identifier: Apache-2.0
"""Snapshots: sync each package repository and serve what is new for ever under a stamp."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_distribution import (
    Guards,
    distribute,
    read_guards,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import InvalidItem
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_pipeline import run_all
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_publication import (
    choose,
    publish,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_reader import (
    newest_snapshot,
    read_by,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_report import Result
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_repository import (
    RepositoryState,
    declare,
    read_repositories,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_server import Server
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_sync import (
    RunningSyncs,
    SyncSettings,
    sync_repository,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_types import (
    CONTENT_TYPES,
    ContentType,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_inventory import (
    ItemError,
    PackageRepository,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_stamp import (
    from_pulp_time,
    stamp_of,
)

__all__ = ["SnapshotSettings", "failed_items", "options_of", "take_snapshots"]

_SNAPSHOT_FIELDS = ("pulp_href", "name", "publication")
# Another run that has just made a version is about to make its snapshot, too.
_ANOTHER_RUN_SECONDS = 60
_LOOKS = 5
_LOOK_PAUSE = 2.0


@dataclass(frozen=True)
class SnapshotSettings:
    """One run. `stamp`: of what it makes; `explicit`: the user chose it. `guard`: by name."""

    stamp: str
    explicit: bool
    guard: str
    retries: int
    retry_delay: float
    optimize: bool = True
    send_secrets: bool = True


@dataclass
class _Work:
    """One repository on its way: what the server has of it."""

    repository: PackageRepository
    content_type: ContentType
    state: RepositoryState
    newest: dict[str, Any] | None = None
    newest_version: str | None = None


def take_snapshots(
    server: Server,
    repositories: Sequence[PackageRepository],
    errors: Sequence[ItemError],
    settings: SnapshotSettings,
) -> tuple[list[Result], dict[str, str]]:
    """Declare, sync, publish and distribute each repository at its own pace.

    Returns a result per repository, malformed items (`errors`) last, and short name -> stamp of
    the snapshot that each is now at.
    """
    guards = read_guards(server, [settings.guard] if settings.guard else [])
    guards.href(settings.guard)
    work = _read(server, repositories)
    running = RunningSyncs(server)

    def walk(one: _Work, result: Result) -> None:
        _walk(server, one, settings, guards, running, result)

    pairs = [(_result(one.repository), one) for one in work]
    results = run_all(pairs, walk, server.tasks_at_once(), server.report)
    stamps = {
        one.repository.short_name: result.more["stamp"]
        for result, one in pairs
        if result.more.get("stamp")
    }
    return [*results, *failed_items(server, errors)], stamps


def failed_items(server: Server, errors: Sequence[ItemError]) -> list[Result]:
    """Results of items that could not be read at all."""
    results = [
        Result(error.name, error.content_type, "failed", error=error.message) for error in errors
    ]
    for result in results:
        server.report.finish(result)
    return results


def options_of(repository: PackageRepository) -> dict[str, Any]:
    """A repository of the inventory as an item of pulp_repository."""
    names = ("name", "url", "policy", "sync_policy", "mirror")
    words = ("distributions", "components", "architectures")
    return {
        **repository.remote_options,
        **{name: getattr(repository, name) for name in (*names, *words)},
    }


def _result(repository: PackageRepository) -> Result:
    more = {"short_name": repository.short_name, "stamp": None, "snapshot": None}
    return Result(repository.name, repository.content_type, more=more)


def _read(server: Server, repositories: Sequence[PackageRepository]) -> list[_Work]:
    """Repositories and remotes, newest snapshots, their publications: three rounds."""
    work: list[_Work] = []
    for name, content_type in CONTENT_TYPES.items():
        ours = [item for item in repositories if item.content_type == name]
        states = read_repositories(server, content_type, [item.name for item in ours])
        work += [_Work(item, content_type, states[item.name]) for item in ours]
    old = [(_result(one.repository), one) for one in work if one.state.repository]

    def find_newest(one: _Work, _result: Result) -> None:
        _look_for_newest(server, one)

    quiet = type(server.report)(0)
    for result in run_all(old, find_newest, server.writes_at_once(), quiet):
        if result.error:
            raise InvalidItem(f"{result.name}: {result.error}")
    for content_type in CONTENT_TYPES.values():
        ours = [one for one in work if one.content_type is content_type]
        _read_versions(server, content_type, ours)
    return work


def _look_for_newest(server: Server, one: _Work) -> None:
    kind = one.content_type.distribution
    prefix = one.repository.distribution_name
    one.newest = newest_snapshot(server.client, kind, prefix, _SNAPSHOT_FIELDS)


def _read_versions(server: Server, content_type: ContentType, work: Sequence[_Work]) -> None:
    hrefs = [one.newest["publication"] for one in work if one.newest and one.newest["publication"]]
    found: dict[str, dict[str, Any]] = {}
    for kind in content_type.publication_kinds:
        ours = [href for href in hrefs if kind.endpoint in href]
        fields = ("pulp_href", "repository_version")
        found.update(read_by(server.client, kind.endpoint, "pulp_href", ours, fields))
    for one in work:
        publication = found.get((one.newest or {}).get("publication") or "")
        one.newest_version = publication["repository_version"] if publication else None


def _walk(
    server: Server,
    one: _Work,
    settings: SnapshotSettings,
    guards: Guards,
    running: RunningSyncs,
    result: Result,
) -> None:
    repository, state = one.repository, one.state
    if repository.sync:
        item = options_of(repository)
        declare(server, one.content_type, item, state, result, settings.send_secrets)
        params = {"retries": settings.retries, "retry_delay": settings.retry_delay}
        optimize = None if settings.optimize else {"optimize": False}
        how = SyncSettings.of(
            one.content_type, {**item, **(optimize or {}), "pinned": False}, params
        )
        sync_repository(server, one.content_type, item, state, how, running, result)
    if state.repository is None and server.check_mode:
        return
    if state.repository is None:
        raise InvalidItem("there is no such repository, and sync is false for it")
    if repository.publish:
        _snapshot(server, one, settings, guards, result)


def _snapshot(
    server: Server, one: _Work, settings: SnapshotSettings, guards: Guards, result: Result
) -> None:
    """Serve the latest version, unless the newest snapshot does already."""
    version = (one.state.repository or {})["latest_version_href"]
    made_here = result.more.get("sync") == "synced"
    if one.newest_version != version and not made_here:
        made = server.client.get(version, {"fields": "pulp_created"})["pulp_created"]
        _let_another_run_finish(server, one, version, made)
    if one.newest_version == version and one.newest:
        prefix = one.repository.distribution_name
        result.more["snapshot"] = one.newest["name"]
        result.more["stamp"] = stamp_of(one.newest["name"], prefix)
        return
    stamp = settings.stamp if made_here else from_pulp_time(made)
    stamp = _in_order(server, one, settings, stamp, version)
    publication = _publication(server, one, version, settings, result)
    wanted = {
        "base_path": one.repository.snapshot_path(stamp),
        "content_guard": guards.href(settings.guard),
        "publication": publication,
    }
    name = one.repository.snapshot_name(stamp)
    distribute(server, one.content_type, name, wanted, None, guards, result)
    result.more.update({"snapshot": name, "stamp": stamp})


def _in_order(
    server: Server, one: _Work, settings: SnapshotSettings, stamp: str, version: str
) -> str:
    """A stamp after that of the newest snapshot, so that stamps never reorder content."""
    newest = one.newest or {"name": ""}
    last = stamp_of(newest["name"], one.repository.distribution_name)
    if last is None or stamp > last:
        return stamp
    if not settings.explicit:
        made = server.client.get(version, {"fields": "pulp_created"})["pulp_created"]
        stamp = from_pulp_time(made)
        if stamp > last:
            return stamp
    raise InvalidItem(f"stamp {stamp} is not after {last}, the stamp of the newest snapshot")


def _let_another_run_finish(server: Server, one: _Work, version: str, made: str) -> None:
    """A version that is only seconds old was made by a run that will make its snapshot, too."""
    now = time.strftime("%Y%m%dT%H%M%S", time.gmtime(time.time() - _ANOTHER_RUN_SECONDS))
    looks = _LOOKS if from_pulp_time(made) > now and not server.check_mode else 0
    for look in range(looks):
        if look:
            time.sleep(_LOOK_PAUSE)
        _look_for_newest(server, one)
        _read_versions(server, one.content_type, [one])
        if one.newest_version == version:
            return


def _publication(
    server: Server, one: _Work, version: str, settings: SnapshotSettings, result: Result
) -> str | None:
    """The publication to serve; where it must mirror upstream, another sync makes it."""
    content_type, repository = one.content_type, one.repository
    mirrored = bool(content_type.mirrors_by_sync) and (
        repository.sync_policy == content_type.mirrors_by_sync
    )
    made_by_sync = result.more.get("publications") or []
    if mirrored and made_by_sync:
        return str(made_by_sync[-1])
    try:
        href, _duplicates = publish(
            server, content_type, repository.name, version, repository.mode, mirrored, result
        )
        return href
    except InvalidItem:
        if not mirrored or not repository.sync or server.check_mode:
            raise
    item = {**options_of(repository), "optimize": False, "pinned": False}
    params: Mapping[str, Any] = {"retries": settings.retries, "retry_delay": settings.retry_delay}
    how = SyncSettings.of(content_type, item, params)
    again = Result(repository.name, repository.content_type)
    sync_repository(server, content_type, item, one.state, how, RunningSyncs(server), again)
    if again.more["version_after"] != again.more["version_before"]:
        raise InvalidItem("upstream changed meanwhile: run it again")
    kind, extra = content_type.publication(repository.mode)
    fields = "pulp_href,pulp_created,checksum_type"
    there = server.client.list(kind.endpoint, {"repository_version": version, "fields": fields})
    chosen = choose(there, extra, True)
    if chosen is None:
        raise InvalidItem("Pulp made no publication that mirrors upstream")
    return str(chosen["pulp_href"])
