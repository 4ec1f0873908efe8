# SPDX-License-Identifier: Apache-2.0
"""Deletion of snapshots that nobody needs, with their publications, versions and orphaned content.

The plan is made, and carried out, under the lock that promotions hold, too. Whatever is deleted is
read again immediately before. An interrupted run leaves publications and versions that no
distribution serves; the next run finds them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from ...inventory.repositories import PackageRepository
from ...inventory.selection import Filters, select_repositories
from ...inventory.stamp import is_stamp, parse_stamp, stamp_of, stamp_of_pulp_time
from ...objects.listing import (
    ListedDistribution,
    list_distributions,
    read_all_guards,
    read_served,
)
from ...objects.server_lock import ServerLock
from ...objects.status import StorageChange
from ...pulp.errors import InvalidItem, PulpError
from ...pulp.interruption import Interruption
from ...pulp.pool import run_all
from ...pulp.reader import read_by_key, version_number
from ...pulp.references import read_usage
from ...pulp.server import Server
from ...pulp.types import CONTENT_TYPES, ContentType
from ...report.report import Result
from ..listing import NO_GUARD, Inventory
from ..options import read_lists
from ..promotion_history import Promotion
from .retention import (
    Decision,
    RepositoryVersion,
    Retention,
    Snapshot,
    plan_snapshots,
    plan_versions,
)

_DAY = 24 * 60 * 60
_MAX_NAMES = 5
_OR_ALLOW = ". To delete without pins, set allow_empty_pins (distribution_clean_allow_empty_pins in a playbook)"


@dataclass(frozen=True)
class _StaleVersion:
    """A version that no distribution serves, or none will, of the repository of an item."""

    content_type: ContentType
    repository: str
    version: RepositoryVersion

    def result(self) -> Result:
        more = {"repository": self.repository, "version": self.version.number}
        name = f"{self.repository} version {self.version.number}"
        return Result(name, self.content_type.name, more=more)


def clean_distributions(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module distribution_clean: parameters -> results, and the plan as lines."""
    rules = Retention(params["content_guard"], params["keep_last"], params["min_age"])
    _validate(rules, params)
    inventory, selected = _read_inventory(server, params)
    labels = _read_labels(server, inventory, params)
    run = _CleanRun(server, rules, params["confirm"])
    storage = StorageChange(server)
    with run.lock() as run.interruption:
        decisions, served = _decide(server, inventory, selected, labels, rules)
        candidates = [one for one in decisions if not one.kept]
        chosen = sorted(candidates, key=lambda one: one.snapshot.stamp)[: params["limit"]]
        gone = {one.snapshot.listed.href for one in chosen}
        remaining = [one for one in served if one.href not in gone]
        run.restorable = _restorable(remaining)
        stale = run.find_stale(selected, {one.source for one in remaining})
        versions = stale[: params["limit"]]
        kept = [one for one in decisions if one.kept]
        server.report.finish_all(_snapshot_result(one) for one in kept)
        results = run.delete(chosen, versions)
    if params["orphans"]:
        # Without the lock: this takes long, and does not delete what a repository contains.
        results.append(run.clean_orphans())
    lines = _lines(chosen, versions, kept)
    rest = len(candidates) - len(chosen), len(stale) - len(versions)
    if any(rest):
        lines.append(
            f"Left for later runs by the limit of {params['limit']}: {rest[0]} snapshots, "
            f"{rest[1]} repository versions"
        )
    lines.append(storage.line(run.deletes))
    if not params["confirm"]:
        lines.append("This is a plan: nothing was deleted. Repeat with -e confirm=true to delete.")
    kept_entries = [
        {
            "name": one.snapshot.listed.name,
            "type": one.snapshot.listed.content_type,
            "why": one.kept,
        }
        for one in kept
    ]
    return results, {
        "kept": kept_entries,
        "stale_versions": len(stale),
        "storage_use": storage.as_dict(),
        "lines": lines,
    }


def _validate(rules: Retention, params: Mapping[str, Any]) -> None:
    for name in ("keep_last", "limit"):
        if params[name] < 1:
            raise InvalidItem(f"{name} is {params[name]}: expected 1 or more")
    if not rules.min_age >= 0:
        raise InvalidItem(f"min_age is {rules.min_age:g}: expected 0 or more days")
    if params["confirm"] and not params["pins"] and not params["allow_empty_pins"]:
        raise InvalidItem(
            "nothing was deleted, because no configuration was given, and what configurations pin "
            f"must be kept. Give the pins of all configurations that use this server{_OR_ALLOW}"
        )


