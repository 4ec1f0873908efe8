# SPDX-License-Identifier: Apache-2.0
"""The file of image tags of a Kayobe configuration, edited in place: `kolla_image_tags`, a mapping
of keys to tags by base distribution, a line for each.

A line editor, as `release_pin_file` is: all that is not a tag that is set or taken away stays as it
is, byte for byte. What is not written with a line for each tag is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from .kolla import DEFAULT_KEY
from .pin_file import LineError, PinFileError, read_entries, read_line

TAGS_KEY = "kolla_image_tags"
_LINES = re.compile(
    "[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029])|[^\r\n\x85\u2028\u2029]+"
)
_ENDS = "\r\n\x85\u2028\u2029"
_BY_HAND = "write each key on a line of its own, and each of its tags on another below it"


@dataclass(frozen=True)
class TagLine:
    """`distro: tag` in line `number`, from 1: `value` is None where there is no tag."""

    distro: str
    value: str | None
    number: int
    start: int
    end: int
    quote: str
    indent: int


@dataclass(frozen=True)
class KeyLines:
    """A key in line `number`, and its tags."""

    key: str
    number: int
    indent: int
    tags: list[TagLine] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The last line that belongs to it."""
        return self.tags[-1].number if self.tags else self.number


def read_keys(text: str) -> list[KeyLines]:
    """The keys of `kolla_image_tags`, in the order of the file.

    Raises PinFileError naming all lines that cannot be edited.
    """
    tops = [entry for entry in read_entries(text) if entry.key == TAGS_KEY]
    if not tops:
        raise PinFileError(f"there is no {TAGS_KEY}")
    [top] = tops
    if top.value is not None or top.is_block or (top.last == top.number and top.refusal):
        raise PinFileError(f"line {top.number}: {TAGS_KEY} is no mapping: {_BY_HAND}")
    found: list[KeyLines] = []
    problems: list[str] = []
    lines = _LINES.findall(text)
    for number in range(top.number + 1, top.last + 1):
        content = lines[number - 1].rstrip(_ENDS)
        if not content.strip(" ") or content.lstrip(" ").startswith("#"):
            continue
        try:
            _take(found, content, number)
        except LineError as error:
            problems.append(f"line {number}: {error}")
    if problems:
        raise PinFileError("; ".join(problems))
    return found


def _take(found: list[KeyLines], content: str, number: int) -> None:
    """Add a line to what was found. Raises LineError."""
    line = read_line(content)
    indent = len(content) - len(content.lstrip(" "))
    if line.is_item or line.refusal or line.block >= 0 or not indent:
        raise LineError(f"'{content.strip()}': {_BY_HAND}")
    if not found or indent == found[0].indent:
        if line.value is not None:
            raise LineError(f"'{content.strip()}': {_BY_HAND}")
        if any(one.key == line.key for one in found):
            raise LineError(f"{line.key} is there twice: remove one of them")
        found.append(KeyLines(line.key, number, indent))
        return
    tags = found[-1].tags
    if indent < found[0].indent or (tags and tags[0].indent != indent):
        raise LineError(f"'{content.strip()}' is neither a key nor one of its tags")
    if any(one.distro == line.key for one in tags):
        raise LineError(f"{found[-1].key} has {line.key} twice: remove one of them")
    tags.append(TagLine(line.key, line.value, number, line.start, line.end, line.quote, indent))


def with_tag(text: str, key: str, distro: str, tag: str) -> str:
    """The text with a tag for a distribution at a key; lines that it does not have yet are sorted in,
    where their neighbours are sorted, else come last. Raises PinFileError."""
    keys, lines = read_keys(text), _LINES.findall(text)
    holder = next((one for one in keys if one.key == key), None)
    if holder is None:
        indent = keys[0].indent if keys else 2
        deeper = next((one.tags[0].indent for one in keys if one.tags), 2 * indent)
        place = _place(keys, key, _top(text))
        return _with_lines(
            lines, place, [f"{' ' * indent}{key}:", f"{' ' * deeper}{distro}: {tag}"]
        )
    there = next((one for one in holder.tags if one.distro == distro), None)
    if there is None:
        deeper = next(
            (one.tags[0].indent for one in [holder, *keys] if one.tags), 2 * holder.indent
        )
        before = [one for one in holder.tags if one.distro < distro]
        is_sorted = holder.tags == sorted(holder.tags, key=lambda one: one.distro)
        place = (before[-1].number if before else holder.number) if is_sorted else holder.last
        return _with_lines(lines, place, [f"{' ' * deeper}{distro}: {tag}"])
    line = lines[there.number - 1]
    blank = " " if line[there.start - 1] == ":" else ""
    quoted = f"{there.quote}{tag}{there.quote}"
    lines[there.number - 1] = f"{line[: there.start]}{blank}{quoted}{line[there.end :]}"
    return "".join(lines)


def without_tag(text: str, distro: str, keep: Iterable[str]) -> tuple[str, list[tuple[str, str]]]:
    """The text without a distribution at all keys but those to keep, and without the keys that
    have no other; also the keys that had it, with their tags. Raises PinFileError."""
    kept, lines = set(keep), _LINES.findall(text)
    taken: list[tuple[str, str]] = []
    gone: set[int] = set()
    for one in read_keys(text):
        here = [tag for tag in one.tags if tag.distro == distro]
        if not here or one.key in kept:
            continue
        taken.append((one.key, here[0].value or ""))
        gone.add(here[0].number)
        if len(one.tags) == 1:
            gone.add(one.number)
    left = [line for number, line in enumerate(lines, 1) if number not in gone]
    return "".join(left), taken


def _top(text: str) -> int:
    return next(entry.number for entry in read_entries(text) if entry.key == TAGS_KEY)


def _place(keys: list[KeyLines], key: str, top: int) -> int:
    """The line that a new key comes after; the default stays first where it is."""
    rest = keys[1:] if keys and keys[0].key == DEFAULT_KEY else keys
    if [one.key for one in rest] != sorted(one.key for one in rest):
        return keys[-1].last
    smaller = [one for one in rest if one.key < key]
    if smaller:
        return smaller[-1].last
    return top if rest == keys else keys[0].last


def _with_lines(lines: list[str], place: int, new: list[str]) -> str:
    ends = [line[len(line.rstrip(_ENDS)) :] for line in lines]
    end = next(filter(None, ends), "\n")
    if not ends[place - 1]:
        return "".join([*lines[:place], *(f"{end}{line}" for line in new)])
    return "".join([*lines[:place], *(f"{line}{end}" for line in new), *lines[place:]])
