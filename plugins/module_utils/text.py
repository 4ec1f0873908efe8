# SPDX-License-Identifier: Apache-2.0
"""Text for screens, logs and files: escaped control characters, tables, lines of JSON, Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

_EMPTY_CELL = "-"
_GAP = "  "
# C0 and C1 control characters except the tab, line separators, and bidirectional controls.
_CONTROL_CHARACTERS = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_MAX_TEXT_LENGTH = 1000
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&])")
# What GitHub links without markup: a URL, and the name of a user, who would be notified.
_AUTOLINK = re.compile(r"(?<=\w):(?=//)|(?<=\bwww)\.", re.IGNORECASE)
_MENTION = re.compile(r"@(?=\w)")
_ZERO_WIDTH_SPACE = "\u200b"


def printable(line: str) -> str:
    """Return a line with control characters escaped as in Python source: `\\x1b`."""
    return _CONTROL_CHARACTERS.sub(lambda found: found[0].encode("unicode_escape").decode(), line)


def printable_lines(text: str) -> str:
    """Return a text with control characters escaped as `printable` does, except line feeds."""
    return "\n".join(map(printable, text.split("\n")))


def json_line(value: Any) -> str:
    """Return a value as one line of JSON without control characters; letters are not escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return _CONTROL_CHARACTERS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def text_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Format a table: a line for the header, then one for each row. Numbers are right-aligned.

    A cell that is None or empty is shown as a dash. White space in a cell is collapsed to single
    spaces, so that each row is one line.
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
    text = "" if value is None else printable(" ".join(str(value).split()))
    return text or _EMPTY_CELL


def escape_markdown(value: object) -> str:
    """Return a value as one line of text with Markdown's special characters escaped.

    URLs and names of users, which a server may have sent, do not become links.
    """
    text = printable(" ".join(str(value).split()))
    text = text if len(text) <= _MAX_TEXT_LENGTH else f"{text[:_MAX_TEXT_LENGTH]}…"
    text = _AUTOLINK.sub(lambda found: f"\\{found[0]}", _SPECIAL.sub(r"\\\1", text))
    return _MENTION.sub(f"@{_ZERO_WIDTH_SPACE}", text)


def markdown_table(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a heading and a table as paragraphs, nothing without rows."""
    lines = [f"| {' | '.join(escape_markdown(cell) for cell in row)} |" for row in rows]
    if not lines:
        return []
    rule = "|".join(" --- " for _cell in head)
    return [
        f"### {escape_markdown(name)}",
        "\n".join([f"| {' | '.join(head)} |", f"|{rule}|", *lines]),
    ]
