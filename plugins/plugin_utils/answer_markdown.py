# SPDX-License-Identifier: Apache-2.0
"""An answer as Markdown: what a playbook was asked, and found, on one host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .markdown_text import plain, table

__all__ = ["Answer"]

# A page with more is shown by nothing that shows summaries.
_MOST = 1000


@dataclass(frozen=True)
class Answer:
    """`rows` are shown under `heading`, of each what it has for `columns`; `told` says it all in a
    line."""

    title: str
    host: str
    failed: bool
    told: str
    heading: str
    columns: Sequence[str]
    rows: Sequence[Mapping[str, Any]]

    @property
    def markdown(self) -> str:
        """The whole text."""
        sign = "❌" if self.failed else "✅"
        parts = [f"## {plain(self.title)}", f"{sign} **{plain(self.host)}**: {plain(self.told)}"]
        cells = [[_cell(row.get(name)) for name in self.columns] for row in self.rows[:_MOST]]
        head = [name.replace("_", " ") for name in self.columns]
        parts += table(self.heading, head, cells)
        if len(self.rows) > _MOST:
            parts.append(f"... and {len(self.rows) - _MOST} more")
        return "\n\n".join(parts) + "\n"


def _cell(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
