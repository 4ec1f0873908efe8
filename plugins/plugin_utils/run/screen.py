# SPDX-License-Identifier: Apache-2.0
"""The run summary on the screen: failed items with their causes, changes, the retry command."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ...module_utils.report.cause_table import CAUSES
from .outcome import Outcome, name_of
from .progress import changes_of, duration

LINES = 30
_WIDTH = 150
_FAILED_LINES = 11
_OTHER_LINES = 2
_ADVICE = {cause.name: cause.advice for cause in CAUSES}


def summary_screen(outcome: Outcome, heading: str, command: str = "") -> list[str]:
    """Return at most LINES lines about one host, the counts last.

    `heading` is the title of the changed items, `command` retries the failed ones.
    """
    failed = _failed(outcome)
    retry = ["Retry the failed items:", f"  {command}"] if command and outcome.failed else []
    allowed = _cut([_failure(result) for result in outcome.allowed], _OTHER_LINES)
    notes = [
        *(["Allowed failures", *allowed] if allowed else []),
        *_flagged(outcome.shrunk),
        *filter(None, [stale_line(outcome, _WIDTH), storage_line(outcome)]),
    ]
    end = [", ".join(filter(None, [outcome.counts, outcome.selected, duration(outcome.seconds)]))]
    room = LINES - len(failed) - len(retry) - len(notes) - len(end)
    return [*failed, *retry, *_changed(outcome, heading, room), *notes, *end]


def fleet_screen(outcomes: Sequence[Outcome], commands: Sequence[str]) -> list[str]:
    """Return at most LINES lines about several hosts, those that failed first."""
    width = max(len(outcome.host) for outcome in outcomes)
    lines = [
        _fit(f"  {one.host:<{width}}  {one.message or one.counts}")
        for one in sorted(outcomes, key=lambda one: not one.has_failed)
    ]
    retry = [f"  {command}" for command in commands if command]
    failed = sum(outcome.has_failed for outcome in outcomes)
    end = f"{len(outcomes)} Pulps: {failed} failed, {len(outcomes) - failed} ok"
    retry = ["Retry the failed items:", *_cut(retry, 6)] if retry else []
    return ["Pulps", *_cut(lines, LINES - 2 - len(retry)), *retry, end]


def change_summary(result: Mapping[str, Any]) -> str:
    """Describe a changed item: `20261122T200001  +12 -3, 9 upgraded: kernel 5.14-1 -> 5.14-2`."""
    upgraded = result.get("packages_upgraded")
    numbers = ", ".join(
        filter(None, [changes_of(result), f"{upgraded} upgraded" if upgraded else ""])
    )
    notable = ", ".join(result.get("notable") or [])
    changes = f"{numbers}: {notable}" if notable else numbers
    changes = changes or str(result.get("told") or result["action"])
    return "  ".join(filter(None, [str(result.get("stamp") or ""), changes]))


def stale_line(outcome: Outcome, width: int | None = None) -> str:
    """List the repositories without a recent sync: all, or as many as fit into `width`."""
    if not outcome.stale:
        return ""
    names = [f"{one['name']} ({one['last'] or 'never'})" for one in outcome.stale]
    start = f"Not synced for long, {len(names)}: "
    return start + _enumerate(names, width and width - len(start))


def storage_line(outcome: Outcome) -> str:
    """Describe the free space in the storage of Pulp."""
    storage = outcome.storage
    if not storage:
        return ""
    free, total = storage["free"], storage["total"]
    percent = 100 * free // total if total else 0
    warning = " - LOW: free up space before the next run" if storage.get("low") else ""
    return f"Storage of Pulp: {_size(free)} of {_size(total)} free ({percent} %){warning}"


def _failed(outcome: Outcome) -> list[str]:
    """List the failed items with their errors, and the advice for each cause."""
    if not outcome.has_failed:
        return []
    lines = [line for text in outcome.broken for part in text.splitlines() for line in _wrap(part)]
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


def _changed(outcome: Outcome, heading: str, room: int) -> list[str]:
    if not outcome.done:
        return []
    width = max(len(name_of(result)) for result in outcome.done)
    # Notable changes come first, because the screen may be too short for all.
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
    return ["Flagged: package_query skips them unless their stamp is given", *_cut(lines, 3)]


def _cut(lines: list[str], room: int) -> list[str]:
    """Return at most `room` lines; if some are left out, the last one counts them."""
    if len(lines) <= room:
        return lines
    kept = max(0, room - 1)
    return [*lines[:kept], f"  ... and {len(lines) - kept} more, in the report"]


def _enumerate(texts: Sequence[str], width: int | None) -> str:
    """Join as many texts as fit into `width`, and count the others."""
    line = ", ".join(texts)
    kept = len(texts)
    while width is not None and len(line) > width and kept > 0:
        kept -= 1
        line = f"{', '.join(texts[:kept])} and {len(texts) - kept} more"
    return line


def _wrap(text: str) -> list[str]:
    """Wrap a message without cutting it: messages of whole modules are not in the report."""
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
