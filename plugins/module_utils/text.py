# SPDX-License-Identifier: Apache-2.0
"""Tables as plain text: columns of one width each, for a screen, a log or a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# C0 and C1 controls but for the tab, other ends of lines, and what turns the direction of text.
_CONTROL_CHARACTERS = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def printable(line: str) -> str:
    """One line with each such character as Python writes it: `\\x1b`."""
    return _CONTROL_CHARACTERS.sub(lambda found: found[0].encode("unicode_escape").decode(), line)


_NOTHING = "-"
_GAP = "  "


def text_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of a table: the header, then the rows, columns of numbers aligned at their right.

    A cell that is None or empty is a dash. White space in a cell becomes one blank, so that a row
    is one line whatever its values hold.
    """
    rows = [list(row) for row in rows]
    numbers = [
        any(isinstance(row[place], int) for row in rows)
        and all(row[place] is None or isinstance(row[place], int) for row in rows)
        for place in range(len(header))
    ]
    lines = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return [
        _GAP.join(
            text.rjust(width) if number else text.ljust(width)
            for text, width, number in zip(line, widths, numbers)
        ).rstrip()
        for line in lines
    ]


def _cell(value: object) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return text or _NOTHING
