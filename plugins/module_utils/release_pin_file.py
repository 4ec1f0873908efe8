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

from .errors import OperatorError
from .release_pin_line import Line, LineError, read_line
from .release_stamp import STAMP_PATTERN

__all__ = ["Entry", "PinFileError", "read_entries", "with_added", "with_values"]

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
