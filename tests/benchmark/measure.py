# SPDX-License-Identifier: Apache-2.0
"""One measured run of a process against a server, and the median of several."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
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
    """The median run of ours, and of the bare script; all wall times in the order of the runs."""

    ours: Run
    reference: Run
    times: tuple[tuple[float, ...], tuple[float, ...]]

    @property
    def ratio(self) -> float:
        """Our wall time by that of the bare script."""
        return self.ours.seconds / self.reference.seconds


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


def alternating(ours: Callable[[], Run], theirs: Callable[[], Run], repetitions: int) -> Pair:
    """Run both in turn; who is first changes each time, so that a drift of the machine is fair."""
    runs: tuple[list[Run], list[Run]] = ([], [])
    for repetition in range(repetitions):
        for side in (0, 1) if repetition % 2 == 0 else (1, 0):
            runs[side].append((ours, theirs)[side]())
    times = tuple(tuple(run.seconds for run in side) for side in runs)
    return Pair(median(runs[0]), median(runs[1]), (times[0], times[1]))


def median(runs: Sequence[Run]) -> Run:
    """The run in the middle, by wall time."""
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]
