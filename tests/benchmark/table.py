# SPDX-License-Identifier: Apache-2.0
"""Results as Markdown, and their place in the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True)
class Target:
    """One thing that was promised. `measured` and `limit` in the same unit."""

    text: str
    measured: float
    limit: float

    @property
    def line(self) -> str:
        """Whether it was met, for a list."""
        verdict = "met" if self.measured <= self.limit else "**not met**"
        return f"- {verdict}: {self.text}: {self.measured:.3g}, at most {self.limit:g}"


@dataclass
class Table:
    """One table with what was promised about it below."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Add one line, and show it on the terminal as the run goes on."""
        self.rows.append(cells)
        print("         " + "  ".join(cells), flush=True)

    def promise(self, text: str, measured: float, limit: float) -> None:
        """Hold what was measured against what was promised."""
        self.targets.append(Target(text, measured, limit))

    def markdown(self) -> str:
        """Heading, table, notes, targets."""
        lines = [f"### {self.title}", "", _line(self.columns), _line(["---"] * len(self.columns))]
        lines += [_line(row) for row in self.rows]
        for more in (self.notes, [target.line for target in self.targets]):
            lines += ["", *more] if more else []
        return "\n".join(lines)


def write(path: Path, text: str) -> None:
    """Put text between the markers of a document."""
    before, _begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _old, _end, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
