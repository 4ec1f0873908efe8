# SPDX-License-Identifier: Apache-2.0
"""Rows 3 to 5: a mirror without changes, a promotion, and both on a Pulp with many others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from .inventory import STAMP, Item, pins
from .measure import Run, alternating, measured, median, module, reference, times
from .playbook import run_mirror, run_task
from .server import Server, lab
from .snapshots import add, compared
from .table import Table

BEFORE, GUARD = "development", "release"
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
    """Mirror once, so that the measured runs have nothing to do."""
    pulps.ark.guard_distributions(pulps.snapshots, None)
    run_mirror(pulps.ark, pulps.client, pulps.items)
    pulps.client.ensure_guards(GUARD, BEFORE)


def mirror(pulps: Pulps, repetitions: int) -> Table:
    """Row 3."""
    count = len(pulps.items)
    columns = ("how", "s", "requests", "polls", "Pulp tasks", "all runs, s")
    table = Table(f"Mirror from pins, all {count} already there", columns)
    variants = {
        "the module alone": _mirror_module,
        "a playbook of one task": _mirror_task,
        "the collection's playbook": _mirror_playbook,
    }
    for variant, action in variants.items():
        runs = [action(pulps) for _repetition in range(repetitions)]
        run, what = median(runs), f"mirror of {count}, {variant}"
        counts = (run.traffic.requests, run.traffic.polls, run.tasks)
        table.add(variant, f"{run.seconds:.2f}", *map(str, counts), times(runs))
        if action is not _mirror_module:
            table.add_target(f"{what}, s including Ansible", run.seconds, 3)
        table.add_target(f"{what}, Pulp tasks", max(run.tasks for run in runs), 0)
        table.add_target(f"{what}, requests", max(run.traffic.all for run in runs), 15)
    return table


def promotion(pulps: Pulps, repetitions: int) -> Table:
    """Row 4, on Ark."""
    table = compared("Promotion")
    job = {"items": pulps.items, "stamp": STAMP, "guard": GUARD}

    def theirs() -> Run:
        pulps.ark.guard_distributions(pulps.snapshots, BEFORE)
        return reference(pulps.ark, "promote", job)

    pair = alternating(lambda: _promote(pulps.ark, pulps), theirs, repetitions)
    what = f"promotion of {len(pulps.items)}"
    add(table, what, pair, len(pulps.items), 1.25)
    traffics = [run.traffic for run in pair.runs[0]]
    writes = max(traffic.writes for traffic in traffics) / len(pulps.items)
    table.add_target(f"{what}, writes per snapshot", writes, 1)
    others = max(traffic.reads + traffic.polls for traffic in traffics)
    table.add_target(f"{what}, other requests with polls", others, 10)
    return table


def crowded(full: Pulps, few: Pulps, many: int, repetitions: int) -> Table:
    """Row 5: rows 3 and 4 on two clients; one of them has many other distributions."""
    title = f"With {many} other distributions on the server"
    both = (f"with {many}, s", f"with {FEW}, s")
    table = Table(title, ("what", *both, "ratio", "requests", f"all runs, s ({many}; {FEW})"))
    for pulps, number in ((full, many), (few, FEW)):
        lab("pulp", "seed", pulps.client.name, "--distributions", str(number))
    actions = {
        "mirror, the module alone": _mirror_module,
        "mirror, a playbook of one task": _mirror_task,
        "promotion": lambda pulps: _promote(pulps.client, pulps),
    }
    for what, action in actions.items():
        # Bind the action now: a function would read the variable of the loop later.
        sides = [partial(action, pulps) for pulps in (full, few)]
        # One of the servers is new: first requests of a server take longer.
        for side in sides:
            side()
        pair = alternating(sides[0], sides[1], repetitions)
        seconds = (f"{run.seconds:.2f}" for run in pair.medians)
        requests = " / ".join(str(run.traffic.all) for run in pair.medians)
        table.add(what, *seconds, f"{pair.ratio:.2f}", requests, pair.times)
        table.add_target(f"{what}, time by that with {FEW}", pair.ratio, 1.2)
    return table


def _promote(server: Server, pulps: Pulps) -> Run:
    server.guard_distributions(pulps.snapshots, BEFORE)
    arguments = {"rpm": pulps.items, "package_versions": pins(pulps.items), "content_guard": GUARD}
    return module(server, "package_promote", arguments)


def _mirror_module(pulps: Pulps) -> Run:
    return module(pulps.client, "package_mirror", _mirror_arguments(pulps))


def _mirror_task(pulps: Pulps) -> Run:
    arguments = {**pulps.client.connection, **_mirror_arguments(pulps)}
    return measured(pulps.client, lambda: run_task("package_mirror", arguments))


def _mirror_playbook(pulps: Pulps) -> Run:
    action = partial(run_mirror, pulps.ark, pulps.client, pulps.items)
    return measured(pulps.client, action)


def _mirror_arguments(pulps: Pulps) -> dict[str, Any]:
    return {
        "rpm": pulps.items,
        "package_versions": pins(pulps.items),
        "source_url": pulps.ark.url,
    }
