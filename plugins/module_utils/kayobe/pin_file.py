# SPDX-License-Identifier: Apache-2.0
"""Edit a YAML file of pins line by line: a mapping of variables to short strings, one in each line.

Everything but the value of an edited variable is kept byte for byte. Comments are skipped, and so
are lists, mappings and block scalars of other variables. A line that may continue in the next one,
such as one with an unclosed quote, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..errors import OperatorError
from ..inventory.stamp import STAMP_PATTERN

# Where YAML 1.1 ends a line: https://yaml.org/spec/1.1/#id871136
LINE_ENDS = "\r\n\x85\u2028\u2029"
_LINES = re.compile(
    "[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029])|[^\r\n\x85\u2028\u2029]+"
)
_BOM = "\ufeff"
_DOUBLE_QUOTED = r'"(?:[^"\\]|\\.)*"'
_SINGLE_QUOTED = r"'(?:[^']|'')*'"
# What a plain scalar may begin with. YAML forbids tabs as separators.
_FIRST = r"(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`]|[-?:](?=[^ \t]))"
_KEY = re.compile(
    rf"""(?P<key>"[^"\\]*"|{_SINGLE_QUOTED}|{_FIRST}(?:(?! \#)[^\t])*?)\ *:(?=\ |$)"""
)
_QUOTED = re.compile(rf"{_DOUBLE_QUOTED}|{_SINGLE_QUOTED}")
_PROPERTY = re.compile(r"[&!][^ \t]*(?: +|$)")
_STYLES = {
    "quoted": _QUOTED,
    "block": re.compile(r"[|>][-+0-9]{0,2}"),
    "alias": re.compile(r"\*[^ \t]+"),
    "plain": re.compile(rf"{_FIRST}(?:(?! +#|: |:$| +$)[^\t])*"),
}
_REFUSED_STYLES = {
    "block": "is a block scalar",
    "alias": "is an alias",
    "flow": "is a list or a mapping",
}
_COMMENT = re.compile(r" *(?: #.*)?")
_NULLS = ("~", "null", "Null", "NULL")
_NEW_VALUE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")
# A value that YAML reads as a string without quotes: it ends in a stamp.
_PLAIN_STRING = re.compile(f"(.*-)?{STAMP_PATTERN}")
_REPLACE_IT = "replace its value with a stamp, and run it again"


class LineError(ValueError):
    """A line that may continue in the next one, or is not expected; the text describes it."""


class PinFileError(OperatorError):
    """A file that cannot be edited; the text names each line that prevents it, and a solution."""


@dataclass(frozen=True)
class Line:
    """`key: value`, or an item of a list.

    `value` is without its quotes, None if it is empty or null. `start` and `end` are its columns,
    quotes included. `refusal` is the reason why it cannot be replaced. `block` is the indentation of
    the key or dash of a block scalar below, -1 if there is none.
    """

    key: str
    value: str | None
    start: int
    end: int
    quote: str
    refusal: str
    block: int
    is_item: bool


@dataclass(frozen=True)
class Entry:
    """A variable of the file in lines `number` to `last`, counted from 1.

    `value` is a string, None if it is empty or null; it is between columns `start` and `end` of the
    first line. `refusal` is the reason why it cannot be edited, with the solution; it is empty if it
    can.
    """

    key: str
    value: str | None
    number: int
    last: int
    start: int
    end: int
    quote: str
    refusal: str
    is_block: bool


@dataclass(frozen=True)
class _Value:
    """See Line."""

    value: str | None
    start: int
    end: int
    quote: str = ""
    refusal: str = ""
    is_block: bool = False


