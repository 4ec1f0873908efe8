# SPDX-License-Identifier: Apache-2.0
"""One line of a file of pins: the part of YAML 1.1 that ends where its line ends."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Line", "LineError", "read_line"]

_DOUBLE = r'"(?:[^"\\]|\\.)*"'
_SINGLE = r"'(?:[^']|'')*'"
# What text without quotes may begin with. YAML forbids tabs where blanks separate.
_FIRST = r"(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`]|[-?:](?=[^ \t]))"
_KEY = re.compile(rf"""(?P<key>"[^"\\]*"|{_SINGLE}|{_FIRST}(?:(?! \#)[^\t])*?)\ *:(?=\ |$)""")
_QUOTED = re.compile(rf"{_DOUBLE}|{_SINGLE}")
_PROPERTY = re.compile(r"[&!][^ \t]*(?: +|$)")
_SHAPES = {
    "quoted": _QUOTED,
    "block": re.compile(r"[|>][-+0-9]{0,2}"),
    "alias": re.compile(r"\*[^ \t]+"),
    "plain": re.compile(rf"{_FIRST}(?:(?! +#|: |:$| +$)[^\t])*"),
}
_REFUSED = {
    "block": "is a text of several lines",
    "alias": "is an alias",
    "flow": "is a list or a mapping",
}
_REST = re.compile(r" *(?: #.*)?")
_NULLS = ("~", "null", "Null", "NULL")


class LineError(ValueError):
    """A line that does not end for certain where it seems to; the text says what it is."""


@dataclass(frozen=True)
class Line:
    """`key: value`, or an item of a list. `value` is what stands there, without its quotes, None
    where nothing does; `start` and `end` are its place, with the quotes; `refusal` says why it is no text to be replaced; `block` is the column that a
    block text below it is indented from, -1 where there is none."""

    key: str
    value: str | None
    start: int
    end: int
    quote: str
    refusal: str
    block: int
    is_item: bool


def read_line(content: str) -> Line:
    """Read a line that is neither blank nor a comment. Raises LineError."""
    column = len(content) - len(content.lstrip(" "))
    parent, is_item = column, False
    while re.match(r"-(?: |$)", content[column:]):
        parent, is_item = column, True
        column += 1
        column += len(content[column:]) - len(content[column:].lstrip(" "))
    key = _KEY.match(content, column)
    if key:
        parent, column = column, key.end()
    elif not is_item:
        raise LineError(f"'{content.strip()}' is neither 'key: value' nor a comment")
    name = _unquoted(key["key"]) if key else ""
    found = _value(content, column)
    block = parent if found.is_block else -1
    return Line(
        name, found.value, found.start, found.end, found.quote, found.refusal, block, is_item
    )


@dataclass(frozen=True)
class _Value:
    """See Line."""

    value: str | None
    start: int
    end: int
    quote: str = ""
    refusal: str = ""
    is_block: bool = False


def _value(content: str, column: int) -> _Value:
    """What stands after the colon, or the dash, that ends at `column`."""
    start = column + len(content[column:]) - len(content[column:].lstrip(" "))
    if start == len(content):
        return _Value(None, column, start)
    if content[start] == "#" and start > column:
        return _Value(None, column, column)
    tagged = ""
    while found := _PROPERTY.match(content, start):
        start, tagged = found.end(), "has a tag or an anchor"
    if start == len(content) or content[start] == "#":
        return _Value(None, start, start, refusal=tagged)
    shape, end = _shape(content, start)
    if not _REST.fullmatch(content, end):
        raise LineError(f"'{content.strip()}' goes on in the next line, or is no YAML")
    refusal = tagged or _REFUSED.get(shape, "")
    quote = content[start] if shape == "quoted" else ""
    value: str | None = content[start + len(quote) : end - len(quote)]
    if not value or (not quote and value in _NULLS):
        value = None
    return _Value(value, start, end, quote, refusal, shape == "block")


def _shape(content: str, start: int) -> tuple[str, int]:
    """What kind of value begins here, and where it ends."""
    for shape, pattern in _SHAPES.items():
        found = pattern.match(content, start)
        if found:
            return shape, found.end()
    if content[start] in "[{":
        return "flow", _flow_end(content, start)
    raise LineError(f"'{content.strip()}' goes on in the next line, or is no YAML")


def _flow_end(content: str, start: int) -> int:
    """Where a list or mapping in brackets ends."""
    depth, position = 0, start
    while position < len(content):
        char, before = content[position], content[position - 1]
        if char in "\"'" and before in " [{,:":
            quoted = _QUOTED.match(content, position)
            if not quoted:
                break
            position = quoted.end()
            continue
        if char == "#" and not before.isalnum():
            break
        depth += (char in "[{") - (char in "]}")
        position += 1
        if not depth:
            return position
    raise LineError(f"'{content.strip()}' goes on in the next line")


def _unquoted(key: str) -> str:
    if key[0] == "'":
        return key[1:-1].replace("''", "'")
    return key[1:-1] if key[0] == '"' else key
