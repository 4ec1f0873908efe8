# SPDX-License-Identifier: Apache-2.0
"""One measured run of a process against a server, and the median of several."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server import Server, Traffic

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Run:
    """What one run took. `tasks`: how many Pulp started; `answer`: what the module returned."""

    seconds: float
    traffic: Traffic
    tasks: int
    answer: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """Two things that were run in turn: all runs of each, in their order."""

    runs: tuple[list[Run], list[Run]]

    @property
    def medians(self) -> tuple[Run, Run]:
        """The median run of each."""
        return median(self.runs[0]), median(self.runs[1])

    @property
    def ratio(self) -> float:
        """The median wall time of the first by that of the second."""
        first, second = self.medians
        return first.seconds / second.seconds

    @property
    def times(self) -> str:
        """All wall times, as a cell of a table shows them."""
        return "; ".join(times(side) for side in self.runs)


def script(name: str, order: dict[str, Any], *words: str) -> dict[str, Any]:
    """Run a script of this folder in a new process, its order on stdin; what it prints."""
    command = [sys.executable, str(HERE / f"{name}.py"), *words]
    done = subprocess.run(command, input=json.dumps(order), stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{name} {' '.join(words)} failed, see above")
    return dict(json.loads(done.stdout or "{}"))


def measured(server: Server, act: Callable[[], dict[str, Any]]) -> Run:
    """Act once, on an idle server. An act that does not tell its `seconds` is timed as a whole."""
    server.wait_until_idle()
    tasks, size = server.count("tasks/"), server.log_size()
    began = time.monotonic()
    told = act()
    seconds = time.monotonic() - began
    traffic = server.traffic_since(size)
    return Run(
        told.get("seconds", seconds),
        traffic,
        server.count("tasks/") - tasks,
        told.get("answer", {}),
    )


def module(server: Server, name: str, arguments: dict[str, Any]) -> Run:
    """Run a module of the collection once in a Python process of its own."""
    order = {"module": name, "arguments": {**server.connection, **arguments}}
    return measured(server, lambda: script("one_module", order))


def reference(server: Server, verb: str, order: dict[str, Any]) -> Run:
    """Run the bare script once."""
    order = {"verb": verb, "url": server.url, **server.login, **order}
    return measured(server, lambda: script("reference", order))


def alternating(first: Callable[[], Run], second: Callable[[], Run], repetitions: int) -> Pair:
    """Run both in turn; who begins changes each time, so that a drift of the machine is fair."""
    runs: tuple[list[Run], list[Run]] = ([], [])
    for repetition in range(repetitions):
        for side in (0, 1) if repetition % 2 == 0 else (1, 0):
            runs[side].append((first, second)[side]())
    return Pair(runs)


def median(runs: Sequence[Run]) -> Run:
    """The run in the middle, by wall time."""
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]


def times(runs: Iterable[Run]) -> str:
    """Wall times, as a cell of a table shows them."""
    return ", ".join(f"{run.seconds:.3g}" for run in runs)
