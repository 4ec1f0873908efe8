# SPDX-License-Identifier: Apache-2.0
"""The run summary on the screen: failed items with their causes, changes, the retry command."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .failures import Failure, FailureGroup, failure_groups, unique_names
from .messages import shorten
from .outcome import Outcome, name_of
from .progress import changes_of, duration

LINES = 30
CHECK_MODE = "check mode: nothing was written"
# Enough for six causes: a failure, the number of others, and the advice.
_FAILED_LINES = 19
_CHANGED_LINES = 3
_OTHER_LINES = 2
_RETRY_LINES = 6
# On narrower terminals a failure may have three lines, else two.
_WIDE = 120
_INDENT = "  "
_WRAPPED = "      "


@dataclass(frozen=True)
class View:
    """What the screen looks like: the `width` of its lines, and whether there is a `report`."""

    width: int = 150
    report: bool = False

    def fit(self, line: str) -> str:
        """Return a line that is not wider than the screen."""
        return shorten(line, self.width)

    def clip(self, line: str) -> str:
        """Return a line that is not wider than the screen, cut at its end."""
        return line if len(line) <= self.width else f"{line[: self.width - 1]}…"

    def rows(self, text: str, number: int = 1) -> list[str]:
        """Wrap a text to at most this number of lines; a longer one is cut in its middle."""
        # Wrapped lines are indented, and a long word leaves room at the end of a line.
        width = self.width if number == 1 else number * self.width - len(_WRAPPED) * number
        line = shorten(text, width)
        return textwrap.wrap(
            line, self.width, subsequent_indent=_WRAPPED, break_on_hyphens=False
        ) or [""]

    def rest(self, number: int, what: str = "") -> str:
        """Return the line that counts what is not shown."""
        where = ", in the report" if self.report else ""
        return f"{_INDENT}... and {number} more{what}{where}"

    def cut(self, lines: Sequence[str], room: int) -> list[str]:
        """Return at most `room` lines; if some are left out, the last one counts them."""
        if len(lines) <= room:
            return list(lines)
        kept = max(0, room - 1)
        return [*lines[:kept], self.rest(len(lines) - kept)]


def summary_screen(
    outcome: Outcome, heading: str, command: str = "", view: View = View()
) -> list[str]:
    """Return at most LINES lines about one host, the counts last.

    `heading` is the title of the changed items, which are not listed without; `command` retries the
    failed ones.
    """
    retry = ["Retry the failed items:", f"{_INDENT}{command}"] if command and outcome.failed else []
    allowed = [
        view.fit(f"{_INDENT}{failure.subject}: {failure.text}")
        for group in failure_groups(outcome.allowed)
        for failure in group.failures
    ]
    allowed = view.cut(allowed, _OTHER_LINES)
    notes = [
        *_remarks(outcome.notes, view),
        *(["Allowed failures", *allowed] if allowed else []),
        *_flagged(outcome.shrunk, view),
        *filter(None, [stale_line(outcome, view.width), storage_line(outcome)]),
    ]
    note = CHECK_MODE if outcome.check_mode else ""
    counts = [outcome.counts, outcome.selected, duration(outcome.seconds), note]
    end = [", ".join(filter(None, counts))]
    room = LINES - len(retry) - len(notes) - len(end)
    failed = _failed(outcome, min(_FAILED_LINES, room - _CHANGED_LINES), view)
    room -= len(failed)
    return [*failed, *retry, *_changed(outcome, heading, room, view), *notes, *end]


def _remarks(notes: Sequence[str], view: View) -> list[str]:
    """Return the first note, and how many more there are."""
    first = [row for text in notes[:1] for row in view.rows(text, 2)]
    return [*first, view.rest(len(notes) - 1)] if len(notes) > 1 else first


def fleet_screen(
    outcomes: Sequence[Outcome], commands: Sequence[str], view: View = View()
) -> list[str]:
    """Return at most LINES lines about several hosts, those that failed first."""
    width = max(len(outcome.host) for outcome in outcomes)
    lines = [
        view.fit(f"{_INDENT}{one.host:<{width}}  {one.message or one.counts}")
        for one in sorted(outcomes, key=lambda one: not one.has_failed)
    ]
    retry = [f"{_INDENT}{command}" for command in commands if command]
    failed = sum(outcome.has_failed for outcome in outcomes)
    end = f"{len(outcomes)} Pulps: {failed} failed, {len(outcomes) - failed} ok"
    retry = ["Retry the failed items:", *view.cut(retry, _RETRY_LINES)] if retry else []
    return ["Pulps", *view.cut(lines, LINES - 2 - len(retry)), *retry, end]


def change_summary(result: Mapping[str, Any]) -> str:
    """Describe a changed item: `20261122T200001  +12 -3, 9 upgraded: kernel 5.14-1 -> 5.14-2`."""
    numbers = ", ".join(
        filter(
            None,
            [
                changes_of(result),
                *(
                    f"{result[f'packages_{what}']} {what}"
                    for what in ("upgraded", "downgraded")
                    if result.get(f"packages_{what}")
                ),
            ],
        )
    )
    notable = ", ".join(result.get("notable") or [])
    numbers = str(result.get("difference") or numbers)
    changes = f"{numbers}: {notable}" if notable else numbers
    told = str(result.get("told") or "")
    parts = [str(result.get("stamp") or ""), told, changes]
    return "  ".join(filter(None, parts if told or changes else [parts[0], str(result["action"])]))


def planned_change(result: Mapping[str, Any]) -> str:
    """Describe what check mode reports of an item: `remote url, remote policy`."""
    if result.get("told"):
        return str(result["told"])
    if result["action"] == "created":
        snapshot = f"new snapshot {result['stamp']}" if result.get("snapshot") else ""
        return snapshot or str(result["action"])
    names = [
        f"{key} {inner}".rstrip()
        for key, value in {**result["before"], **result["after"]}.items()
        for inner in (value if isinstance(value, Mapping) else [""])
    ]
    return ", ".join(dict.fromkeys(names)) or str(result["action"])


def describe_change(outcome: Outcome, result: Mapping[str, Any]) -> str:
    """Describe a changed item, or in check mode one that would change."""
    return planned_change(result) if outcome.check_mode else change_summary(result)


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


def _failed(outcome: Outcome, room: int, view: View) -> list[str]:
    """List failed items with their errors, and the advice for each cause, in `room` lines."""
    if not outcome.has_failed:
        return []
    lines = [
        line for text in outcome.broken for part in text.splitlines() for line in _wrap(part, view)
    ]
    groups = failure_groups(outcome.failed)
    return ["Failed", *lines, *_failed_items(groups, view, max(3, room - 1 - len(lines)))]


def _failed_items(groups: Sequence[FailureGroup], view: View, room: int) -> list[str]:
    """List failures by cause in at most `room` lines, each cause with its advice.

    The first failure of each cause is shown first, then more of them while there is room. Errors
    are shortened to one line each where this shows more causes.
    """
    shown = [1] * len(groups)
    for rows in (_rows_of(view), 1):
        blocks = [[_failure(one, view, rows) for one in group.failures] for group in groups]
        if len(_group_lines(groups, blocks, shown, view)) <= room:
            break
    while len(_group_lines(groups, blocks, shown, view)) > room and len(shown) > 1:
        shown.pop()
    left = sum(len(one.names) for group in groups[len(shown) :] for one in group.failures)
    if left:
        room -= 1
    grows = True
    while grows:
        grows = False
        for number, count in enumerate(shown):
            more = [*shown[:number], count + 1, *shown[number + 1 :]]
            fits = len(_group_lines(groups, blocks, more, view)) <= room
            if count < len(blocks[number]) and fits:
                shown, grows = more, True
    lines = _group_lines(groups, blocks, shown, view)
    return [*lines, view.rest(left, " with other causes")] if left else lines


def _group_lines(
    groups: Sequence[FailureGroup],
    blocks: Sequence[Sequence[list[str]]],
    shown: Sequence[int],
    view: View,
) -> list[str]:
    """Return the lines of the first groups: the number of failures in `shown`, and the advice."""
    lines: list[str] = []
    for group, own, count in zip(groups, blocks, shown):
        lines += [line for block in own[:count] for line in block]
        hidden = sum(len(one.names) for one in group.failures[count:])
        if hidden:
            lines.append(view.rest(hidden, f": {group.cause}" if group.cause else ""))
        if group.advice:
            lines += view.rows(f"{_INDENT}=> {group.cause}: {group.advice}", _rows_of(view))
    return lines


def _failure(failure: Failure, view: View, rows: int) -> list[str]:
    lines = view.rows(f"{_INDENT}{failure.subject}: {failure.text}", rows)
    if len(failure.names) == 1:
        return lines
    room = 2 * (view.width - len(_WRAPPED))
    names = textwrap.wrap(_enumerate(failure.names, room - 20), view.width - len(_WRAPPED))
    return [*lines, *(f"{_WRAPPED}{line}" for line in names[:2])]


def _rows_of(view: View) -> int:
    return 2 if view.width >= _WIDE else 3


def _changed(outcome: Outcome, heading: str, room: int, view: View) -> list[str]:
    if not outcome.done or not heading:
        return []
    named = list(zip(unique_names(outcome.done), outcome.done))
    width = max(len(name) for name, _result in named)
    # Notable changes come first, because the screen may be too short for all.
    ordered = sorted(named, key=lambda pair: not pair[1].get("notable"))
    blocks = [_change_lines(f"{name:<{width}}", outcome, one, view) for name, one in ordered]
    lines = [line for block in blocks for line in block]
    if len(lines) >= room:
        lines = [block[0] for block in blocks]
    return [heading, *view.cut(lines, room - 1)]


def _change_lines(name: str, outcome: Outcome, result: Mapping[str, Any], view: View) -> list[str]:
    """Return the line of a change; notable packages that do not fit are in a second one."""
    line = f"{_INDENT}{name}  {describe_change(outcome, result)}"
    notable = ", ".join(result.get("notable") or [])
    if len(line) <= view.width or not line.endswith(notable) or not notable:
        return [view.clip(line)]
    short = describe_change(outcome, {**result, "notable": []})
    return [view.clip(f"{_INDENT}{name}  {short}"), view.clip(f"{_WRAPPED}{notable}")]


def _flagged(shrunk: Sequence[Mapping[str, Any]], view: View) -> list[str]:
    lines = []
    for result in shrunk:
        before, after = result["shrunk"]["before"], result["shrunk"]["after"]
        text = "no packages"
        if before:
            fewer = 100 * (before - after) // before
            text = f"{after} packages instead of {before}, {fewer} % fewer"
        advice = result["shrunk"].get("advice")
        note = f"; {advice}" if advice else ""
        lines.append(view.clip(f"{_INDENT}{name_of(result)}: {text}{note}"))
    if not lines:
        return []
    return ["Flagged: package_query skips them unless their stamp is given", *view.cut(lines, 3)]


def _enumerate(texts: Sequence[str], width: int | None) -> str:
    """Join as many texts as fit into `width`, and count the others."""
    line = ", ".join(texts)
    kept = len(texts)
    while width is not None and len(line) > width and kept > 0:
        kept -= 1
        line = f"{', '.join(texts[:kept])} and {len(texts) - kept} more"
    return line


def _wrap(text: str, view: View) -> list[str]:
    """Wrap a message without cutting it: messages of whole modules are not in the report."""
    return textwrap.wrap(
        text,
        view.width,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_on_hyphens=False,
    )


def _size(number: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"
