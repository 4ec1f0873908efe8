# SPDX-License-Identifier: Apache-2.0
"""The output of the demo: for each step its title, its result and its duration."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..playbook import COLLECTION, Run

INDENT = "      "


class Screen:
    """Prints steps; on a terminal, shows the elapsed seconds of the current one."""

    def __init__(self, steps: int) -> None:
        self._began = time.monotonic()
        self._steps = steps
        self._number = 0
        self._is_terminal = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    @contextlib.contextmanager
    def step(self, title: str, quiet: bool = False) -> Iterator[list[str]]:
        """Print the title of a step and, at its end, its duration and the lines the body appends.

        `quiet`: do not show elapsed seconds, because the step itself prints lines.
        """
        self._number += 1
        began = time.monotonic()
        print(f"{self._bold(f'{self._number:2}/{self._steps}')} {self._bold(title)}", flush=True)
        lines: list[str] = []
        with self._elapsed_seconds(began, self._is_terminal and not quiet):
            yield lines
        lines[-1] += f" [{time.monotonic() - began:.1f} s]"
        for line in lines:
            print(f"{INDENT}{line}", flush=True)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def report(self, text: str = "") -> None:
        """Print text that is not part of a step."""
        print(text, flush=True)

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Print rows as columns; the first row is the heading, the last column has numbers."""
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for number, row in enumerate(rows):
            cells = [cell.ljust(width) for cell, width in zip(row, widths)]
            cells[-1] = row[-1].rjust(widths[-1])
            line = "  ".join(cells)
            self.report(self._bold(line) if number == 0 else line)
            if number == 0:
                self.report("  ".join("-" * width for width in widths))

    @contextlib.contextmanager
    def _elapsed_seconds(self, began: float, enabled: bool) -> Iterator[None]:
        ended = threading.Event()

        def count() -> None:
            while not ended.wait(0.5):
                print(f"\r{INDENT}... {time.monotonic() - began:.0f} s", end="", flush=True)

        thread = threading.Thread(target=count, daemon=True)
        if enabled:
            thread.start()
        try:
            yield
        finally:
            ended.set()
            if enabled:
                thread.join()
                print("\r\033[K", end="", flush=True)

    def _bold(self, text: str) -> str:
        return f"\033[1m{text}\033[0m" if self._is_terminal else text


def summarize_run(played: Run, detail: str) -> str:
    """Return one line about a successful run of one of the collection's playbooks."""
    name = played.command.split(f"{COLLECTION}.")[1].split()[0]
    if not played.changed:
        return f"{name}: nothing changed; {detail}"
    if not played.report:
        return f"{name}: changed; {detail}"
    return f"{name}: {len(played.changed_items)} of {len(played.report)} changed; {detail}"


def summarize_change(played: Run) -> str:
    """Return whether a run changed something, as text."""
    return "changed" if played.changed else "nothing changed"


def summarize_statuses(found: Mapping[str, Iterable[int]], stamps: Mapping[str, str]) -> str:
    """Return one line with the HTTP statuses of snapshots for each account."""
    parts = [f"{account} gets {join_sorted(codes)}" for account, codes in found.items()]
    return f"{len(stamps)} snapshots: {', '.join(parts)}"


def join_sorted(values: Iterable[object]) -> str:
    """Return the unique values, sorted and separated by commas."""
    return ", ".join(sorted({str(value) for value in values}))


def relative_path(path: Path) -> str:
    """Return a path relative to the current directory."""
    return os.path.relpath(path)
