# SPDX-License-Identifier: Apache-2.0
"""Which packages differ between two snapshots, as results and their report show it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...pulp.errors import PulpError
from ...pulp.pool import for_each
from ...pulp.server import Server
from ...pulp.types import CONTENT_TYPES
from ...report.report import Result
from ..changes import package_count, read_changes
from ..newest import served_versions
from .lists import NOTABLE, Changes, describe_changes, list_packages, notable_pattern


@dataclass(frozen=True)
class SnapshotPair:
    """Two snapshots of a repository: the publications (hrefs), and `previous`, the stamp before."""

    result: Result
    before: str
    after: str
    previous: str


def compare_snapshots(
    server: Server, pairs: Sequence[SnapshotPair], notable: re.Pattern[str] | None = None
) -> None:
    """Add to results which packages differ, full lists to the report; failing that, warn."""
    pattern = notable or notable_pattern(NOTABLE)
    versions: dict[str, str] = {}
    pairs = [pair for pair in pairs if CONTENT_TYPES[pair.result.type].packages]
    for name, content_type in CONTENT_TYPES.items():
        of_type = [pair for pair in pairs if pair.result.type == name]
        hrefs = [href for pair in of_type for href in (pair.before, pair.after)]
        versions.update(served_versions(server, content_type, hrefs))

    def compare(pair: SnapshotPair) -> None:
        before, after = versions.get(pair.before), versions.get(pair.after)
        if not before or not after:
            raise PulpError("a publication does not exist")
        _compare(server, pair, (before, after), pattern)

    errors = for_each(pairs, compare, server.write_concurrency())
    for pair, error in zip(pairs, errors):
        if error:
            server.report.warn(
                f"{pair.result.name}: cannot read which packages changed: {error}",
                "cannot read which packages changed",
            )


def _compare(
    server: Server, pair: SnapshotPair, versions: tuple[str, str], notable: re.Pattern[str]
) -> None:
    result, content_type = pair.result, CONTENT_TYPES[pair.result.type]
    changes = read_changes(server.client, content_type, *versions)
    if changes is not None:
        add_changes(result, changes, notable)
        result.more["difference"] = f"{_numbers(result.more)} since {pair.previous}"
        return
    before, after = (package_count(server.client, content_type, one) for one in versions)
    result.more["difference"] = (
        f"{before} -> {after} packages since {pair.previous}, too many changes to list"
    )


def add_changes(result: Result, changes: Changes, notable: re.Pattern[str]) -> None:
    """Add changes to a result: numbers and notable packages, and full lists to its report."""
    if not result.more.get("packages_added") and not result.more.get("packages_removed"):
        # Else they are those of the sync of this run.
        result.more["packages_added"] = len(changes.added)
        result.more["packages_removed"] = len(changes.removed)
    result.more.update(describe_changes(changes, notable))
    result.reported["changes"] = list_packages(changes).as_dict()


def _numbers(more: Mapping[str, Any]) -> str:
    """`+12 -3, 9 upgraded`."""
    if not more["packages_added"] and not more["packages_removed"]:
        return "no package changed"
    parts = [f"+{more['packages_added']} -{more['packages_removed']}"]
    parts += [
        f"{more[f'packages_{what}']} {what}"
        for what in ("upgraded", "downgraded")
        if more.get(f"packages_{what}")
    ]
    return ", ".join(parts)


def difference_text(more: Mapping[str, Any]) -> str:
    """`+12 -3, 9 upgraded since 20261101T000000: kernel 5.14-1 -> 5.14-2`, empty without one."""
    notable = ", ".join(more.get("notable") or [])
    return ": ".join(filter(None, [more.get("difference"), notable]))
