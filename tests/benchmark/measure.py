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

from .server import Server, Traffic

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Run:
    """The cost of one run. `tasks`: number of Pulp tasks; `answer`: the result of the module;
    `memory`: peak memory of its process in MiB, if it was measured."""

    seconds: float
    traffic: Traffic
    tasks: int
    answer: dict[str, Any] = field(default_factory=dict)
    memory: float = 0.0


@dataclass(frozen=True)
class Pair:
    """All runs of two sides that ran alternately."""

    runs: tuple[list[Run], list[Run]]

    @property
    def medians(self) -> tuple[Run, Run]:
        """The median run of each side."""
        return median(self.runs[0]), median(self.runs[1])

    @property
    def ratio(self) -> float:
        """The median wall time of the first side divided by that of the second."""
        first, second = self.medians
        return first.seconds / second.seconds

    @property
    def times(self) -> str:
        """All wall times, as text for a cell of a table."""
        return "; ".join(times(side) for side in self.runs)


def script(name: str, job: dict[str, Any], *arguments: str) -> dict[str, Any]:
    """Run a script of this directory in a new process, with its job on stdin; return its output."""
    command = [sys.executable, str(HERE / f"{name}.py"), *arguments]
    done = subprocess.run(command, input=json.dumps(job), stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{name} {' '.join(arguments)} failed, see above")
    return dict(json.loads(done.stdout or "{}"))


def measured(server: Server, action: Callable[[], dict[str, Any]]) -> Run:
    """Run an action once on an idle server; if it returns `seconds`, they are its time."""
    server.wait_until_idle()
    tasks, size = server.count("tasks/"), server.log_size()
    began = time.monotonic()
    result = action()
    seconds = time.monotonic() - began
    traffic = server.traffic_since(size)
    return Run(
        result.get("seconds", seconds),
        traffic,
        server.count("tasks/") - tasks,
        result.get("answer", {}),
        result.get("memory", 0.0),
    )


def module(server: Server, name: str, arguments: dict[str, Any]) -> Run:
    """Run a module of the collection once in a new Python process."""
    job = {"module": name, "arguments": {**server.connection, **arguments}}
    return measured(server, lambda: script("one_module", job))


def reference(server: Server, verb: str, job: dict[str, Any]) -> Run:
    """Run the bare script once."""
    job = {"verb": verb, "url": server.url, **server.login, **job}
    return measured(server, lambda: script("reference", job))


def alternating(first: Callable[[], Run], second: Callable[[], Run], repetitions: int) -> Pair:
    """Run both alternately and take turns in starting, so that drift affects both equally."""
    runs: tuple[list[Run], list[Run]] = ([], [])
    for repetition in range(repetitions):
        for side in (0, 1) if repetition % 2 == 0 else (1, 0):
            runs[side].append((first, second)[side]())
    return Pair(runs)


def median(runs: Sequence[Run]) -> Run:
    """Return the median run by wall time."""
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]


def times(runs: Iterable[Run]) -> str:
    """Return wall times, as text for a cell of a table."""
    return ", ".join(f"{run.seconds:.3g}" for run in runs)
