# SPDX-License-Identifier: Apache-2.0
"""What a walk prints: a sentence for each step, what came of it and how long it took."""

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
    """Prints steps; on a terminal the seconds count up while one runs."""

    def __init__(self, steps: int) -> None:
        self._began = time.monotonic()
        self._steps = steps
        self._number = 0
        self._lively = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    @contextlib.contextmanager
    def step(self, sentence: str, quiet: bool = False) -> Iterator[list[str]]:
        """Announce a step and run it; the lines that the body appends are printed with its time.

        `quiet`: do not count up, because the step prints lines of its own.
        """
        self._number += 1
        began = time.monotonic()
        print(f"{self._bold(f'{self._number:2}/{self._steps}')} {self._bold(sentence)}", flush=True)
        lines: list[str] = []
        with self._counting(began, self._lively and not quiet):
            yield lines
        lines[-1] += f" [{time.monotonic() - began:.1f} s]"
        for line in lines:
            print(f"{INDENT}{line}", flush=True)

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def say(self, text: str = "") -> None:
        """Print lines that belong to no step."""
        print(text, flush=True)

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Print rows as columns; the first row is the heading, the last column is of numbers."""
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for number, row in enumerate(rows):
            cells = [cell.ljust(width) for cell, width in zip(row, widths)]
            cells[-1] = row[-1].rjust(widths[-1])
            line = "  ".join(cells)
            self.say(self._bold(line) if number == 0 else line)
            if number == 0:
                self.say("  ".join("-" * width for width in widths))

    @contextlib.contextmanager
    def _counting(self, began: float, wanted: bool) -> Iterator[None]:
        ended = threading.Event()

        def count() -> None:
            while not ended.wait(0.5):
                print(f"\r{INDENT}... {time.monotonic() - began:.0f} s", end="", flush=True)

        thread = threading.Thread(target=count, daemon=True)
        if wanted:
            thread.start()
        try:
            yield
        finally:
            ended.set()
            if wanted:
                thread.join()
                print("\r\033[K", end="", flush=True)

    def _bold(self, text: str) -> str:
        return f"\033[1m{text}\033[0m" if self._lively else text


def told(played: Run, what: str) -> str:
    """Return one line on a playbook that succeeded."""
    name = played.command.split(f"{COLLECTION}.")[1].split()[0]
    if not played.changed:
        return f"{name}: nothing changed; {what}"
    if not played.report:
        return f"{name}: changed; {what}"
    return f"{name}: {len(played.changed_items)} of {len(played.report)} changed; {what}"


def changed(played: Run) -> str:
    """Return what a playbook that is not of the collection came to."""
    return "changed" if played.changed else "nothing changed"


def answers(found: Mapping[str, Iterable[int]], stamps: Mapping[str, str]) -> str:
    """Return one line on who gets which HTTP status for so many snapshots."""
    parts = [f"{who} gets {listed(codes)}" for who, codes in found.items()]
    return f"{len(stamps)} snapshots: {', '.join(parts)}"


def listed(values: Iterable[object]) -> str:
    """Return values as words with commas between, each once, sorted."""
    return ", ".join(sorted({str(value) for value in values}))


def shown(path: Path) -> str:
    """Return a path as short as it can be given from here."""
    return os.path.relpath(path)
