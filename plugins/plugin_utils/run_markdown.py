# SPDX-License-Identifier: Apache-2.0
"""A run as Markdown, for the summary of a CI job or the text of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from ..module_utils.text_plain import printable
from .markdown_text import plain, table
from .progress_text import duration
from .run_outcome import Outcome, name_of
from .run_screen import stale_line, storage_line, what_changed

__all__ = ["markdown"]


def markdown(title: str, outcomes: Sequence[Outcome], heading: str, commands: Sequence[str]) -> str:
    """The whole text; `commands` belongs to `outcomes`, one each, empty where there is none."""
    parts = [f"## {plain(title)}"]
    for outcome, command in zip(outcomes, commands):
        sign = "❌" if outcome.has_failed else "✅"
        took = duration(outcome.seconds)
        told = ", ".join(filter(None, [outcome.counts, outcome.selected, took]))
        parts.append(f"{sign} **{plain(outcome.host)}**: {plain(told)}")
        parts += _sections(outcome, heading, command)
    return "\n\n".join(parts) + "\n"


def _sections(outcome: Outcome, heading: str, command: str) -> list[str]:
    parts = [plain(text) for text in outcome.broken]
    for name, results in (("Failed", outcome.failed), ("Failed, as they may", outcome.allowed)):
        rows = [(name_of(one), one.get("cause") or "", one["error"]) for one in results]
        parts += table(name, ("item", "cause", "what was said"), rows)
    if command and outcome.failed:
        parts.append(f"To do again what failed:\n\n```shell\n{printable(command)}\n```")
    changed = [(name_of(one), what_changed(one)) for one in outcome.done]
    parts += table(heading, ("item", "change"), changed)
    shrunk = [
        (name_of(one), one["shrunk"]["before"], one["shrunk"]["after"]) for one in outcome.shrunk
    ]
    parts += table("Flagged", ("item", "packages before", "packages now"), shrunk)
    parts += [plain(line) for line in (stale_line(outcome), storage_line(outcome)) if line]
    return parts
