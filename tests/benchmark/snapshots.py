# SPDX-License-Identifier: Apache-2.0
"""Rows 1 and 2: first snapshots of RPM repositories, and again with an unchanged upstream."""

from __future__ import annotations

import time

from .inventory import STAMP, Item, Upstreams
from .measure import Pair, Run, alternating, module, reference, script
from .one_object import OBJECTS
from .server import Server
from .table import Table

GUARD = "development"
COLUMNS = (
    "what",
    "ours, s",
    "bare script, s",
    "ratio",
    "requests per repository",
    "polls",
    "Pulp tasks",
    "all runs, s (ours; bare script)",
)


def compared(title: str) -> Table:
    """Return an empty table for our runs and those of the bare script."""
    return Table(title, COLUMNS)


def add(table: Table, what: str, pair: Pair, items: int, limit: float) -> None:
    """Add one row, ours first, and the target of the ratio."""
    sides = pair.medians
    table.add(
        what,
        *(f"{side.seconds:.2f}" for side in sides),
        f"{pair.ratio:.2f}",
        " / ".join(f"{side.traffic.requests / items:.1f}" for side in sides),
        " / ".join(str(side.traffic.polls) for side in sides),
        " / ".join(str(side.tasks) for side in sides),
        pair.times,
    )
    table.add_target(f"{what}, time by that of the bare script", pair.ratio, limit)


def warm_up(ark: Server, upstreams: Upstreams) -> None:
    """Do everything once without measuring: first requests of a server take longer."""
    items = upstreams.items(2)
    _snapshot(ark, items)
    reference(ark, "again", _job(items))


def first_snapshots(
    ark: Server, upstreams: Upstreams, count: int, repetitions: int, table: Table
) -> list[Item]:
    """Row 1. Returns the items of our last run, which exist on the server."""
    last: list[Item] = []

    def ours() -> Run:
        last[:] = upstreams.items(count)
        return _snapshot(ark, last)

    def theirs() -> Run:
        return reference(ark, "snapshot", _job(upstreams.items(count)))

    pair = alternating(ours, theirs, repetitions)
    what = f"first snapshot of {count}"
    add(table, what, pair, count, 1.10)
    _add_request_target(table, what, pair, count, 9)
    polls = max(run.traffic.polls / (run.seconds / 0.5) for run in pair.runs[0])
    table.add_target(f"{what}, polls per 0.5 s", polls, 1)
    return last


def unchanged(ark: Server, items: list[Item], repetitions: int, table: Table) -> None:
    """Row 2, with the repositories of row 1."""
    names = [item["name"] for item in items]
    made = ("publications/", "distributions/")
    before = [*map(ark.count, made), *ark.versions_of(names)]
    pair = alternating(
        lambda: _snapshot(ark, items), lambda: reference(ark, "again", _job(items)), repetitions
    )
    after = [*map(ark.count, made), *ark.versions_of(names)]
    what = f"same again, {len(items)} unchanged"
    add(table, what, pair, len(items), 1.25)
    _add_request_target(table, what, pair, len(items), 3)
    new = sum(one != other for one, other in zip(before, after))
    table.add_target(f"{what}, new versions, publications, distributions", new, 0)


def one_by_one(ark: Server, items: list[Item], table: Table) -> None:
    """Compare with row 1: a process for each object, one after the other."""
    job = {"url": ark.url, **ark.login, "stamp": STAMP, "guard": GUARD}
    size, tasks, began = ark.log_size(), ark.count("tasks/"), time.monotonic()
    for item in items:
        for kind in OBJECTS:
            script("one_object", {**job, "item": item}, kind)
    seconds = time.monotonic() - began
    traffic = ark.traffic_since(size)
    table.add(
        f"first snapshot of {len(items)}",
        f"{seconds:.1f}",
        f"{traffic.requests / len(items):.1f}",
        str(traffic.polls),
        str(ark.count("tasks/") - tasks),
    )


def _add_request_target(table: Table, what: str, pair: Pair, items: int, limit: float) -> None:
    requests = max(run.traffic.requests for run in pair.runs[0]) / items
    table.add_target(f"{what}, requests per repository", requests, limit)


def _snapshot(ark: Server, items: list[Item]) -> Run:
    arguments = {"rpm": items, "stamp": STAMP, "content_guard": GUARD}
    return module(ark, "package_snapshot", arguments)


def _job(items: list[Item]) -> dict[str, object]:
    return {"items": items, "stamp": STAMP, "guard": GUARD}
