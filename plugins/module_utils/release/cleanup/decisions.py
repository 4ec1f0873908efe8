# SPDX-License-Identifier: Apache-2.0
"""Reads the snapshots of a server and what pins them, and decides which are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...inventory.repositories import PackageRepository
from ...inventory.selection import Filters, select_repositories
from ...inventory.stamp import is_stamp, stamp_of, stamp_of_pulp_time
from ...objects.listing import (
    ListedDistribution,
    list_distributions,
    read_all_guards,
    read_served,
)
from ...pulp.errors import InvalidItem
from ...pulp.server import Server
from ..listing import NO_GUARD, Inventory
from ..options import read_lists
from ..promotion_history import PROMOTION_LABEL, Promotion
from .retention import Decision, Retention, Scope, Snapshot, age_of, plan_snapshots

_STAMP_LENGTH = 15
_FILE = "file"
_FILTERS = ("rpm_filter", "deb_filter", "package_filter", "sync_group")


@dataclass(frozen=True)
class Wanted:
    """What a cleanup is for: all package repositories, and the `selected` ones; what pins each (short
    name, stamp); the rules; and what else it looks at. `is_filtered`: whether package
    repositories are selected, so that disk images and channels are left alone."""

    inventory: Inventory
    selected: Sequence[PackageRepository]
    labels: Mapping[tuple[str, str], list[str]]
    rules: Retention
    scope: Scope
    is_filtered: bool = False


@dataclass(frozen=True)
class Found:
    """What a server has: `decisions` on snapshots, and all distributions, `served`."""

    decisions: Sequence[Decision]
    served: Sequence[ListedDistribution]

    def repositories(self, content_type: str, with_channels: bool) -> set[str]:
        """Return the names of the repositories of a type that have snapshots, or a channel."""
        names = self.with_snapshots(content_type)
        if with_channels:
            names |= {
                one.repository
                for one in self.served
                if one.content_type == content_type
                and one.repository
                and PROMOTION_LABEL in one.labels
            }
        return names

    def with_snapshots(self, content_type: str) -> set[str]:
        """Return the names of the repositories of a type that have snapshots."""
        listed = (one.snapshot.listed for one in self.decisions)
        return {
            one.repository for one in listed if one.content_type == content_type and one.repository
        }


def read_wanted(
    server: Server, params: Mapping[str, Any], rules: Retention, scope: Scope, hint: str
) -> Wanted:
    """Read the options. Raises InvalidItem for pins that are wrong; `hint` names the option that
    allows them."""
    inventory, selected = _read_inventory(server, params, scope)
    labels = _read_labels(server, inventory, params, hint)
    is_filtered = any(params.get(name) for name in _FILTERS)
    return Wanted(inventory, selected, labels, rules, scope, is_filtered)


def _read_labels(
    server: Server, inventory: Inventory, params: Mapping[str, Any], hint: str
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
            f"leave them out{hint}"
        )
    return labels


def _read_inventory(
    server: Server, params: Mapping[str, Any], scope: Scope
) -> tuple[Inventory, list[PackageRepository]]:
    """Return all package repositories, and the selected ones."""
    active, deprecated = read_lists(params)
    for text in (*active.warnings, *deprecated.warnings, *active.errors, *deprecated.errors):
        server.report.warn(str(text))
    repositories = [*active.repositories, *deprecated.repositories]
    known = {(one.content_type, one.base_path) for one in repositories}
    repositories += [
        one for one in scope.repositories if (one.content_type, one.base_path) not in known
    ]
    if not repositories and not scope.is_whole:
        raise InvalidItem(
            "there is no package repository: define rpm_package_repos or deb_package_repos"
        )
    filters = Filters(*(params.get(name) for name in _FILTERS))
    selection = select_repositories(repositories, filters)
    for warning in selection.warnings:
        server.report.warn(warning)
    return Inventory(repositories), selection.selected


def decide(server: Server, wanted: Wanted) -> Found:
    """Return a decision for each snapshot of the selected repositories, and all distributions."""
    guards, rules, scope = read_all_guards(server), wanted.rules, wanted.scope
    if rules.guard not in (*guards.hrefs, NO_GUARD):
        if not scope.is_whole:
            raise InvalidItem(f"there is no content guard '{rules.guard}'")
        server.report.warn(
            f"there is no content guard '{rules.guard}', so that all snapshots are kept. Where they "
            f"have no content guard, as on a client, set content_guard to {NO_GUARD}"
        )
    served = list_distributions(server, guards)
    if not scope.is_whole:
        types = {one.content_type for one in wanted.inventory.repositories}
        served = [one for one in served if one.content_type in types]
    read_served(server, served)
    pinned = _pinned(wanted.inventory.repositories, wanted.labels)
    snapshots = []
    for one in served:
        short_name, stamp, repository = _snapshot_of(one, wanted)
        if stamp:
            by = {
                *_labels_of(one, pinned),
                *wanted.labels.get((short_name, stamp), []),
                *scope.paths.get((one.content_type, one.base_path), []),
                *scope.paths.get((one.content_type, one.name), []),
            }
            age = age_of(stamp_of_pulp_time(one.created))
            if is_stamp(stamp[-_STAMP_LENGTH:]):
                age = min(age, age_of(stamp[-_STAMP_LENGTH:]))
            snapshots.append(Snapshot(one, short_name, stamp, age, sorted(by), repository))
    return Found(plan_snapshots(snapshots, served, rules), served)


def _snapshot_of(one: ListedDistribution, wanted: Wanted) -> tuple[str, str, str]:
    """Return short name, stamp and name of the repository of a snapshot that is cleaned up; empty
    stamps for others."""
    owner = wanted.inventory.owner(one)
    if owner is not None:
        is_selected = any(owner is selected for selected in wanted.selected)
        name = owner.name or one.repository or ""
        return owner.short_name, _stamp(one, owner) if is_selected else "", name
    is_whole = wanted.scope.is_whole and not wanted.is_filtered
    if is_whole and one.content_type == _FILE and one.repository:
        prefix = f"{one.repository}_"
        version = one.name[len(prefix) :] if one.name.startswith(prefix) else ""
        # A version without a stamp, such as `latest`, has no age.
        is_snapshot = is_stamp(version[-_STAMP_LENGTH:])
        if is_snapshot and one.base_path.rpartition("/")[2] == version:
            return one.repository, version, one.repository
    return "", "", ""


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


def restorable(served: Iterable[ListedDistribution]) -> dict[str, str]:
    """Return the publications (hrefs) that a rollback of channels restores, with the reason."""
    found = {}
    for one in served:
        promotion = Promotion.from_distribution({"pulp_labels": one.labels})
        if promotion and promotion.before and one.serves == "publication":
            href = f"{one.source.rstrip('/').rpartition('/')[0]}/{promotion.before}/"
            found[href] = f"a rollback of '{one.name}' restores it"
    return found
