# SPDX-License-Identifier: Apache-2.0
"""The last screen of a run: what failed and why, what is new, and what to paste next."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ...module_utils.report.causes import CAUSES
from .outcome import Outcome, name_of
from .progress import changes_of, duration

LINES = 30
_WIDTH = 150
_FAILED_LINES = 11
_OTHER_LINES = 2
_ADVICE = {cause.name: cause.advice for cause in CAUSES}


def summary_screen(outcome: Outcome, heading: str, command: str = "") -> list[str]:
    """At most LINES lines. `heading` is above what changed; `command` runs what failed again."""
    failed = _failed(outcome)
    again = ["To do again what failed:", f"  {command}"] if command and outcome.failed else []
    allowed = _cut([_failure(result) for result in outcome.allowed], _OTHER_LINES)
    notes = [
        *(["Failed, as they may", *allowed] if allowed else []),
        *_flagged(outcome.shrunk),
        *filter(None, [stale_line(outcome, _WIDTH), storage_line(outcome)]),
    ]
    end = [", ".join(filter(None, [outcome.counts, outcome.selected, duration(outcome.seconds)]))]
    room = LINES - len(failed) - len(again) - len(notes) - len(end)
    return [*failed, *again, *_done(outcome, heading, room), *notes, *end]


def fleet_screen(outcomes: Sequence[Outcome], commands: Sequence[str]) -> list[str]:
    """At most LINES lines over several Pulps, those that failed first."""
    width = max(len(outcome.host) for outcome in outcomes)
    lines = [
        _fit(f"  {one.host:<{width}}  {one.message or one.counts}")
        for one in sorted(outcomes, key=lambda one: not one.has_failed)
    ]
    again = [f"  {command}" for command in commands if command]
    failed = sum(outcome.has_failed for outcome in outcomes)
    end = f"{len(outcomes)} Pulps: {failed} failed, {len(outcomes) - failed} ok"
    again = ["To do again what failed:", *_cut(again, 6)] if again else []
    return ["Pulps", *_cut(lines, LINES - 2 - len(again)), *again, end]


def change_summary(result: Mapping[str, Any]) -> str:
    """`20261122T200001  +12 -3, 9 upgraded: kernel 5.14-1 -> 5.14-2` of one item."""
    upgraded = result.get("packages_upgraded")
    numbers = ", ".join(
        filter(None, [changes_of(result), f"{upgraded} upgraded" if upgraded else ""])
    )
    notable = ", ".join(result.get("notable") or [])
    told = f"{numbers}: {notable}" if notable else numbers
    told = told or str(result.get("told") or result["action"])
    return "  ".join(filter(None, [str(result.get("stamp") or ""), told]))


def stale_line(outcome: Outcome, width: int | None = None) -> str:
    """Which repositories no sync has succeeded for a long time for: all, or as many as fit."""
    if not outcome.stale:
        return ""
    told = [f"{one['name']} ({one['last'] or 'never'})" for one in outcome.stale]
    start = f"Not synced for long, {len(told)}: "
    return start + _enumerate(told, width and width - len(start))


def storage_line(outcome: Outcome) -> str:
    """How full the server's storage is."""
    storage = outcome.storage
    if not storage:
        return ""
    free, total = storage["free"], storage["total"]
    percent = 100 * free // total if total else 0
    warning = " - THAT IS LITTLE: free some before the next run" if storage.get("low") else ""
    return f"Storage of Pulp: {_size(free)} of {_size(total)} free ({percent} %){warning}"


def _failed(outcome: Outcome) -> list[str]:
    """What failed with Pulp's words, and what to do about each cause."""
    if not outcome.has_failed:
        return []
    lines = [line for text in outcome.broken for said in text.splitlines() for line in _wrap(said)]
    advice = []
    for result in outcome.failed:
        lines.append(_failure(result))
        known = _ADVICE.get(str(result.get("cause")))
        if known:
            advice.append(_fit(f"  => {result['cause']}: {known}"))
    advice = _cut(list(dict.fromkeys(advice)), 3)
    return ["Failed", *_cut(lines, _FAILED_LINES - len(advice)), *advice]


def _failure(result: Mapping[str, Any]) -> str:
    cause = f"{result['cause']}: " if result.get("cause") else ""
    return _fit(f"  {name_of(result)}: {cause}{' '.join(str(result['error']).split())}")


def _done(outcome: Outcome, heading: str, room: int) -> list[str]:
    if not outcome.done:
        return []
    width = max(len(name_of(result)) for result in outcome.done)
    # What matters most comes first, where the screen is too short for all.
    ordered = sorted(outcome.done, key=lambda result: not result.get("notable"))
    lines = [_fit(f"  {name_of(one):<{width}}  {change_summary(one)}") for one in ordered]
    return [heading, *_cut(lines, room - 1)]


def _flagged(shrunk: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = []
    for result in shrunk:
        before, after = result["shrunk"]["before"], result["shrunk"]["after"]
        fewer = 100 * (before - after) // before
        lines.append(
            _fit(f"  {name_of(result)}: {after} packages instead of {before}, {fewer} % fewer")
        )
    if not lines:
        return []
    return ["Flagged: package_query passes over them unless they are named", *_cut(lines, 3)]


def _cut(lines: list[str], room: int) -> list[str]:
    """At most `room` lines, the last one saying how many are missing."""
    if len(lines) <= room:
        return lines
    kept = max(0, room - 1)
    return [*lines[:kept], f"  ... and {len(lines) - kept} more, in the report"]


def _enumerate(texts: Sequence[str], width: int | None) -> str:
    """As many texts as fit, and how many more there are."""
    told = ", ".join(texts)
    kept = len(texts)
    while width is not None and len(told) > width and kept > 0:
        kept -= 1
        told = f"{', '.join(texts[:kept])} and {len(texts) - kept} more"
    return told


def _wrap(text: str) -> list[str]:
    """All of it: what went wrong before the items is in no report."""
    indent = "  "
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def _fit(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def _size(number: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"
