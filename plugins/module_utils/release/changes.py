# SPDX-License-Identifier: Apache-2.0
"""Which packages differ between versions of a repository, and whether too many were removed.

Pulp keeps what each repository version added and removed. Between two versions of a large
repository only that is read, so that the cost depends on what changed and not on what there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..objects.sync import SyncOutcome
from ..pulp.reader import Reader, in_chunks, version_number
from ..pulp.server import Server
from ..pulp.types import ContentType
from .comparison.lists import Changes, Package
from .newest import SnapshotItem

# A change of more packages takes too long to read.
MAX_CHANGES = 10_000
# Two versions that have at most this number of packages in total are read completely.
_MAX_READ = 4000
# Of a comparison over more changed versions only the numbers of packages are read.
_MAX_STEPS = 50


@dataclass(frozen=True)
class _Step:
    """A repository version (href) that changed packages, and how many."""

    href: str
    added: int
    removed: int
    present: int


def package_count(reader: Reader, content_type: ContentType, version: str) -> int:
    """How many packages a repository version (href) has."""
    summary = reader.get(version, {"fields": "content_summary"})["content_summary"]
    return int(summary["present"].get(content_type.content_unit, {}).get("count", 0))


def read_changes(
    reader: Reader, content_type: ContentType, before: str, after: str
) -> Changes | None:
    """The packages that differ between two repository versions (hrefs), None if these are too many.

    `before` may be the later one.
    """
    first, last = version_number(before), version_number(after)
    repository = _repository(before)
    if repository != _repository(after):
        sizes = [package_count(reader, content_type, one) for one in (before, after)]
        return _read_both(reader, content_type, before, after) if sum(sizes) <= _MAX_READ else None
    if first == last:
        return Changes([], [], [], content_type.name)
    steps = _read_steps(reader, content_type, repository, sorted((first, last)))
    changed = [step for step in steps if step.added or step.removed]
    total = sum(step.added + step.removed for step in changed)
    # The packages of the later version, and as many as these or the changed ones in the other.
    present = 2 * steps[-1].present + total if steps else 0
    if len(changed) > 1 and present <= _MAX_READ:
        return _read_both(reader, content_type, before, after)
    if len(changed) > _MAX_STEPS or total > MAX_CHANGES:
        return None
    added, removed = _read_sum(reader, content_type, changed)
    if first > last:
        added, removed = removed, added
    earlier = _read_named(reader, content_type, before, {package.name for package in added})
    return Changes(added, removed, earlier, content_type.name)


def _repository(version: str) -> str:
    return version.rstrip("/").rpartition("versions/")[0]


def _read_steps(
    reader: Reader, content_type: ContentType, repository: str, numbers: Sequence[int]
) -> list[_Step]:
    """The versions after the first of two numbers, up to the second one."""
    entries = reader.list(
        f"{repository}versions/",
        {
            "number__range": f"{numbers[0] + 1},{numbers[1]}",
            "fields": "pulp_href,number,content_summary",
        },
    )

    def count(entry: Mapping[str, Any], what: str) -> int:
        found = entry["content_summary"].get(what) or {}
        return int(found.get(content_type.content_unit, {}).get("count", 0))

    return [
        _Step(entry["pulp_href"], *(count(entry, what) for what in ("added", "removed", "present")))
        for entry in sorted(entries, key=lambda entry: int(entry["number"]))
    ]


def _read_sum(
    reader: Reader, content_type: ContentType, steps: Sequence[_Step]
) -> tuple[list[Package], list[Package]]:
    """What versions that follow each other added and removed, without what later ones undid."""
    found: dict[str, Package] = {}
    first: dict[str, bool] = {}
    last: dict[str, bool] = {}
    for step in steps:
        for is_added, number, name in (
            (False, step.removed, "repository_version_removed"),
            (True, step.added, "repository_version_added"),
        ):
            packages = _read(reader, content_type, {name: step.href}) if number else []
            for package in packages:
                found[package.unit] = package
                first.setdefault(package.unit, is_added)
                last[package.unit] = is_added
    added, removed = (
        [found[unit] for unit in found if first[unit] is last[unit] is is_added]
        for is_added in (True, False)
    )
    return added, removed


def _read_both(reader: Reader, content_type: ContentType, before: str, after: str) -> Changes:
    old, new = (
        {package.unit: package for package in _read(reader, content_type, filters)}
        for filters in ({"repository_version": before}, {"repository_version": after})
    )
    added = [package for unit, package in new.items() if unit not in old]
    removed = [package for unit, package in old.items() if unit not in new]
    names = {package.name for package in added}
    earlier = [package for package in old.values() if package.name in names]
    return Changes(added, removed, earlier, content_type.name)


def _read_named(
    reader: Reader, content_type: ContentType, version: str, names: set[str]
) -> list[Package]:
    """The packages of a version (href) that have these names."""
    found: list[Package] = []
    for chunk in in_chunks(sorted(names)):
        filters = {f"{content_type.package_fields[0]}__in": ",".join(chunk)}
        found += _read(reader, content_type, {"repository_version": version, **filters})
    return found


def _read(reader: Reader, content_type: ContentType, filters: dict[str, Any]) -> list[Package]:
    name, arch, *version = content_type.package_fields
    fields = ",".join(("pulp_href", *content_type.package_fields))
    return [
        Package(
            entry[name],
            entry[arch],
            _package_version([str(entry[part] or "") for part in version]),
            entry["pulp_href"],
        )
        for entry in reader.list(content_type.packages, {**filters, "fields": fields})
    ]


def _package_version(parts: list[str]) -> str:
    """`1:2.3-4`, as rpm writes it: without an epoch of 0. Other types have one part."""
    if len(parts) < 3:
        return parts[0]
    epoch, version, release = parts
    return f"{epoch}:{version}-{release}" if epoch not in ("", "0") else f"{version}-{release}"


SHRUNK_LABEL = "release_train_shrunk"
"""On a distribution: how many packages the last snapshot had that was not flagged, 0 without one."""


@dataclass(frozen=True)
class PackageCounts:
    """How many packages the snapshot before has (0 without one), and the new one."""

    before: int
    after: int

    def has_shrunk(self, limit: float) -> bool:
        """Whether there are fewer packages now, by more than this percentage."""
        return self.before > 0 and (self.before - self.after) * 100 > limit * self.before

    @property
    def is_empty(self) -> bool:
        """Whether the new snapshot has no packages."""
        return self.after == 0


def count_packages(
    server: Server,
    item: SnapshotItem,
    guard: str | None,
    outcome: SyncOutcome | None = None,
) -> PackageCounts:
    """Compare the latest version with the newest snapshot.

    Where the newest snapshot is flagged itself, and still has the `guard` (href) of snapshots that
    are not released, its label counts: a broken upstream does not become normal after two runs.
    """
    reader, content_type, newest = server.client, item.content_type, item.newest
    if newest is None or not newest.version:
        counted = outcome.packages if outcome else None
        if counted is None:
            counted = package_count(reader, content_type, item.state.latest_version)
        return PackageCounts(0, counted)
    label = newest.labels.get(SHRUNK_LABEL, "")
    flagged = label.isdigit() and newest.guard == guard
    number = version_number(newest.version)
    if outcome and outcome.packages is not None and outcome.version_before == number:
        # The sync has counted them already.
        after = outcome.packages
        before = after - outcome.packages_added + outcome.packages_removed
    else:
        after = package_count(reader, content_type, item.state.latest_version)
        before = 0 if flagged else package_count(reader, content_type, newest.version)
    return PackageCounts(int(label) if flagged else before, after)
