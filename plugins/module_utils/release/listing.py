# SPDX-License-Identifier: Apache-2.0
"""List the distributions of a Pulp with the package repository of the inventory that each belongs
to, the age of its content, and the configurations that pin it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..inventory.pins import PinError, check_stamps
from ..inventory.repositories import PackageRepository
from ..inventory.selection import Filters, closest_names, select_by_name, select_repositories
from ..inventory.stamp import is_stamp, parse_stamp, stamp_of, stamp_of_pulp_time
from ..objects.distribution import Guards
from ..objects.listing import (
    PRIVATE,
    ListedDistribution,
    list_distributions,
    read_all_guards,
    read_served,
)
from ..pulp.errors import InvalidItem
from ..pulp.server import Server
from ..report.report import Result
from ..text import text_table
from .options import read_lists

# The value of `guard` that selects distributions without a content guard.
NO_GUARD = "none"

_DAY = 24 * 60 * 60
_STAMP_LENGTH = 15
_MAX_NAMES = 10
_HEADER = ("TYPE", "NAME", "GUARD", "VERSION", "PACKAGES", "DAYS", "PINNED BY")
# The table fits this number of columns; names are cut in the middle, because they end in a stamp.
_MAX_WIDTH = 100
_MIN_NAME_WIDTH = 34
_MAX_GUARD_WIDTH = 16
_MIN_LABELS_WIDTH = 10


class Inventory:
    """Package repositories by the names and paths of their snapshots."""

    def __init__(self, repositories: Iterable[PackageRepository]) -> None:
        self.repositories = list(repositories)
        self._short_names = {one.short_name for one in self.repositories}
        self._by_name: dict[tuple[str, str], PackageRepository] = {}
        self._by_path: dict[tuple[str, str], PackageRepository] = {}
        for one in self.repositories:
            self._by_name.setdefault((one.content_type, one.distribution_name), one)
            self._by_path.setdefault((one.content_type, one.base_path), one)

    def owner(self, listed: ListedDistribution) -> PackageRepository | None:
        """Return the repository that a distribution belongs to by its path, else by its name.

        A mirror can use other names for snapshots, but their paths are the same on every Pulp.
        """
        directory = listed.base_path.rpartition("/")[0] + "/"
        owner = self._by_path.get((listed.content_type, directory))
        prefix = listed.name[:-_STAMP_LENGTH]
        if owner is None and stamp_of(listed.name, prefix):
            owner = self._by_name.get((listed.content_type, prefix))
        return owner

    def labels(
        self, pins: Mapping[str, Mapping[str, Any]]
    ) -> tuple[dict[tuple[str, str], list[str]], list[str]]:
        """Return the labels by (short name, stamp) of {label: {short name: stamp}}, and warnings: one
        for all pins that no repository has.

        Raises PinError, naming the label, for invalid pins.
        """
        labels: dict[tuple[str, str], list[str]] = {}
        unknown: set[str] = set()
        unknown_of = []
        for label, stamps in pins.items():
            if not isinstance(stamps, Mapping):
                raise PinError(f"pins of '{label}': expected a mapping of short names to stamps")
            try:
                check_stamps(stamps)
            except PinError as error:
                raise PinError(f"pins of '{label}': {error}") from error
            if not self._short_names.issuperset(stamps):
                unknown |= set(stamps) - self._short_names
                unknown_of.append(f"'{label}'")
            for short_name, stamp in stamps.items():
                labels.setdefault((short_name, stamp), []).append(label)
        if not unknown:
            return labels, []
        rest = f" and {len(unknown) - _MAX_NAMES} more" if len(unknown) > _MAX_NAMES else ""
        names = ", ".join(sorted(unknown)[:_MAX_NAMES])
        warning = f"no package repository has the short name {names}{rest}"
        return labels, [f"pins of {', '.join(unknown_of)}: {warning}"]


@dataclass(frozen=True)
class _Row:
    """A distribution with its package repository and its pins.

    It is selected like a repository, by its own name if it belongs to none.
    """

    listed: ListedDistribution
    owner: PackageRepository | None
    stamp: str
    days: float
    pinned_by: Sequence[str]

    @property
    def content_type(self) -> str:
        return self.listed.content_type

    @property
    def short_name(self) -> str:
        return self.owner.short_name if self.owner else self.listed.name

    @property
    def sync_group(self) -> str:
        return self.owner.sync_group if self.owner else ""

    @property
    def guard(self) -> str:
        return self.listed.guard or NO_GUARD

    def as_dict(self) -> dict[str, Any]:
        """Return the entry that module distribution_list documents."""
        one = self.listed
        return {
            "type": one.content_type,
            "name": one.name,
            "base_path": one.base_path,
            "content_guard": one.guard or None,
            "serves": one.serves,
            "repository": one.repository,
            "version": one.version,
            "packages": one.packages,
            "created": one.created,
            "days": math.floor(self.days),
            "short_name": self.owner.short_name if self.owner else None,
            "stamp": self.stamp or None,
            "pinned_by": list(self.pinned_by),
        }


def show_distributions(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """Carry out module distribution_list: no results, but `distributions`, and a table of them.

    Each distribution is an item of the report.
    """
    active, deprecated = read_lists(params)
    warnings = [*active.warnings, *deprecated.warnings]
    warnings += [str(error) for error in (*active.errors, *deprecated.errors)]
    inventory = Inventory([*active.repositories, *deprecated.repositories])
    labels, unknown = inventory.labels(params["pins"] or {})
    guards = read_all_guards(server)
    _validate_guard(params["guard"], guards)
    rows = [_row(one, inventory, labels) for one in list_distributions(server, guards)]
    selected, unmatched = _select(rows, inventory.repositories, params)
    for warning in (*warnings, *unknown, *unmatched):
        server.report.warn(warning)
    read_served(server, [row.listed for row in selected])
    entries = [row.as_dict() for row in selected]
    server.report.finish_all(map(_result, entries))
    return [], {
        "distributions": entries,
        "lines": _table(entries),
        "selected": f"selected {len(entries)} of {len(rows)}",
    }


def _validate_guard(guard: str | None, guards: Guards) -> None:
    known = [*guards.hrefs, PRIVATE, NO_GUARD]
    if guard and guard not in known:
        near = closest_names(guard, known)
        hint = f"nearest: {', '.join(near)}" if near else f"expected {', '.join(sorted(known))}"
        raise InvalidItem(f"there is no content guard '{guard}', {hint}")


def _row(
    listed: ListedDistribution, inventory: Inventory, labels: Mapping[tuple[str, str], list[str]]
) -> _Row:
    owner, stamp = inventory.owner(listed), ""
    if owner:
        end = listed.base_path.rpartition("/")[2]
        stamp = end if is_stamp(end) else stamp_of(listed.name, owner.distribution_name) or ""
    created = parse_stamp(stamp or stamp_of_pulp_time(listed.created))
    days = (time.time() - created.timestamp()) / _DAY
    pinned_by = labels.get((owner.short_name, stamp), []) if owner else []
    return _Row(listed, owner, stamp, days, pinned_by)


def _select(
    rows: Sequence[_Row], repositories: Sequence[PackageRepository], params: Mapping[str, Any]
) -> tuple[list[_Row], list[str]]:
    """Return the rows that all filters select, and warnings.

    Filters may also match `repositories` of which this Pulp serves nothing.
    """
    candidates: list[_Row | PackageRepository] = [*rows, *repositories]
    named = select_by_name(
        candidates, lambda one: one.short_name, params["package_filter"], "package_filter"
    )
    filters = Filters(params["rpm_filter"], params["deb_filter"], sync_group=params["sync_group"])
    rest = select_repositories(named.selected, filters)
    guard, older_than = params["guard"], params["older_than"]
    selected = [
        row
        for row in rest.selected
        if isinstance(row, _Row)
        and (not guard or row.guard == guard)
        and (older_than is None or row.days > older_than)
    ]
    return selected, [*named.warnings, *rest.warnings]


def _result(entry: Mapping[str, Any]) -> Result:
    more = {key: value for key, value in entry.items() if key not in ("name", "type")}
    return Result(entry["name"], entry["type"], more=more)


def _table(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a table of at most _MAX_WIDTH columns, without base paths and repositories.

    Names are shortened if necessary, then the labels of configurations.
    """
    rows = [_cells(entry) for entry in entries]
    for place, shortest in ((1, _MIN_NAME_WIDTH), (-1, _MIN_LABELS_WIDTH)):
        excess = max(map(len, text_table(_HEADER, rows))) - _MAX_WIDTH
        if excess > 0:
            longest = max(len(row[place]) for row in rows)
            width = max(shortest, longest - excess)
            rows = [(*row[:place], _cut(row[place], width), *row[place:][1:]) for row in rows]
    return text_table(_HEADER, rows)


def _cells(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    serves, version = entry["serves"], entry["version"]
    if version is None:
        version = {"repository": "latest", "publication": None}.get(serves, serves)
    return (
        *(entry[key] for key in ("type", "name")),
        _cut(entry["content_guard"] or "", _MAX_GUARD_WIDTH),
        version,
        *(entry[key] for key in ("packages", "days")),
        ", ".join(entry["pinned_by"]),
    )


def _cut(text: str, width: int) -> str:
    """Return a text of at most this width, cut in its middle."""
    if len(text) <= width:
        return text
    end = min(_STAMP_LENGTH + 1, width // 2)
    return f"{text[: width - end - 1]}…{text[-end:]}"
