# SPDX-License-Identifier: Apache-2.0
"""Pieces of Markdown that show any text as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..module_utils.text_plain import printable

__all__ = ["plain", "table"]

_LONGEST = 1000
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def plain(value: object) -> str:
    """Text that Markdown leaves as it is, on one line."""
    text = printable(" ".join(str(value).split()))
    return _SPECIAL.sub(r"\\\1", text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def table(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A heading and a table under it, as paragraphs; none without rows."""
    lines = [f"| {' | '.join(plain(cell) for cell in row)} |" for row in rows]
    if not lines:
        return []
    rule = "|".join(" --- " for _cell in head)
    return [f"### {plain(name)}", "\n".join([f"| {' | '.join(head)} |", f"|{rule}|", *lines])]