def read_entries(text: str) -> list[Entry]:
    """Return the variables of a file in its order.

    Raises PinFileError for lines that are not understood, and for duplicate variables.
    """
    if text.lstrip(_BOM).startswith("$ANSIBLE_VAULT"):
        raise PinFileError(
            "line 1: the file is encrypted with Ansible Vault: decrypt it, pins are not secret"
        )
    entries: list[Entry] = []
    problems: list[str] = []
    block, ended, begun = -1, False, False
    for number, raw in enumerate(split_lines(text), 1):
        content = raw.rstrip(LINE_ENDS).lstrip(_BOM if number == 1 else "")
        indent = len(content) - len(content.lstrip(" "))
        if block >= 0 and (not content.strip(" ") or indent > block):
            entries[-1] = replace(entries[-1], last=number, is_block=True)
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
                raise LineError("expected a single mapping of variables, without indentation")
        except LineError as error:
            problems.append(f"line {number}: {error}")
            begun = True
            continue
        begun = True
        block = line.block
        if indent or line.is_item:
            entries[-1] = _continued(entries[-1], number)
        else:
            entries.append(_entry(line, number, len(raw.rstrip(LINE_ENDS)) - len(content)))
    problems += _duplicates(entries)
    if problems:
        raise PinFileError("; ".join(problems))
    return entries


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return the text with these values (variable -> value); variables that it does not have are
    ignored.

    Raises PinFileError, naming every value that cannot be replaced.
    """
    lines = split_lines(text)
    changing = [
        entry
        for entry in read_entries(text)
        if entry.key in values and values[entry.key] != entry.value
    ]
    problems = [
        f"line {entry.number}: {entry.key} {entry.refusal}" for entry in changing if entry.refusal
    ]
    if problems:
        raise PinFileError("; ".join(problems))
    for entry in changing:
        line = lines[entry.number - 1]
        value = _quoted(values[entry.key], entry.quote)
        blank = " " if line[entry.start - 1] == ":" else ""
        lines[entry.number - 1] = f"{line[: entry.start]}{blank}{value}{line[entry.end :]}"
    return "".join(lines)


def with_added(text: str, values: Mapping[str, str], family: re.Pattern[str]) -> str:
    """Return the text with a new line for each of these variables, quoted like its neighbours.

    The neighbours are the variables that match `family` completely. If they are sorted, by name or
    by the first group of the match, the new ones are inserted in that order, otherwise after the
    last neighbour or at the end of the file. Raises PinFileError for variables that exist.
    """
    for key in sorted(values):
        text = _with_variable(text, key, values[key], family)
    return text


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
    value = _read_value(content, column)
    return Line(
        key=_unquoted(key["key"]) if key else "",
        value=value.value,
        start=value.start,
        end=value.end,
        quote=value.quote,
        refusal=value.refusal,
        block=parent if value.is_block else -1,
        is_item=is_item,
    )


def split_lines(text: str) -> list[str]:
    """Return the lines of a text, each with its end."""
    return _LINES.findall(text)


def line_end(lines: Iterable[str]) -> str:
    """Return the first end of line among lines, "\\n" if there is none."""
    return next((line[len(line.rstrip(LINE_ENDS)) :] for line in lines if _is_ended(line)), "\n")


def _is_ended(line: str) -> bool:
    return line[-1:] in tuple(LINE_ENDS)


def _with_variable(text: str, key: str, value: str, family: re.Pattern[str]) -> str:
    entries, lines = read_entries(text), split_lines(text)
    if any(entry.key == key for entry in entries):
        raise PinFileError(f"{key} already exists")
    neighbours = [entry for entry in entries if family.fullmatch(entry.key)]
    previous = _previous(neighbours, key, family)
    if previous:
        place = previous.last
    else:
        place = neighbours[0].number - 1 if neighbours else _document_end(lines)
    model = previous or (neighbours[0] if neighbours else None)
    new = f"{key}: {_quoted(value, model.quote if model else '')}"
    end = line_end(lines)
    if place and not _is_ended(lines[place - 1]):
        if any(entry.is_block and entry.last == place for entry in entries):
            raise PinFileError(
                f"line {place}: a variable cannot be added after a block scalar without a newline: "
                "add a newline at the end of the file"
            )
        return "".join([*lines[:place], end, new])
    bom = _BOM if not place and text.startswith(_BOM) else ""
    rest = "".join(lines[place:])
    return "".join([*lines[:place], bom, new, end, rest[len(bom) :]])


def _previous(neighbours: list[Entry], key: str, family: re.Pattern[str]) -> Entry | None:
    """Return the neighbour to insert a variable after, None to insert it before all of them."""

    def short_name(name: str) -> str:
        match = family.fullmatch(name)
        return match[1] if match else name

    for order in (str, short_name):
        names = [order(entry.key) for entry in neighbours]
        if names == sorted(names):
            smaller = [entry for entry in neighbours if order(entry.key) < order(key)]
            return smaller[-1] if smaller else None
    return neighbours[-1]


def _document_end(lines: list[str]) -> int:
    """Return the number of lines before the end of the document."""
    for number, line in enumerate(lines):
        if line.startswith("..."):
            return number
    return len(lines)


def _entry(line: Line, number: int, shift: int) -> Entry:
    """Return the variable in line `number`, whose columns are `shift` more in the file."""
    return Entry(
        key=line.key,
        value=line.value,
        number=number,
        last=number,
        start=line.start + shift,
        end=line.end + shift,
        quote=line.quote,
        refusal=f"{line.refusal}: {_REPLACE_IT}" if line.refusal else "",
        is_block=line.block >= 0,
    )


def _continued(entry: Entry, number: int) -> Entry:
    """Return a variable whose value continues in line `number`."""
    refusal = entry.refusal or f"continues in line {number}: {_REPLACE_IT}"
    return replace(entry, last=number, refusal=refusal, is_block=False)


def _duplicates(entries: Iterable[Entry]) -> list[str]:
    first: dict[str, int] = {}
    problems = []
    for entry in entries:
        if entry.key in first:
            problems.append(
                f"line {entry.number}: {entry.key} is already in line {first[entry.key]}: remove "
                "one of them"
            )
        first.setdefault(entry.key, entry.number)
    return problems


def _quoted(value: str, quote: str) -> str:
    """Return a new value in these quotes, or in others if YAML needs them. Raises PinFileError."""
    if not _NEW_VALUE.fullmatch(value):
        raise PinFileError(f"invalid pin '{value}': expected letters, digits and . _ -")
    if not quote and not _PLAIN_STRING.fullmatch(value):
        quote = '"'
    return f"{quote}{value}{quote}"


def _read_value(content: str, column: int) -> _Value:
    """Read the value after the colon, or the dash, that ends at `column`. Raises LineError."""
    start = column + len(content[column:]) - len(content[column:].lstrip(" "))
    if start == len(content):
        return _Value(None, column, start)
    if content[start] == "#" and start > column:
        return _Value(None, column, column)
    refusal = ""
    while node_property := _PROPERTY.match(content, start):
        start, refusal = node_property.end(), "has a tag or an anchor"
    if start == len(content) or content[start] == "#":
        return _Value(None, start, start, refusal=refusal)
    style, end = _style(content, start)
    if not _COMMENT.fullmatch(content, end):
        raise LineError(_unclear(content))
    quote = content[start] if style == "quoted" else ""
    value: str | None = content[start + len(quote) : end - len(quote)]
    if not value or (not quote and value in _NULLS):
        value = None
    refusal = refusal or _REFUSED_STYLES.get(style, "")
    return _Value(value, start, end, quote, refusal, style == "block")


def _style(content: str, start: int) -> tuple[str, int]:
    """Return the style of the value that begins at `start`, and its end. Raises LineError."""
    for style, pattern in _STYLES.items():
        match = pattern.match(content, start)
        if match:
            return style, match.end()
    if content[start] in "[{":
        return "flow", _flow_end(content, start)
    raise LineError(_unclear(content))


def _flow_end(content: str, start: int) -> int:
    """Return the end of a list or mapping in brackets. Raises LineError."""
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
    raise LineError(_unclear(content))


def _unclear(content: str) -> str:
    return f"'{content.strip()}' continues in the next line, or is not valid YAML"


def _unquoted(key: str) -> str:
    if key[0] == "'":
        return key[1:-1].replace("''", "'")
    return key[1:-1] if key[0] == '"' else key
