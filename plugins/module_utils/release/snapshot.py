# SPDX-License-Identifier: Apache-2.0
"""Snapshots: sync each package repository, and serve new content permanently under a stamp."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..inventory.repositories import ItemError, PackageRepository
from ..inventory.stamp import stamp_of_pulp_time
from ..objects.distribution import DistributionSpec, Guards, read_guards, reconcile_distribution
from ..objects.publication import PublicationSpec, find_publication, publish, version_href
from ..objects.repository import RepositorySpec, reconcile_repository
from ..objects.sync import (
    Retries,
    RunningSyncs,
    SyncOutcome,
    SyncSettings,
    sync_item,
    sync_repository,
)
from ..pulp.errors import InvalidItem, PulpError
from ..pulp.pool import run_all
from ..pulp.server import Server
from ..report.report import Result
from .changes import SHRUNK_LABEL, count_packages, read_changes
from .cleanup.duplicates import delete_duplicates
from .clock import new_stamp, stamp_after, warn_of_future_stamp
from .comparison.lists import NOTABLE, notable_pattern
from .comparison.snapshots import add_changes
from .health import empty_advice, record_expiry, server_health, warn_of_expiry
from .newest import SnapshotItem, read_newest, read_snapshot_items, wait_for_other_run
from .options import read_inventory, read_whole_inventory


@dataclass(frozen=True)
class SnapshotSettings:
    """How to make snapshots. `stamp`: of new ones; `explicit`: the user set it; `guard`: a name.

    `shrink_limit`: a snapshot that has fewer packages than the one before, by more than this
    percentage, is flagged. So is one without packages, unless the item has `allow_empty`.
    """

    stamp: str
    explicit: bool
    guard: str
    retries: Retries = Retries()
    optimize: bool = True
    send_secrets: bool = True
    shrink_limit: float = 30.0
    notable: re.Pattern[str] = notable_pattern(NOTABLE)

    @classmethod
    def from_params(cls, params: Mapping[str, Any], stamp: str) -> SnapshotSettings:
        """From the parameters of package_snapshot, and its stamp. Raises ChangesError."""
        return cls(
            stamp=stamp,
            explicit=bool(params["stamp"]),
            guard=params["content_guard"],
            retries=Retries.from_params(params),
            optimize=params["optimize"],
            send_secrets=params["update_secrets"] != "on_create",
            shrink_limit=params["shrink_limit"],
            notable=notable_pattern(NOTABLE if params["notable"] is None else params["notable"]),
        )


def snapshot_packages(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module package_snapshot: parameters -> results, and what else it returns."""
    settings = SnapshotSettings.from_params(params, new_stamp(server, params["stamp"]))
    inventory, selected = read_inventory(params, "snapshot")
    for warning in inventory.warnings:
        server.report.warn(warning)
    run = SnapshotRun.start(server, settings)
    results = run.take_all(inventory.repositories, inventory.errors)
    _warn_of_skipped(server, results)
    warn_of_expiry(server, results)
    stamps = {
        result.more["short_name"]: result.more["stamp"]
        for result in results
        if result.more.get("stamp")
    }
    more: dict[str, Any] = {"stamp": settings.stamp, "stamps": stamps, "selected": selected}
    duplicates = run.delete_duplicates()
    if duplicates:
        verb = "would be" if server.check_mode else "was" if duplicates == 1 else "were"
        noun = "publication" if duplicates == 1 else "publications"
        more["notes"] = [f"{duplicates} duplicate {noun} that nothing serves {verb} deleted"]
    more["duplicates"] = duplicates
    everything = read_whole_inventory(params, "snapshot").repositories
    return results, {**more, **server_health(server, everything, results, params)}


def _warn_of_skipped(server: Server, results: Sequence[Result]) -> None:
    names = [result.more["short_name"] for result in results if result.action == "skipped"]
    if names:
        what = (
            "repository with sync: false is"
            if len(names) == 1
            else "repositories with sync: false are"
        )
        server.report.warn(f"{len(names)} {what} not on this Pulp, skipped: {', '.join(names)}")


def repository_options(repository: PackageRepository) -> dict[str, Any]:
    """A repository of the inventory as an item of pulp_repository."""
    names = ("name", "url", "policy", "sync_policy", "mirror")
    lists = ("distributions", "components", "architectures")
    return {
        **repository.remote_options,
        **{name: getattr(repository, name) for name in (*names, *lists)},
    }