def _read_labels(
    server: Server, inventory: Inventory, params: Mapping[str, Any]
) -> dict[tuple[str, str], list[str]]:
    """Return what pins each (short name, stamp).

    Raises InvalidItem, before anything is deleted, for configurations that pin nothing, because a
    wrong path or inventory may be the reason.
    """
    pins = params["pins"] or {}
    labels, warnings = inventory.labels(pins)
    for warning in warnings:
        server.report.warn(warning)
    known = {one.short_name for one in inventory.repositories}
    empty = ", ".join(f"'{label}'" for label, stamps in pins.items() if not known & set(stamps))
    if empty and params["confirm"] and not params["allow_empty_pins"]:
        raise InvalidItem(
            f"nothing was deleted, because these pins name no package repository of the inventory: "
            f"{empty}. What configurations pin must be kept: correct these pins or the inventory, or "
            f"leave them out{_OR_ALLOW}"
        )
    return labels


def _read_inventory(
    server: Server, params: Mapping[str, Any]
) -> tuple[Inventory, list[PackageRepository]]:
    """Return all package repositories, and the selected ones."""
    active, deprecated = read_lists(params)
    for text in (*active.warnings, *deprecated.warnings, *active.errors, *deprecated.errors):
        server.report.warn(str(text))
    inventory = Inventory([*active.repositories, *deprecated.repositories])
    if not inventory.repositories:
        raise InvalidItem(
            "there is no package repository: define rpm_package_repos or deb_package_repos"
        )
    names = ("rpm_filter", "deb_filter", "package_filter", "sync_group")
    selection = select_repositories(
        inventory.repositories, Filters(*(params[name] for name in names))
    )
    for warning in selection.warnings:
        server.report.warn(warning)
    return inventory, selection.selected


def _decide(
    server: Server,
    inventory: Inventory,
    selected: Sequence[PackageRepository],
    labels: Mapping[tuple[str, str], list[str]],
    rules: Retention,
) -> tuple[list[Decision], list[ListedDistribution]]:
    """Return a decision for each snapshot of the selected repositories, and all distributions."""
    guards = read_all_guards(server)
    if rules.guard not in (*guards.hrefs, NO_GUARD):
        raise InvalidItem(f"there is no content guard '{rules.guard}'")
    served = list_distributions(server, guards)
    types = {one.content_type for one in inventory.repositories}
    served = [one for one in served if one.content_type in types]
    read_served(server, served)
    pinned = _pinned(inventory.repositories, labels)
    owners = {id(one) for one in selected}
    snapshots = []
    for one in served:
        owner = inventory.owner(one)
        stamp = _stamp(one, owner) if owner and id(owner) in owners else ""
        if owner and stamp:
            pinned_by = {*_labels_of(one, pinned), *labels.get((owner.short_name, stamp), [])}
            age = min(_age(stamp), _age(stamp_of_pulp_time(one.created)))
            by = sorted(pinned_by)
            snapshots.append(Snapshot(one, owner.short_name, stamp, age, by, owner.name))
    return plan_snapshots(snapshots, served, rules), served


def _pinned(
    repositories: Iterable[PackageRepository], labels: Mapping[tuple[str, str], list[str]]
) -> dict[tuple[str, str], list[str]]:
    """Return what pins by (type, name) and (type, base path) of snapshots.

    Two repositories, such as an active and a deprecated one, may have one short name.
    """
    by_name: dict[str, list[PackageRepository]] = {}
    for one in repositories:
        by_name.setdefault(one.short_name, []).append(one)
    pinned: dict[tuple[str, str], list[str]] = {}
    for (short_name, stamp), names in labels.items():
        for one in by_name.get(short_name, []):
            for key in (one.snapshot_name(stamp), one.snapshot_path(stamp)):
                pinned.setdefault((one.content_type, key), []).extend(names)
    return pinned


def _labels_of(
    one: ListedDistribution, pinned: Mapping[tuple[str, str], list[str]]
) -> Iterable[str]:
    for key in (one.name, one.base_path):
        yield from pinned.get((one.content_type, key), [])


