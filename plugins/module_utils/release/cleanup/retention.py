# SPDX-License-Identifier: Apache-2.0
"""Decides which snapshots and repository versions are kept, and why. Reads and writes nothing."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ...inventory.repositories import PackageRepository
from ...inventory.stamp import parse_stamp
from ...objects.listing import ListedDistribution
from ..listing import NO_GUARD

_DAY = 24 * 60 * 60
_STAMP_LENGTH = 15


@dataclass(frozen=True)
class Retention:
    """The rules. `guard`: content guard of snapshots that are not released; `keep_last`: number of
    newest snapshots that are kept of each repository; `min_age`: in days."""

    guard: str
    keep_last: int
    min_age: float


@dataclass(frozen=True)
class Scope:
    """What a cleanup looks at beside the snapshots of the inventory, and what names its objects.

    `paths`: (content type, base path or name) of snapshots -> what names them. `repositories`: package
    repositories that may not be in the inventory. `is_whole`: whether disk images and the repositories
    of channels are cleaned up, too. `namespaces`: those of images whose tags are. `tags`: (image, tag)
    -> what names it; with "" as the image, a tag of any image or the stamp at its end. `digests`: image
    -> digest -> what names it.
    """

    paths: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    repositories: Sequence[PackageRepository] = ()
    is_whole: bool = False
    namespaces: Sequence[str] = ()
    tags: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    digests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def users_of_tag(self, image: str, tag: str) -> list[str]:
        """Return what names a tag of an image."""
        keys = ((image, tag), ("", tag), ("", tag[-_STAMP_LENGTH:]))
        return sorted({name for key in keys for name in self.tags.get(key, ())})


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
    versions: Sequence[RepositoryVersion],
    used: Mapping[str, str],
    rules: Retention,
    number: int = 1,
    is_replaced: bool = False,
) -> list[tuple[RepositoryVersion, str]]:
    """Return the versions of one repository, the oldest first, with the reason why each is kept;
    empty for a stale one.

    `used`: hrefs of all publications and versions that distributions serve -> the reason. The latest
    version and the newest `number` published ones are never stale: a distribution of the repository
    serves the newest. The first one is empty, and cannot be deleted. `is_replaced`: whether there will
    be a later version.
    """
    published = sorted((one.number for one in versions if one.publications), reverse=True)
    newest = set(published[: max(number, 1)])
    latest = max((one.number for one in versions), default=0)
    decided = []
    for one in sorted(versions, key=lambda one: one.number):
        reason = next((used[href] for href in (one.href, *one.publications) if href in used), "")
        if not one.number:
            reason = "the empty version of its repository"
        elif one.number == latest and not is_replaced:
            reason = "the latest version of its repository"
        elif reason:
            pass
        elif one.number in newest:
            reason = f"one of the {max(number, 1)} newest published versions of its repository"
        elif one.age < rules.min_age:
            reason = f"younger than {rules.min_age:g} days"
        decided.append((one, reason))
    return decided


def age_of(stamp: str) -> float:
    """Return the age of a stamp in days."""
    return (time.time() - parse_stamp(stamp).timestamp()) / _DAY


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
