# SPDX-License-Identifier: Apache-2.0
"""What a Pulp serves, seen by those who release: which package repository of the inventory a
distribution belongs to, how old its content is, and who pins it. Writes nothing."""

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

# What to give as `guard` for distributions that everybody may read.
NO_GUARD = "none"

_DAY = 24 * 60 * 60
_STAMP_LENGTH = 15
_SHOWN = 10
_HEADER = (
    *("TYPE", "NAME", "BASE PATH", "GUARD", "REPOSITORY", "VERSION", "PACKAGES", "DAYS"),
    "PINNED BY",
)


class Inventory:
    """Package repositories by what their snapshots are called."""

    def __init__(self, repositories: Iterable[PackageRepository]) -> None:
        self.repositories = list(repositories)
        self._short_names = {one.short_name for one in self.repositories}
        self._by_name: dict[tuple[str, str], PackageRepository] = {}
        self._by_path: dict[tuple[str, str], PackageRepository] = {}
        for one in self.repositories:
            self._by_name.setdefault((one.content_type, one.distribution_name), one)
            self._by_path.setdefault((one.content_type, one.base_path), one)

    def owner(self, listed: ListedDistribution) -> PackageRepository | None:
        """The repository below whose path a distribution is, or whose snapshot it is by name.

        A mirror may call snapshots otherwise; their path is the same everywhere.
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
        """{label: {short name: stamp}} -> the labels by (short name, stamp), and warnings.

        Raises PinError, naming the label, for what is no stamp.
        """
        labels: dict[tuple[str, str], list[str]] = {}
        warnings = []
        for label, stamps in pins.items():
            if not isinstance(stamps, Mapping):
                raise PinError(f"pins of '{label}': expected short names with their stamps")
            try:
                check_stamps(stamps)
            except PinError as error:
                raise PinError(f"pins of '{label}': {error}") from error
            unknown = sorted(name for name in stamps if name not in self._short_names)
            if unknown:
                more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
                names = ", ".join(unknown[:_SHOWN])
                warnings.append(f"pins of '{label}': no package repository is called {names}{more}")
            for short_name, stamp in stamps.items():
                labels.setdefault((short_name, stamp), []).append(label)
        return labels, warnings


@dataclass(frozen=True)
class _Row:
    """A distribution with what the inventory knows of it; selectable as repositories are, by its
    own name where it belongs to none."""

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
        """The shape that module distribution_list documents."""
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
    """The whole of module distribution_list: no results, but `distributions`, and them as lines.

    The report has them as items."""
    active, deprecated = read_lists(params)
    warnings = [*active.warnings, *deprecated.warnings]
    warnings += [str(error) for error in (*active.errors, *deprecated.errors)]
    inventory = Inventory([*active.repositories, *deprecated.repositories])
    labels, unknown = inventory.labels(params["pins"] or {})
    guards = read_all_guards(server)
    _check_guard(params["guard"], guards)
    rows = [_row(one, inventory, labels) for one in list_distributions(server, guards)]
    chosen, unmatched = _chosen(rows, inventory.repositories, params)
    for warning in (*warnings, *unknown, *unmatched):
        server.report.warn(warning)
    read_served(server, [row.listed for row in chosen])
    shown = [row.as_dict() for row in chosen]
    server.report.finish_all(map(_item, shown))
    return [], {
        "distributions": shown,
        "lines": text_table(_HEADER, map(_cells, shown)),
        "selected": f"selected {len(shown)} of {len(rows)}",
    }


def _check_guard(guard: str | None, guards: Guards) -> None:
    known = [*guards.hrefs, PRIVATE, NO_GUARD]
    if guard and guard not in known:
        near = closest_names(guard, known) or sorted(known)
        raise InvalidItem(f"there is no content guard '{guard}', but {', '.join(near)}")


def _row(
    listed: ListedDistribution, inventory: Inventory, labels: Mapping[tuple[str, str], list[str]]
) -> _Row:
    owner, stamp = inventory.owner(listed), ""
    if owner:
        end = listed.base_path.rpartition("/")[2]
        stamp = end if is_stamp(end) else stamp_of(listed.name, owner.distribution_name) or ""
    made = parse_stamp(stamp or stamp_of_pulp_time(listed.created))
    days = (time.time() - made.timestamp()) / _DAY
    pinned_by = labels.get((owner.short_name, stamp), []) if owner else []
    return _Row(listed, owner, stamp, days, pinned_by)


def _chosen(
    rows: Sequence[_Row], repositories: Sequence[PackageRepository], params: Mapping[str, Any]
) -> tuple[list[_Row], list[str]]:
    """Those rows that all filters let through, and warnings.

    What only `repositories` have is no mistake: this Pulp may serve nothing of them.
    """
    everything: list[_Row | PackageRepository] = [*rows, *repositories]
    named = select_by_name(
        everything, lambda one: one.short_name, params["package_filter"], "package_filter"
    )
    filters = Filters(params["rpm_filter"], params["deb_filter"], sync_group=params["sync_group"])
    rest = select_repositories(named.selected, filters)
    guard, older_than = params["guard"], params["older_than"]
    chosen = [
        row
        for row in rest.selected
        if isinstance(row, _Row)
        and (not guard or row.guard == guard)
        and (older_than is None or row.days > older_than)
    ]
    return chosen, [*named.warnings, *rest.warnings]


def _item(shown: Mapping[str, Any]) -> Result:
    more = {key: value for key, value in shown.items() if key not in ("name", "type")}
    return Result(shown["name"], shown["type"], more=more)


def _cells(shown: Mapping[str, Any]) -> tuple[object, ...]:
    serves, version = shown["serves"], shown["version"]
    return (
        *(shown[key] for key in ("type", "name", "base_path", "content_guard")),
        shown["repository"] or ("serves nothing" if serves == "nothing" else serves),
        "latest" if version is None and serves == "repository" else version,
        *(shown[key] for key in ("packages", "days")),
        ", ".join(shown["pinned_by"]),
    )