def _stamp(one: ListedDistribution, owner: PackageRepository) -> str:
    """Return the stamp of a snapshot, empty for a channel and other distributions."""
    end = one.base_path.rpartition("/")[2]
    return end if is_stamp(end) else stamp_of(one.name, owner.distribution_name) or ""


def _age(stamp: str) -> float:
    return (time.time() - parse_stamp(stamp).timestamp()) / _DAY


def _snapshot_result(decision: Decision) -> Result:
    one = decision.snapshot
    more = {
        "short_name": one.short_name,
        "stamp": one.stamp,
        "base_path": one.listed.base_path,
        "kept": decision.kept,
    }
    return Result(one.listed.name, one.listed.content_type, more=more)


def _restorable(served: Iterable[ListedDistribution]) -> set[str]:
    """Return the publications (hrefs) that a rollback of channels restores."""
    found = set()
    for one in served:
        promotion = Promotion.from_distribution({"pulp_labels": one.labels})
        if promotion and promotion.before and one.serves == "publication":
            found.add(f"{one.source.rstrip('/').rpartition('/')[0]}/{promotion.before}/")
    return found


@dataclass
class _CleanRun:
    """Deletes what was planned; unless `confirmed`, and in check mode, only returns results.

    `restorable`: publications (hrefs) that no distribution serves, but that are kept.
    """

    server: Server
    rules: Retention
    confirmed: bool
    restorable: set[str] = field(default_factory=set)
    interruption: Interruption = field(default_factory=Interruption)

    @property
    def deletes(self) -> bool:
        """Whether anything is written."""
        return self.confirmed and not self.server.check_mode

    def lock(self) -> AbstractContextManager[Interruption]:
        """Return the lock to hold, so that no promotion needs what is deleted."""
        if self.deletes:
            return ServerLock(self.server, "cleanup")
        return nullcontext(self.interruption)

    def _stop_if_interrupted(self) -> None:
        if self.interruption.requested:
            raise PulpError("not deleted, because the run was interrupted: run it again")

    def _record(self, result: Result, before: dict[str, Any]) -> None:
        if self.confirmed:
            result.add_change("deleted", before, {})
        else:
            result.action = "planned"

    def delete(
        self, snapshots: Sequence[Decision], versions: Sequence[_StaleVersion]
    ) -> list[Result]:
        """Delete distributions, then publications and versions."""
        server, limit = self.server, self.server.write_concurrency()
        work = [(_snapshot_result(one), one.snapshot.listed) for one in snapshots]
        results = run_all(work, self._delete_distribution, limit, server.report)
        stale = [(one.result(), one) for one in versions]
        return results + run_all(stale, self._delete_version, limit, server.report)

    def _delete_distribution(self, planned: ListedDistribution, result: Result) -> None:
        """Delete a distribution, unless it has changed since the plan."""
        self._stop_if_interrupted()
        if self.deletes:
            kind = CONTENT_TYPES[planned.content_type].distribution
            current = self._state(kind.endpoint, planned)
            if current is None:
                return  # another run deleted it
            if current != (planned.base_path, planned.guard, planned.source):
                result.action = "skipped"
                result.more["kept"] = "it was changed while this run was planned"
                return
            self.server.delete(planned.href, result.name)
        self._record(result, {"distribution": planned.name})

    def _state(self, endpoint: str, planned: ListedDistribution) -> tuple[str, str, str] | None:
        """Return base path, guard and source of a distribution as they are now, None if it is
        deleted or has another name. Pins name distributions by name and base path."""
        client = self.server.client
        sources = "publication,repository,repository_version,remote"
        fields = f"pulp_href,base_path,content_guard,{sources}"
        found = client.list(endpoint, {"name": planned.name, "fields": fields})
        entry = next((one for one in found if one["pulp_href"] == planned.href), None)
        if entry is None:
            return None
        guard = entry["content_guard"] or ""
        guard = read_all_guards(self.server).names.get(guard, guard)
        return entry["base_path"], guard, entry.get(planned.serves) or ""

    def find_stale(
        self, repositories: Sequence[PackageRepository], used: Iterable[str]
    ) -> list[_StaleVersion]:
        """Return the stale versions of all these repositories, the oldest first."""
        used = {*used, *self.restorable}
        stale = []
        for type_name, content_type in CONTENT_TYPES.items():
            names = [one.name for one in repositories if one.content_type == type_name]
            kind = content_type.repository
            found = read_by_key(self.server.client, kind, names)
            for name, entry in found.items():
                versions = _read_versions(self.server, content_type, entry["pulp_href"])
                planned = plan_versions(versions, used, self.rules)
                stale += [_StaleVersion(content_type, name, one) for one in planned]
        return sorted(stale, key=lambda one: one.version.age, reverse=True)

    def _delete_version(self, planned: _StaleVersion, result: Result) -> None:
        """Delete the publications of a version and the version, unless it is in use by now."""
        self._stop_if_interrupted()
        version, content_type = planned.version, planned.content_type
        if self.deletes:
            for href in (*version.publications, version.href):
                if not self._is_stale(content_type, version):
                    result.action = "skipped"
                    result.more["kept"] = "it is in use, or was deleted meanwhile"
                    return
                self.server.delete(href, result.name)
        before = {"version": version.number, "publications": len(version.publications)}
        self._record(result, before)

    def _is_stale(self, content_type: ContentType, version: RepositoryVersion) -> bool:
        """Read everything that may use a version again, and return whether nothing does."""
        repository = version.href.partition("versions/")[0]
        versions = _read_versions(self.server, content_type, repository)
        used = {*read_usage(self.server.client, content_type).users, *self.restorable}
        return any(
            one.href == version.href and {*one.publications} <= {*version.publications}
            for one in plan_versions(versions, used, self.rules)
        )

    def clean_orphans(self) -> Result:
        """Delete content that is in no repository version, as Pulp's settings permit."""
        result = Result("orphaned content", "orphans")

        def clean(_item: None, own: Result) -> None:
            self._stop_if_interrupted()
            if not self.deletes:
                own.action = own.action if self.confirmed else "planned"
                return
            path = "orphans/cleanup/"
            task = self.server.write(lambda: self.server.client.post(path, {}), own.name)
            progress = (task or {}).get("progress_reports") or []
            done = sum(one.get("done") or 0 for one in progress)
            if done:
                own.add_change("deleted", {"objects": done}, {"objects": 0})

        return run_all([(result, None)], clean, 1, self.server.report)[0]


