# SPDX-License-Identifier: Apache-2.0
"""A file of pins, edited in place: a YAML mapping of variables to short texts, a line for each.

It is a line editor: all that is not the value of an edited key stays as it is, byte for byte. It
passes over comments, and over lists, mappings and block texts of other keys. A line of which it is
not certain where it ends in YAML, such as quotes that go on in the next line, it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..errors import OperatorError
from ..inventory.stamp import STAMP_PATTERN

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


# Where YAML 1.1 ends a line: https://yaml.org/spec/1.1/#id871136
_LINES = re.compile(
    "[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029])|[^\r\n\x85\u2028\u2029]+"
)
_ENDS = "\r\n\x85\u2028\u2029"
_BOM = "\ufeff"
_VALUE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")
# Text that YAML reads as text without quotes: it ends in a stamp.
_PLAIN = re.compile(f"(.*-)?{STAMP_PATTERN}")


class PinFileError(OperatorError):
    """A file that cannot be edited; the message names each line in the way, and the way out."""


@dataclass(frozen=True)
class Entry:
    """A variable of the file: `value` is its text, None where it has none; `number` is its line,
    from 1, and `last` the last one that belongs to it. `refusal` says why its value cannot be
    edited; it is empty where it can: between `start` and `end` in its line."""

    key: str
    value: str | None
    number: int
    last: int
    start: int
    end: int
    quote: str
    refusal: str
    is_block: bool


def read_entries(text: str) -> list[Entry]:
    """The variables of a file, in its order. Raises PinFileError for what cannot be told apart,
    and for keys that are there twice."""
    if text.lstrip(_BOM).startswith("$ANSIBLE_VAULT"):
        raise PinFileError("line 1: the file is encrypted: pins are no secret, decrypt it")
    entries: list[Entry] = []
    problems: list[str] = []
    block, ended, begun = -1, False, False
    for number, raw in enumerate(_lines(text), 1):
        content = raw.rstrip(_ENDS).lstrip(_BOM if number == 1 else "")
        indent = len(content) - len(content.lstrip(" "))
        if block >= 0 and (not content.strip(" ") or indent > block):
            entries[-1] = _longer(entries[-1], number)
            continue
        block = -1
        if not content.strip(" ") or content[indent] == "#":
            continue
        if re.fullmatch(r"---(?: +(?:#.*)?)?", content) and not (begun or ended):
            begun = True
            continue
        if re.fullmatch(r"\.\.\.(?: +(?:#.*)?)?", content):
            ended = True
            continue
        try:
            line = read_line(content)
            if ended or (indent or line.is_item) and not entries:
                raise LineError("expected a single mapping of variables, from the first column on")
        except LineError as error:
            problems.append(f"line {number}: {error}")
            begun = True
            continue
        begun = True
        block = line.block
        if indent or line.is_item:
            entries[-1] = _with_more(entries[-1], number)
        else:
            entries.append(_entry(line, number, len(raw.rstrip(_ENDS)) - len(content)))
    problems += _repeated(entries)
    if problems:
        raise PinFileError("; ".join(problems))
    return entries


def with_values(text: str, values: Mapping[str, str]) -> str:
    """The text with these values at their keys; keys that it does not have are left out.

    Raises PinFileError naming every value that cannot be replaced.
    """
    lines, wanted = _lines(text), []
    for entry in read_entries(text):
        if entry.key in values and values[entry.key] != entry.value:
            wanted.append(entry)
    problems = [f"line {one.number}: {one.key} {one.refusal}" for one in wanted if one.refusal]
    if problems:
        raise PinFileError("; ".join(problems))
    for entry in wanted:
        line = lines[entry.number - 1]
        written = _written(values[entry.key], entry.quote)
        blank = " " if line[entry.start - 1] == ":" else ""
        lines[entry.number - 1] = f"{line[: entry.start]}{blank}{written}{line[entry.end :]}"
    return "".join(lines)


def with_added(text: str, values: Mapping[str, str], family: re.Pattern[str]) -> str:
    """The text with a new line for each of these keys, written as their neighbours are.

    The neighbours are the keys that match `family` as a whole. Where they are sorted, by key or by
    the first group of the match, the new ones are sorted in; else they come after the last one,
    or at the end of the file. Raises PinFileError for keys that are there already.
    """
    for key in sorted(values):
        text = _added(text, key, values[key], family)
    return text


def _added(text: str, key: str, value: str, family: re.Pattern[str]) -> str:
    entries, lines = read_entries(text), _lines(text)
    if any(entry.key == key for entry in entries):
        raise PinFileError(f"{key} is there already")
    neighbours = [entry for entry in entries if family.fullmatch(entry.key)]
    before = _before(neighbours, key, family)
    place = before.last if before else neighbours[0].number - 1 if neighbours else _end(lines)
    near = before or (neighbours[0] if neighbours else None)
    ends = [line[len(line.rstrip(_ENDS)) :] for line in lines]
    end = next(filter(None, ends), "\n")
    new = f"{key}: {_written(value, near.quote if near else '')}"
    if place and not ends[place - 1]:
        if any(entry.is_block and entry.last == place for entry in entries):
            raise PinFileError(f"line {place}: end the file with a newline before a key is added")
        return "".join([*lines[:place], end, new])
    bom = _BOM if not place and text.startswith(_BOM) else ""
    rest = "".join(lines[place:])
    return "".join([*lines[:place], bom, new, end, rest[len(bom) :]])


def _before(neighbours: list[Entry], key: str, family: re.Pattern[str]) -> Entry | None:
    """The neighbour that a new key comes after, None for the place before all of them."""

    def short(name: str) -> str:
        found = family.fullmatch(name)
        return found[1] if found else name

    for order in (str, short):
        names = [order(entry.key) for entry in neighbours]
        if names == sorted(names):
            smaller = [entry for entry in neighbours if order(entry.key) < order(key)]
            return smaller[-1] if smaller else None
    return neighbours[-1]


def _end(lines: list[str]) -> int:
    """How many lines there are before the end of the document."""
    for number, line in enumerate(lines):
        if line.startswith("..."):
            return number
    return len(lines)


def _lines(text: str) -> list[str]:
    return _LINES.findall(text)


def _entry(line: Line, number: int, shift: int) -> Entry:
    refusal = f"{line.refusal}: {_BY_HAND}" if line.refusal else ""
    return Entry(
        key=line.key,
        value=line.value,
        number=number,
        last=number,
        start=line.start + shift,
        end=line.end + shift,
        quote=line.quote,
        refusal=refusal,
        is_block=line.block >= 0,
    )


_BY_HAND = "write a stamp in its place, and try again"


def _longer(entry: Entry, number: int) -> Entry:
    return Entry(**{**entry.__dict__, "last": number, "is_block": True})


def _with_more(entry: Entry, number: int) -> Entry:
    refusal = entry.refusal or f"goes on in line {number}: {_BY_HAND}"
    return Entry(**{**entry.__dict__, "last": number, "refusal": refusal, "is_block": False})


def _repeated(entries: Iterable[Entry]) -> list[str]:
    first: dict[str, int] = {}
    problems = []
    for entry in entries:
        if entry.key in first:
            where = f"line {entry.number}: {entry.key} is in line {first[entry.key]} already"
            problems.append(f"{where}: remove one of them")
        first.setdefault(entry.key, entry.number)
    return problems


def _written(value: str, quote: str) -> str:
    if not _VALUE.fullmatch(value):
        raise PinFileError(f"'{value}' cannot be a pin: expected letters, digits and . _ -")
    if not quote and not _PLAIN.fullmatch(value):
        quote = '"'
    return f"{quote}{value}{quote}"
