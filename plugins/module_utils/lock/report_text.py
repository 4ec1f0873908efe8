# SPDX-License-Identifier: Apache-2.0
"""The comparison of two locks as lines for a terminal, and as Markdown for a pull request."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from ..text import escape_markdown, markdown_table, printable, text_table
from .advisories import is_security
from .report_rows import (
    SUMMARY_COLUMNS,
    Group,
    Row,
    advisory_summary,
    container_rows,
    disk_image_rows,
    repository_groups,
    source_rows,
    summary_rows,
)

# GitHub accepts 65,536 characters in a comment.
MARKDOWN_LENGTH = 60_000
_MAX_NAMES = 8
# Of a table: the columns, and the rule below them.
_HEAD_LINES = 2
_MAX_TABLE_ROWS = 500
_MAX_WIDTH = 120
_SHORT_DIGEST = 12
_SHORTENED = "The report was shortened: the HTML page of the comparison has all changes."

_SECTIONS = (
    ("Container images", container_rows),
    ("Disk images", disk_image_rows),
    ("Source repositories", source_rows),
)
_ROW_COLUMNS = ("change", "name", "old", "new")
_ADVISORY_COLUMNS = ("severity", "advisory", "title", "CVEs", "packages", "repositories")


def text_lines(difference: Mapping[str, Any], limit: int = 50) -> list[str]:
    """Return the comparison as lines without control characters; counts come first.

    Each list has at most `limit` rows, and ends with the number of those that are not shown.
    """
    lines = [_title(difference), f"{advisory_summary(difference)}.", ""]
    lines += text_table(
        ("", *(name.upper() for name in SUMMARY_COLUMNS)),
        ((label, *numbers) for label, numbers in summary_rows(difference)),
    )
    security = _security(difference)
    if security:
        lines += ["", "Security advisories"]
        lines += _limited(_ADVISORY_COLUMNS, map(_advisory_cells, security), limit)
    for group in repository_groups(difference):
        lines += ["", printable(_group_title(group))]
        if group.error:
            lines.append(f"  not compared: {printable(group.error)}")
        if group.rows:
            lines += _limited(_ROW_COLUMNS, map(_cells, group.rows), limit)
    for title, rows_of in _SECTIONS:
        rows = rows_of(difference)
        if rows:
            lines += ["", title, *_limited(_ROW_COLUMNS, map(_cells, rows), limit)]
    return lines


def comparison_markdown(difference: Mapping[str, Any], length: int = MARKDOWN_LENGTH) -> str:
    """Return the comparison as Markdown of at most about `length` characters; counts come first.

    Long tables are shortened. A part that does not fit is left out, and a sentence at the end
    reports that.
    """
    required = [
        f"## {escape_markdown(_title(difference))}",
        f"{escape_markdown(advisory_summary(difference))}.",
        *markdown_table(
            "Summary",
            ("", *SUMMARY_COLUMNS),
            ([label, *numbers] for label, numbers in summary_rows(difference)),
        ),
    ]
    parts, is_shortened = required, False
    left = length - sum(len(part) + 2 for part in required) - len(_SHORTENED)
    for part in _optional_parts(difference, left // 2):
        if len(part) + 2 > left:
            is_shortened = True
            continue
        parts.append(part)
        left -= len(part) + 2
    if is_shortened:
        parts.append(_SHORTENED)
    return "\n\n".join(parts) + "\n"


def _optional_parts(difference: Mapping[str, Any], length: int) -> Iterator[str]:
    """Yield the parts of the Markdown, the most important first, of about `length` characters."""
    security = _security(difference)
    if security:
        rows = list(map(_advisory_cells, security))
        yield _collapsed("Security advisories", _ADVISORY_COLUMNS, rows, length)
    groups = repository_groups(difference)
    if groups:
        rows = [[group.name, _group_changes(group), group.note] for group in groups]
        yield _collapsed("Package repositories", ("repository", "changes", "content"), rows, length)
    for title, rows_of in _SECTIONS:
        found = rows_of(difference)
        if found:
            yield _collapsed(title, _ROW_COLUMNS, list(map(_cells, found)), length)
    for group in groups:
        if group.rows:
            yield _collapsed(group.name, _ROW_COLUMNS, list(map(_cells, group.rows)), length)


def _collapsed(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], length: int
) -> str:
    """Return a table that GitHub shows after a click, with the rows that fit into the length."""
    lines = markdown_table(title, columns, rows[:_MAX_TABLE_ROWS])[1].split("\n")
    ends = accumulate(len(line) + 1 for line in lines)
    fitting = lines[: max(_HEAD_LINES + 1, sum(end <= length for end in ends))]
    table = "\n".join(fitting)
    left = len(rows) - (len(fitting) - _HEAD_LINES)
    if left:
        table += f"\n\n... and {left:,} more"
    # GitHub reads HTML here, and no Markdown.
    summary = f"<b>{html.escape(printable(title))}</b>: {len(rows):,}"
    return f"<details><summary>{summary}</summary>\n\n{table}\n\n</details>"


def _title(difference: Mapping[str, Any]) -> str:
    old, new = (printable(difference[side]["name"]) for side in ("old", "new"))
    if not difference["changed"]:
        return f"Release {new} has the same content as {old}"
    return f"Release {new} compared with {old}"


def _security(difference: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    advisories = difference["advisories"]
    return [one for kind in ("added", "updated") for one in advisories[kind] if is_security(one)]


def _advisory_cells(advisory: Mapping[str, Any]) -> list[str]:
    return [
        advisory["severity"],
        advisory["id"],
        advisory["title"][:_MAX_WIDTH],
        *(_names(advisory[key]) for key in ("cves", "packages", "repositories")),
    ]


def _names(names: Sequence[str]) -> str:
    text = ", ".join(names[:_MAX_NAMES])
    return f"{text} and {len(names) - _MAX_NAMES:,} more" if len(names) > _MAX_NAMES else text


def _cells(row: Row) -> list[str]:
    return [
        row.change,
        row.name,
        _side(row.old, row.old_digest),
        _side(row.new, row.new_digest),
    ]


def _side(text: str, digest: str) -> str:
    """Return a version, tag or ref with the start of its digest or commit."""
    digits = digest.rpartition(":")[2][:_SHORT_DIGEST]
    return f"{text} ({digits})" if digits else text


def _group_title(group: Group) -> str:
    return f"{group.name}: {_group_changes(group)} ({group.note})"


def _group_changes(group: Group) -> str:
    if group.change != "changed":
        return f"repository {group.change}"
    return group.counts or ("not compared" if group.error else "same packages")


def _limited(columns: Sequence[str], rows: Iterable[Sequence[str]], limit: int) -> list[str]:
    """Return a table with at most `limit` rows, indented."""
    found = list(rows)
    lines = text_table([name.upper() for name in columns], found[:limit])
    if len(found) > limit:
        lines.append(f"... and {len(found) - limit:,} more")
    return [f"  {line}" for line in lines]