@dataclass(frozen=True)
class SnapshotRun:
    """One run that takes snapshots; its methods take an item and its result."""

    server: Server
    settings: SnapshotSettings
    guards: Guards
    running: RunningSyncs
    items: list[SnapshotItem] = field(default_factory=list)

    @classmethod
    def start(cls, server: Server, settings: SnapshotSettings) -> SnapshotRun:
        """Read the content guard. Raises InvalidItem when it does not exist."""
        guards = read_guards(server, [settings.guard] if settings.guard else [])
        guards.href(settings.guard)
        return cls(server, settings, guards, RunningSyncs(server))

    def take_all(
        self, repositories: Sequence[PackageRepository], errors: Sequence[ItemError] = ()
    ) -> list[Result]:
        """Work on each repository at its own pace.

        Returns a result per repository, those of malformed items (`errors`) last.
        """
        items = read_snapshot_items(self.server, repositories)
        self.items.extend(items)
        pairs: list[tuple[Result, SnapshotItem | None]] = [(_result(item), item) for item in items]
        pairs += [(_malformed(error), None) for error in errors]

        def take(item: SnapshotItem | None, result: Result) -> None:
            if item:
                self.take(item, result)

        late_delay = self.settings.retries.late_delay
        limit = self.server.task_concurrency()
        return run_all(pairs, take, limit, self.server.report, late_delay)

    def delete_duplicates(self) -> int:
        """Delete duplicate publications of the repositories that are published; returns how many."""
        hrefs: dict[str, set[str]] = {}
        for item in self.items:
            if item.repository.publish and item.state.repository:
                name = item.repository.content_type
                hrefs.setdefault(name, set()).add(item.state.repository["pulp_href"])
        return delete_duplicates(self.server, hrefs)

    def take(self, item: SnapshotItem, result: Result) -> None:
        """Update a repository, sync it, and serve its latest version as a snapshot."""
        outcome: SyncOutcome | None = None
        if item.repository.sync:
            options = repository_options(item.repository)
            spec = RepositorySpec(item.content_type, options, self.settings.send_secrets)
            reconcile_repository(self.server, spec, item.state, result)
            sync_settings = self._sync_settings(item)
            outcome = sync_item(self.server, item.state, sync_settings, self.running, result)
        if item.state.repository is None:
            if self.server.check_mode and item.repository.sync:
                return
            # Such as one of another Pulp, or one that was never synced before it was switched off.
            result.action = "skipped"
            return
        served_before = item.newest_version
        if item.repository.publish:
            if outcome and outcome.version_after == 0 and not self.server.check_mode:
                advice = empty_advice(item.repository)
                raise InvalidItem(f"the sync succeeded without any content: {advice}")
            self.serve(item, result, bool(outcome and outcome.made_version), outcome)
        self._record_changes(item, result, served_before, outcome)

    def serve(
        self,
        item: SnapshotItem,
        result: Result,
        is_new: bool,
        outcome: SyncOutcome | None = None,
    ) -> None:
        """Serve the latest version, unless the newest snapshot does.

        `is_new`: this run made the version; `outcome`: by this sync.
        """
        if not item.newest_is_known:
            read_newest(self.server, item)
        version = item.state.latest_version
        stamp = self.settings.stamp
        if not is_new and item.newest_version != version:
            created = self._creation_time(version)
            stamp = stamp_of_pulp_time(created)
            wait_for_other_run(self.server, item, created)
        if item.newest and item.newest_version == version:
            result.more.update({"snapshot": item.newest.name, "stamp": item.stamp})
            newest = {"pulp_href": item.newest.href, "pulp_labels": item.newest.labels}
            self._add_expiry(item, newest, result)
            return
        stamp = self._stamp_after_newest(item, stamp)
        guard = self.guards.href(self.settings.guard)
        values: dict[str, Any] = {
            "base_path": item.repository.snapshot_path(stamp),
            "content_guard": guard,
            "publication": self._publication(item, result, outcome),
        }
        counts = count_packages(self.server, item, guard, outcome)
        has_shrunk = counts.has_shrunk(self.settings.shrink_limit)
        if has_shrunk or (counts.is_empty and not item.repository.allow_empty):
            result.more["shrunk"] = {"before": counts.before, "after": counts.after}
            if counts.is_empty:
                result.more["shrunk"]["advice"] = empty_advice(item.repository)
            values["pulp_labels"] = {SHRUNK_LABEL: str(counts.before)}
        name = item.repository.snapshot_name(stamp)
        spec = DistributionSpec(item.content_type, name, values)
        served = reconcile_distribution(self.server, spec, self.guards, result).current
        result.more.update({"snapshot": name, "stamp": stamp})
        self._add_expiry(item, served or {}, result)

    def _add_expiry(self, item: SnapshotItem, snapshot: Mapping[str, Any], result: Result) -> None:
        """Add to the result when the metadata of the snapshot (its distribution) expires, if it does."""
        expiry = record_expiry(self.server, item.repository, result.more["stamp"], snapshot)
        if expiry:
            result.more["valid_until"] = expiry

    def _sync_settings(self, item: SnapshotItem) -> SyncSettings:
        # Upstream is never taken for immutable, whatever its URL looks like.
        options = {**repository_options(item.repository), "pinned": False}
        settings = SyncSettings.from_item(item.content_type, options, self.settings.retries)
        return settings if self.settings.optimize else settings.without_optimize()

    def _creation_time(self, version: str) -> str:
        return str(self.server.client.get(version, {"fields": "pulp_created"})["pulp_created"])

    def _stamp_after_newest(self, item: SnapshotItem, stamp: str) -> str:
        """A stamp after that of the newest snapshot, so the order of stamps is that of content."""
        if item.stamp is None or stamp > item.stamp:
            return stamp
        if not self.settings.explicit:
            stamp = stamp_of_pulp_time(self._creation_time(item.state.latest_version))
            if stamp <= item.stamp:
                # A clock was ahead once.
                stamp = stamp_after(item.stamp)
                warn_of_future_stamp(self.server, item.repository.short_name, item.stamp, stamp)
            return stamp
        raise InvalidItem(
            f"stamp {stamp} is not after {item.stamp}, that of the newest snapshot: set a later one, "
            "or none"
        )

    def _publication(
        self, item: SnapshotItem, result: Result, outcome: SyncOutcome | None
    ) -> str | None:
        """The publication to serve; where it must mirror upstream, another sync creates it."""
        repository = item.repository
        mirrored_only = item.content_type.is_mirrored_by(repository.sync_policy)
        version = item.state.latest_version
        spec = PublicationSpec(item.content_type, version, repository.mode, mirrored_only)
        if not mirrored_only:
            href, _duplicates = publish(self.server, spec, result)
            return href
        if outcome and outcome.publications:
            return outcome.publications[-1]
        mirrored = find_publication(self.server, spec)
        if mirrored or self.server.check_mode:
            return mirrored
        if not repository.sync:
            raise InvalidItem(
                "the latest version was not published by a mirror_complete sync: set sync to true and run "
                "it again"
            )
        settings = self._sync_settings(item).without_optimize()
        again = sync_repository(self.server, item.state, settings, self.running)
        again.raise_error()
        if again.version_after != again.version_before:
            raise InvalidItem("upstream changed during the run: run it again")
        mirrored = find_publication(self.server, spec)
        if not mirrored:
            raise InvalidItem("Pulp created no publication that mirrors upstream")
        return mirrored

    def _record_changes(
        self, item: SnapshotItem, result: Result, served: str, outcome: SyncOutcome | None
    ) -> None:
        """Add to the result which packages changed; failing that, warn.

        A new snapshot is compared with the one before, whose version is `served`, a sync without a
        new snapshot with the version before.
        """
        before, after = "", item.state.latest_version
        if result.more.get("snapshot") and served != after:
            before = served
        repository, made = item.state.repository, outcome and outcome.made_version
        if not before and repository and outcome and made and outcome.version_before:
            before = version_href(repository, outcome.version_before)
        if not before or not item.content_type.packages:
            return
        try:
            changes = read_changes(self.server.client, item.content_type, before, after)
        except PulpError as error:
            self.server.report.warn(f"{result.name}: cannot read which packages changed: {error}")
            return
        if changes is not None:
            add_changes(result, changes, self.settings.notable)


def _result(item: SnapshotItem) -> Result:
    repository = item.repository
    more = {"short_name": repository.short_name, "stamp": None, "snapshot": None}
    name, content_type = repository.name, repository.content_type
    return Result(name, content_type, allowed=repository.allow_failure, more=more)


def _malformed(error: ItemError) -> Result:
    # By its short name package_retry finds the item once it is corrected.
    more = {"short_name": error.short_name} if error.short_name else {}
    return Result(error.name, error.content_type, error=error.message, more=more)
