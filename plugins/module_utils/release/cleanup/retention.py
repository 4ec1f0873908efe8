# SPDX-License-Identifier: Apache-2.0
"""Decides which snapshots and repository versions are kept, and why. Reads and writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ...objects.listing import ListedDistribution
from ..listing import NO_GUARD


@dataclass(frozen=True)
class Retention:
    """The rules. `guard`: content guard of snapshots that are not released; `keep_last`: number of
    newest snapshots that are kept of each repository; `min_age`: in days."""

    guard: str
    keep_last: int
    min_age: float


@dataclass(frozen=True)
class Snapshot:
    """A snapshot with the short name of its repository, its age in days, and the names of what pins
    it. `repository` is the name of the repository, since an active and a deprecated one can have one
    short name."""

    listed: ListedDistribution
    short_name: str
    stamp: str
    age: float
    pinned_by: Sequence[str] = ()
    repository: str = ""


@dataclass(frozen=True)
class RepositoryVersion:
    """A repository version and its publications (hrefs).

    `age`: in days, of the newest of them.
    """

    href: str
    number: int
    age: float
    publications: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """`kept`: why a snapshot is kept; empty if it can be deleted."""

    snapshot: Snapshot
    kept: str = ""


def plan_snapshots(
    snapshots: Sequence[Snapshot], served: Iterable[ListedDistribution], rules: Retention
) -> list[Decision]:
    """Decide for each snapshot, in their order.

    `served`: all distributions, those of the snapshots included. A snapshot is also kept if a
    distribution that is kept serves the same content, such as a channel.
    """
    newest = _newest(snapshots, rules.keep_last)
    reasons = {one.listed.href: _own_reason(one, newest, rules) for one in snapshots}
    latest = _latest_versions(snapshots)
    shared: dict[str, str] = {}
    for one in served:
        if reasons.get(one.href, "kept"):
            for content in _contents(one, latest):
                shared.setdefault(content, one.name)
    decisions = []
    for snapshot in snapshots:
        reason = reasons[snapshot.listed.href]
        users = (shared[key] for key in _contents(snapshot.listed, {}) if key in shared)
        user = "" if reason else next(users, "")
        decisions.append(
            Decision(snapshot, f"distribution '{user}' serves the same content" if user else reason)
        )
    return decisions


def plan_versions(
    versions: Sequence[RepositoryVersion], used: Collection[str], rules: Retention
) -> list[RepositoryVersion]:
    """Return the stale versions of one repository, the oldest first.

    `used`: hrefs of all publications and versions that distributions serve. The latest version and
    the newest published one are never stale: a distribution of the repository serves the latter.
    """
    published = [one.number for one in versions if one.publications]
    newest = {max((one.number for one in versions), default=0), max(published, default=0), 0}
    stale = [
        one
        for one in versions
        if one.number not in newest
        and one.age >= rules.min_age
        and not any(href in used for href in (one.href, *one.publications))
    ]
    return sorted(stale, key=lambda one: one.number)


def _own_reason(snapshot: Snapshot, newest: Collection[str], rules: Retention) -> str:
    guard = snapshot.listed.guard or NO_GUARD
    if snapshot.pinned_by:
        return f"pinned by {', '.join(snapshot.pinned_by)}"
    if guard != rules.guard:
        return "no content guard" if guard == NO_GUARD else f"content guard '{guard}'"
    if snapshot.listed.href in newest:
        return f"one of the {rules.keep_last} newest of its repository"
    if snapshot.age < rules.min_age:
        return f"younger than {rules.min_age:g} days"
    return ""


def _newest(snapshots: Iterable[Snapshot], number: int) -> set[str]:
    """Return the hrefs of the newest snapshots of each repository."""
    series: dict[tuple[str, str, str], list[Snapshot]] = {}
    for one in snapshots:
        key = one.listed.content_type, one.short_name, one.repository
        series.setdefault(key, []).append(one)
    ordered = (sorted(each, key=lambda one: one.stamp, reverse=True) for each in series.values())
    return {one.listed.href for each in ordered for one in each[:number]}


def _latest_versions(snapshots: Iterable[Snapshot]) -> dict[str, ListedDistribution]:
    """Return repository (href) -> the snapshot of its latest version that has one."""
    latest: dict[str, ListedDistribution] = {}
    for one in (snapshot.listed for snapshot in snapshots):
        repository = one.version_href.partition("versions/")[0]
        known = latest.get(repository)
        if repository and (known is None or (one.version or 0) > (known.version or 0)):
            latest[repository] = one
    return latest


def _contents(one: ListedDistribution, latest: dict[str, ListedDistribution]) -> tuple[str, ...]:
    """Return hrefs of the publication and the version that a distribution serves.

    A distribution of a repository serves its newest publication; `latest` has the candidate.
    """
    if one.serves == "repository" and one.source in latest:
        one = latest[one.source]
    return tuple(href for href in (one.source, one.version_href) if href)
