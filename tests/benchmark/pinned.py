# SPDX-License-Identifier: Apache-2.0
"""Rows 3 to 5: a mirror with everything there, a promotion, and both on a Pulp full of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inventory import STAMP, Item, pins
from measure import Pair, Run, alternating, measured, median, module, reference
from playbook import run_mirror, run_task
from server import Server, lab
from snapshots import add, compared
from table import Table, Target

GUARD = "release"
FEW = 100


@dataclass(frozen=True)
class Pulps:
    """The snapshots of `items` are on Ark and mirrored to the client."""

    ark: Server
    client: Server
    items: list[Item]

    @property
    def snapshots(self) -> list[str]:
        """Names of the distributions."""
        return [item["distribution_name"] + STAMP for item in self.items]


def prepare(pulps: Pulps) -> None:
    """Mirror once; what is measured is that there is nothing left to do."""
    pulps.ark.guard_distributions(pulps.snapshots, None)
    run_mirror(pulps.ark, pulps.client, pulps.items)
    pulps.client.make_guards(GUARD)


def mirror(pulps: Pulps, repetitions: int) -> Table:
    """Row 3."""
    count = len(pulps.items)
    columns = ("how", "s", "requests", "polls", "Pulp tasks", "all runs, s")
    table = Table(f"Mirror from pins, all {count} already there", columns)
    ways = {
        "the module alone": lambda: _mirror(pulps),
        "a playbook of one task": lambda: measured(
            pulps.client, lambda: run_task("package_mirror", _mirror_arguments(pulps))
        ),
        "the collection's playbook": lambda: measured(
            pulps.client, lambda: run_mirror(pulps.ark, pulps.client, pulps.items)
        ),
    }
    for way, act in ways.items():
        runs = [act() for _repetition in range(repetitions)]
        _add(table, way, runs)
        run = median(runs)
        what = f"mirror of {count}, {way}"
        if "playbook" in way:
            table.targets.append(Target(f"{what}, s including Ansible", run.seconds, 3))
        traffic = run.traffic
        table.targets += [
            Target(f"{what}, Pulp tasks", run.tasks, 0),
            Target(f"{what}, requests", traffic.requests + traffic.polls, 15),
        ]
    return table


def promotion(pulps: Pulps, repetitions: int) -> Table:
    """Row 4, on Ark."""
    table = compared("Promotion")
    pair = _promotions(pulps.ark, pulps, repetitions)
    count = len(pulps.items)
    what = f"promotion of {count}"
    add(table, what, pair, count, 1.25)
    traffic = pair.ours.traffic
    table.targets += [
        Target(f"{what}, writes per snapshot", traffic.writes / count, 1),
        Target(f"{what}, other requests with polls", traffic.reads + traffic.polls, 10),
    ]
    return table


def crowded(pulps: Pulps, many: int, repetitions: int) -> Table:
    """Row 5: rows 3 and 4 on the client, with few and with many other distributions."""
    columns = ("what", f"with {FEW}, s", f"with {many}, s", "ratio", "requests", "all runs, s")
    table = Table(f"With {many} other distributions on the server", columns)
    names = ("mirror, the module alone", "mirror, a playbook of one task", "promotion")
    times: dict[str, list[list[Run]]] = {name: [] for name in names}
    for number in (FEW, many):
        lab("pulp", "seed", pulps.client.name, "--distributions", str(number))
        for name in names:
            times[name].append([])
        for _repetition in range(repetitions):
            for name, run in zip(names, _both(pulps)):
                times[name][-1].append(run)
    for name, (few, full) in times.items():
        before, after = median(few), median(full)
        ratio = after.seconds / before.seconds
        table.add(
            name,
            f"{before.seconds:.2f}",
            f"{after.seconds:.2f}",
            f"{ratio:.2f}",
            f"{_all(before)} / {_all(after)}",
            "; ".join(", ".join(f"{run.seconds:.2f}" for run in runs) for runs in (few, full)),
        )
        table.targets.append(Target(f"{name}, time by that with {FEW}", ratio, 1.2))
    return table


def _both(pulps: Pulps) -> tuple[Run, Run, Run]:
    pulps.client.guard_distributions(pulps.snapshots, None)
    alone = _mirror(pulps)
    task = measured(pulps.client, lambda: run_task("package_mirror", _mirror_arguments(pulps)))
    return alone, task, _promote(pulps.client, pulps)


def _promotions(server: Server, pulps: Pulps, repetitions: int) -> Pair:
    order = {"items": pulps.items, "stamp": STAMP, "guard": GUARD}

    def ours() -> Run:
        server.guard_distributions(pulps.snapshots, "development")
        return _promote(server, pulps)

    def theirs() -> Run:
        server.guard_distributions(pulps.snapshots, "development")
        return reference(server, "promote", order)

    return alternating(ours, theirs, repetitions)


def _promote(server: Server, pulps: Pulps) -> Run:
    arguments = {"rpm": pulps.items, "package_versions": pins(pulps.items), "content_guard": GUARD}
    return module(server, "package_promote", arguments)


def _mirror(pulps: Pulps) -> Run:
    arguments = _mirror_arguments(pulps)
    return module(pulps.client, "package_mirror", arguments)


def _mirror_arguments(pulps: Pulps) -> dict[str, Any]:
    return {
        **pulps.client.connection,
        "rpm": pulps.items,
        "package_versions": pins(pulps.items),
        "source_url": pulps.ark.url,
    }


def _add(table: Table, what: str, runs: list[Run]) -> None:
    run = median(runs)
    seconds = ", ".join(f"{one.seconds:.2f}" for one in runs)
    counts = (run.traffic.requests, run.traffic.polls, run.tasks)
    table.add(what, f"{run.seconds:.2f}", *map(str, counts), seconds)


def _all(run: Run) -> int:
    return run.traffic.requests + run.traffic.polls
