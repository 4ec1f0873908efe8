# SPDX-License-Identifier: Apache-2.0
"""Results as Markdown tables, and writing them to the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True)
class Target:
    """A target: `measured` must be at most `limit`, in the same unit."""

    text: str
    measured: float
    limit: float

    @property
    def line(self) -> str:
        """The result as an item of a list."""
        verdict = "met" if self.measured <= self.limit else "**not met**"
        return f"- {verdict}: {self.text}: {self.measured:.3g}, at most {self.limit:g}"


@dataclass
class Table:
    """One table, with its targets below."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Add one row and print it."""
        self.rows.append(cells)
        print("         " + "  ".join(cells), flush=True)

    def add_target(self, text: str, measured: float, limit: float) -> None:
        """Add a target and its measured value."""
        self.targets.append(Target(text, measured, limit))

    def markdown(self) -> str:
        """Return heading, table, notes and targets."""
        lines = [f"### {self.title}", "", _line(self.columns), _line(["---"] * len(self.columns))]
        lines += [_line(row) for row in self.rows]
        for more in (self.notes, [target.line for target in self.targets]):
            lines += ["", *more] if more else []
        return "\n".join(lines)


def write(path: Path, text: str) -> None:
    """Write text between the markers of a document."""
    before, _begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _old, _end, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
