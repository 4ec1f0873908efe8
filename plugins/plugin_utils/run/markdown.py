# SPDX-License-Identifier: Apache-2.0
"""The run summary as Markdown, for a CI job or a pull request."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible.errors import AnsibleActionFail

from ...module_utils.text import escape_markdown, markdown_table, printable
from .failures import failure_groups
from .outcome import Outcome, name_of
from .progress import duration
from .screen import CHECK_MODE, describe_change, stale_line, storage_line

# Summaries of CI jobs are limited in size.
_MAX_ROWS = 1000


@dataclass(frozen=True)
class SummaryTable:
    """The result of a query on one host: a line `summary`, and a table of `rows` with `columns`."""

    title: str
    host: str
    failed: bool
    summary: str
    heading: str
    columns: Sequence[str]
    rows: Sequence[Mapping[str, Any]]

    @property
    def markdown(self) -> str:
        """The text in Markdown."""
        sign = "❌" if self.failed else "✅"
        parts = [
            f"## {escape_markdown(self.title)}",
            f"{sign} **{escape_markdown(self.host)}**: {escape_markdown(self.summary)}",
        ]
        cells = [[_cell(row.get(name)) for name in self.columns] for row in self.rows[:_MAX_ROWS]]
        head = [name.replace("_", " ") for name in self.columns]
        parts += markdown_table(self.heading, head, cells)
        if len(self.rows) > _MAX_ROWS:
            parts.append(f"... and {len(self.rows) - _MAX_ROWS} more")
        return "\n\n".join(parts) + "\n"


def _cell(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def add_summary(path: str, text: str) -> None:
    """Append to a file, which the steps of a CI job share. Raises AnsibleActionFail.

    A new file is private; an existing one keeps its mode, because others may have to read it.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
    except OSError as error:
        message = f"summary_path '{path}' cannot be written: {error.strerror}"
        raise AnsibleActionFail(message) from error


def markdown(title: str, outcomes: Sequence[Outcome], heading: str, commands: Sequence[str]) -> str:
    """Return the summary of a run; `commands` are the retry commands of `outcomes`, or empty."""
    parts = [f"## {escape_markdown(title)}"]
    for outcome, command in zip(outcomes, commands):
        sign = "❌" if outcome.has_failed else "✅"
        took = duration(outcome.seconds)
        note = CHECK_MODE if outcome.check_mode else ""
        counts = ", ".join(filter(None, [outcome.counts, outcome.selected, took, note]))
        parts.append(f"{sign} **{escape_markdown(outcome.host)}**: {escape_markdown(counts)}")
        parts += _sections(outcome, heading, command)
    return "\n\n".join(parts) + "\n"


def _sections(outcome: Outcome, heading: str, command: str) -> list[str]:
    parts = [escape_markdown(text) for text in [*outcome.broken, *outcome.notes]]
    for name, results in (("Failed", outcome.failed), ("Allowed failures", outcome.allowed)):
        groups = failure_groups(results)
        rows = [
            (", ".join(one.names), one.cause, one.error)
            for group in groups
            for one in group.failures
        ]
        parts += markdown_table(name, ("item", "cause", "error"), rows)
        hints = [
            f"- **{escape_markdown(group.cause)}**: {escape_markdown(group.advice)}"
            for group in groups
            if group.advice
        ]
        parts += ["\n".join(hints)] if hints else []
    if command and outcome.failed:
        parts.append(f"Retry the failed items:\n\n```shell\n{printable(command)}\n```")
    changed = [(name_of(one), describe_change(outcome, one)) for one in outcome.done]
    parts += markdown_table(heading, ("item", "change"), changed)
    shrunk = [
        (name_of(one), one["shrunk"]["before"], one["shrunk"]["after"]) for one in outcome.shrunk
    ]
    parts += markdown_table("Flagged", ("item", "packages before", "packages now"), shrunk)
    parts += [
        escape_markdown(line) for line in (stale_line(outcome), storage_line(outcome)) if line
    ]
    return parts