def _read_versions(
    server: Server, content_type: ContentType, repository: str
) -> list[RepositoryVersion]:
    """Return all versions of a repository (href) with their publications."""
    client = server.client
    publications: dict[str, list[Mapping[str, Any]]] = {}
    for kind in content_type.publication_kinds:
        query = {"repository": repository, "fields": "pulp_href,repository_version,pulp_created"}
        for one in client.list(kind.endpoint, query):
            publications.setdefault(one["repository_version"], []).append(one)
    versions = []
    for entry in client.list(f"{repository}versions/", {"fields": "pulp_href,pulp_created"}):
        own = publications.get(entry["pulp_href"], [])
        age = min(_age(stamp_of_pulp_time(one["pulp_created"])) for one in (entry, *own))
        hrefs = tuple(one["pulp_href"] for one in own)
        number = version_number(entry["pulp_href"])
        versions.append(RepositoryVersion(entry["pulp_href"], number, age, hrefs))
    return versions


def _lines(
    chosen: Sequence[Decision], versions: Sequence[_StaleVersion], kept: Sequence[Decision]
) -> list[str]:
    """Return the plan: what is deleted, and what is kept by reason."""
    lines = [f"To delete: {len(chosen)} snapshots"]
    for decision in chosen:
        one = decision.snapshot
        packages = "" if one.listed.packages is None else f", {one.listed.packages} packages"
        lines.append(f"  {one.short_name}  {one.stamp}  {one.age:.0f} days old{packages}")
    publications = sum(len(one.version.publications) for one in versions)
    lines.append(
        f"To delete: {len(versions)} repository versions with {publications} publications "
        "that no distribution serves then"
    )
    lines += [f"  {one.repository}, version {one.version.number}" for one in versions]
    reasons: dict[str, list[str]] = {}
    for decision in kept:
        name = f"{decision.snapshot.short_name} {decision.snapshot.stamp}"
        reasons.setdefault(decision.kept, []).append(name)
    lines.append(f"To keep: {len(kept)} snapshots")
    for reason, names in sorted(reasons.items()):
        rest = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
        lines.append(f"  {len(names)}: {reason}: {', '.join(names[:_MAX_NAMES])}{rest}")
    return lines
