# SPDX-License-Identifier: Apache-2.0
"""Edit the file of container image tags of a Kayobe configuration line by line: `kolla_image_tags`,
a mapping of keys to mappings of base distributions to tags, one key or tag in each line.

As in `pin_file`, everything but a tag that is set or removed is kept byte for byte, and other ways to
write the mapping are refused. A key may have an anchor (`nova: &rebuilt`), and another key may be an
alias of it (`neutron: *rebuilt`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from .kolla import DEFAULT_KEY
from .pin_file import (
    LINE_ENDS,
    Entry,
    LineError,
    PinFileError,
    line_end,
    read_entries,
    read_line,
    split_lines,
)

TAGS_VARIABLE = "kolla_image_tags"
_ONE_EACH = "write each key in a line of its own, and each of its tags in another one below it"
_REFERENCE = re.compile(
    r"(?P<indent> +)(?P<key>[a-z0-9_]+): +(?P<sign>[&*])(?P<anchor>[\w.-]+) *(?: #.*)?"
)


@dataclass(frozen=True)
class TagLine:
    """`base_distro: value` in line `number`, counted from 1; `value` is None if there is no tag.

    The value is between columns `start` and `end`, which include its quotes.
    """

    base_distro: str
    value: str | None
    number: int
    start: int
    end: int
    quote: str
    indent: int


@dataclass(frozen=True)
class KeyLines:
    """A key in line `number`, counted from 1, and its tags.

    `anchor` is that of the key, or with `is_alias` that of the key that it repeats.
    """

    name: str
    number: int
    indent: int
    tags: list[TagLine] = field(default_factory=list)
    anchor: str = ""
    is_alias: bool = False

    @property
    def last(self) -> int:
        """The last line that belongs to the key."""
        return self.tags[-1].number if self.tags else self.number


def read_keys(text: str) -> list[KeyLines]:
    """Return the keys of `kolla_image_tags` in the order of the file.

    Raises PinFileError, naming all lines that cannot be edited.
    """
    variable = _variable(text)
    is_scalar = variable.value is not None or variable.is_block
    if is_scalar or (variable.last == variable.number and variable.refusal):
        raise PinFileError(f"line {variable.number}: {TAGS_VARIABLE} is not a mapping: {_ONE_EACH}")
    keys: list[KeyLines] = []
    problems: list[str] = []
    lines = split_lines(text)
    for number in range(variable.number + 1, variable.last + 1):
        content = lines[number - 1].rstrip(LINE_ENDS)
        if not content.strip(" ") or content.lstrip(" ").startswith("#"):
            continue
        try:
            _add_line(keys, content, number)
        except LineError as error:
            problems.append(f"line {number}: {error}")
    if problems:
        raise PinFileError("; ".join(problems))
    return keys


def aliases_of(keys: Iterable[KeyLines], name: str) -> list[str]:
    """Return the keys that are aliases of a key."""
    listed = list(keys)
    anchors = {key.anchor for key in listed if key.name == name and not key.is_alias} - {""}
    return [key.name for key in listed if key.is_alias and key.anchor in anchors]


def with_tag(text: str, key: str, base_distro: str, tag: str) -> str:
    """Return the text with a tag for a base distribution at a key.

    New lines are inserted in the order of their neighbours if these are sorted, otherwise after them.
    Aliases of the key change with it. Raises PinFileError.
    """
    keys, lines = read_keys(text), split_lines(text)
    existing = next((one for one in keys if one.name == key), None)
    if existing and existing.is_alias:
        raise PinFileError(
            f"line {existing.number}: {key} is an alias of another key: write its tags below it, or "
            "set the tag at the other key"
        )
    if existing is None:
        indent = keys[0].indent if keys else 2
        tag_indent = _tag_indent(keys, 2 * indent)
        new = [f"{' ' * indent}{key}:", f"{' ' * tag_indent}{base_distro}: {tag}"]
        return _with_lines(lines, _key_place(keys, key, _variable(text).number), new)
    line = next((one for one in existing.tags if one.base_distro == base_distro), None)
    if line is None:
        tag_indent = _tag_indent([existing, *keys], 2 * existing.indent)
        new = [f"{' ' * tag_indent}{base_distro}: {tag}"]
        return _with_lines(lines, _tag_place(existing, base_distro), new)
    raw = lines[line.number - 1]
    blank = " " if raw[line.start - 1] == ":" else ""
    quoted = f"{line.quote}{tag}{line.quote}"
    lines[line.number - 1] = f"{raw[: line.start]}{blank}{quoted}{raw[line.end :]}"
    return "".join(lines)


def without_base_distro(
    text: str, base_distro: str, keep: Iterable[str]
) -> tuple[str, list[tuple[str, str]]]:
    """Return the text without the tags for a base distribution at all keys but those to keep, and
    without keys that have no other tag; also the keys that had one, each with that tag.

    An alias of the default key has the tag of the default, and is kept. Raises PinFileError.
    """
    kept = set(keep)
    removed: list[tuple[str, str]] = []
    numbers: set[int] = set()
    keys = read_keys(text)
    for key in keys:
        tags = [tag for tag in key.tags if tag.base_distro == base_distro]
        if not tags or key.name == DEFAULT_KEY and key.name in kept:
            continue
        aliases = [name for name in aliases_of(keys, key.name) if name not in kept]
        if aliases and (key.name in kept or len(key.tags) == 1):
            raise PinFileError(
                f"line {key.number}: {', '.join(aliases)} repeats the tags of {key.name} by an alias:"
                " write them out, or remove the alias"
            )
        if key.name in kept:
            continue
        removed += [(name, tags[0].value or "") for name in (key.name, *aliases)]
        numbers.add(tags[0].number)
        if len(key.tags) == 1:
            numbers.add(key.number)
    lines = [line for number, line in enumerate(split_lines(text), 1) if number not in numbers]
    return "".join(lines), removed


def _variable(text: str) -> Entry:
    for entry in read_entries(text):
        if entry.key == TAGS_VARIABLE:
            return entry
    raise PinFileError(f"the variable {TAGS_VARIABLE} is missing")


def _add_line(keys: list[KeyLines], content: str, number: int) -> None:
    """Add the key or tag of a line to those before it. Raises LineError."""
    reference = _REFERENCE.fullmatch(content)
    if reference and (not keys or len(reference["indent"]) == keys[0].indent):
        _add_reference(keys, reference, number)
        return
    line = read_line(content)
    indent = len(content) - len(content.lstrip(" "))
    if line.is_item or line.refusal or line.block >= 0 or not indent:
        raise LineError(f"'{content.strip()}': {_ONE_EACH}")
    if not keys or indent == keys[0].indent:
        if line.value is not None:
            raise LineError(f"'{content.strip()}': {_ONE_EACH}")
        _add_key(keys, KeyLines(line.key, number, indent))
        return
    if keys[-1].is_alias:
        raise LineError(f"'{content.strip()}': {_ONE_EACH}")
    tags = keys[-1].tags
    if indent < keys[0].indent or (tags and tags[0].indent != indent):
        raise LineError(
            f"'{content.strip()}' is indented neither as a key nor as a tag: correct the indentation"
        )
    if any(tag.base_distro == line.key for tag in tags):
        raise LineError(f"duplicate base distribution {line.key} of {keys[-1].name}: remove one")
    tags.append(TagLine(line.key, line.value, number, line.start, line.end, line.quote, indent))


def _add_key(keys: list[KeyLines], new: KeyLines) -> None:
    if any(key.name == new.name for key in keys):
        raise LineError(f"duplicate key {new.name}: remove one of them")
    keys.append(new)


def _add_reference(keys: list[KeyLines], line: re.Match[str], number: int) -> None:
    """Add a key with an anchor, or one that is an alias. Raises LineError."""
    is_alias, anchor = line["sign"] == "*", line["anchor"]
    known = any(key.anchor == anchor and not key.is_alias for key in keys)
    if is_alias != known:
        raise LineError(f"the anchor {anchor} is {'not defined' if is_alias else 'defined'} above")
    new = KeyLines(line["key"], number, len(line["indent"]), [], anchor, is_alias)
    _add_key(keys, new)


def _tag_indent(keys: Iterable[KeyLines], default: int) -> int:
    """Return the indentation of the first tag of keys."""
    return next((key.tags[0].indent for key in keys if key.tags), default)


def _tag_place(key: KeyLines, base_distro: str) -> int:
    """Return the line to insert a new tag of a key after."""
    names = [tag.base_distro for tag in key.tags]
    if names != sorted(names):
        return key.last
    smaller = [tag.number for tag in key.tags if tag.base_distro < base_distro]
    return smaller[-1] if smaller else key.number


def _key_place(keys: list[KeyLines], name: str, variable: int) -> int:
    """Return the line to insert a new key after: the variable's, where it comes first. The default
    key stays before all others."""
    others = keys[1:] if keys and keys[0].name == DEFAULT_KEY else keys
    if [key.name for key in others] != sorted(key.name for key in others):
        return keys[-1].last
    smaller = [key for key in others if key.name < name]
    if smaller:
        return smaller[-1].last
    return variable if others == keys else keys[0].last


def _with_lines(lines: list[str], place: int, new: list[str]) -> str:
    """Return the text with new lines, without their ends, after line `place`."""
    end = line_end(lines)
    if not lines[place - 1].endswith(tuple(LINE_ENDS)):
        return "".join([*lines[:place], *(f"{end}{line}" for line in new)])
    return "".join([*lines[:place], *(f"{line}{end}" for line in new), *lines[place:]])
