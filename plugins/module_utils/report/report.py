# SPDX-License-Identifier: Apache-2.0
"""What a run did, item by item: the one shape that all modules return."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .causes import cause_of
from .file import ReportFile

# So many warnings of one kind are told.
_FEW = 3


@dataclass
class Result:
    """One item. `action`: created, updated, deleted, synced, unchanged, failed, skipped ...

    `before` and `after` hold what differs; `seconds` is wall time; `error` Pulp's own words;
    `allowed` whether its failure is to be reported without failing the run; `more` what a module
    documents besides.
    """

    name: str
    type: str
    action: str = "unchanged"
    changed: bool = False
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""
    allowed: bool = False
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def cause(self) -> str:
        """Why it failed, in plain words; empty where that is not known."""
        known = cause_of(self.error) if self.error else None
        return known.name if known else ""

    def add_change(self, action: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Add one more change to this item; the first action that changes something names it."""
        if not self.changed:
            self.action = action
        self.changed = True
        self.before.update(before)
        self.after.update(after)

    def as_dict(self) -> dict[str, Any]:
        """The documented shape."""
        return {
            "name": self.name,
            "type": self.type,
            "action": self.action,
            "changed": self.changed,
            "before": self.before,
            "after": self.after,
            "seconds": round(self.seconds, 2),
            "error": self.error,
            **({"cause": self.cause} if self.cause else {}),
            **({"allowed": True} if self.error and self.allowed else {}),
            **self.more,
        }


class Report:
    """Collects results as items finish, and tells `files` of each at once.

    A run that is killed leaves what it did. Lines are `{"expected": [{"type": ..., "name": ...}]}`,
    the results (as documented, with `number` and `of`, and with `check_mode` where the run changes
    nothing; with `again` for one that is tried again later), `{"warning": text}`, and `{"failed": text}` of a run that did not come to its items. Only
    `progress` gets `{"running": [...]}`.
    """

    def __init__(
        self,
        files: Iterable[ReportFile] = (),
        progress: ReportFile | None = None,
        check_mode: bool = False,
    ) -> None:
        self._marks = {"check_mode": True} if check_mode else {}
        self.warnings: list[str] = []
        self._kinds: dict[str, str] = {}
        self._files = list(files)
        self._progress = progress
        self._lock = threading.Lock()
        self._activity = threading.Event()
        self._expected = 0
        self._finished = 0
        self._short: dict[str, str] = {}

    def expect(self, results: Iterable[Result]) -> None:
        """Say which items are coming."""
        with self._lock:
            items = [_identity(result) for result in results]
            self._expected += len(items)
            self._short.update({one["name"]: one.get("short_name", one["name"]) for one in items})
            self._write_line({"expected": items})

    def finish(self, result: Result) -> None:
        """Take the result of one finished item."""
        with self._lock:
            self._finished += 1
            place = {"number": self._finished, "of": self._expected}
            self._write_line({**place, **self._marks, **result.as_dict()})

    def finish_all(self, results: Iterable[Result]) -> None:
        """Take the results of items that finished together."""
        results = list(results)
        self.expect(results)
        for result in results:
            self.finish(result)

    def postpone(self, result: Result) -> None:
        """Take the error of an item that is tried once more when all others are done."""
        with self._lock:
            self._write_line({"again": True, **result.as_dict()})

    def warn(self, text: str, kind: str = "") -> None:
        """Keep a warning for the end of the run; the same text is kept once.

        Of many of one `kind`, words that they share, few are in `shown_warnings`.
        """
        with self._lock:
            if text not in self.warnings:
                self.warnings.append(text)
                self._kinds[text] = kind
                self._write_line({"warning": text})

    @property
    def shown_warnings(self) -> list[str]:
        """The warnings for a reader; reports have all of them."""
        told = []
        many: dict[str, int] = {}
        for text in self.warnings:
            kind = self._kinds.get(text, "")
            many[kind] = many.get(kind, 0) + 1
            if not kind or many[kind] <= _FEW:
                told.append(text)
        more = {kind: number - _FEW for kind, number in many.items() if kind and number > _FEW}
        return [*told, *(f"{number} more items: {kind}" for kind, number in more.items())]

    def fail(self, text: str) -> None:
        """Say why a run did not come to its items, lest an earlier one's are taken for its own."""
        with self._lock:
            if not self._expected:
                self._write_line({"failed": text})

    def running(self, tasks: Sequence[dict[str, Any]]) -> None:
        """Tell the one who watches what is under way, by the names that finished items have."""
        with self._lock:
            if self._progress and tasks:
                named = [
                    {**task, "name": self._short.get(task["name"], task["name"])} for task in tasks
                ]
                self._progress.write({"running": named})

    def wait_for_activity(self, seconds: float) -> bool:
        """Wait until something is told; False when that did not happen in time."""
        self._activity.clear()
        return self._activity.wait(seconds)

    def _write_line(self, line: dict[str, Any]) -> None:
        self._activity.set()
        if self._progress:
            self._progress.write(line)
        self.warnings += [
            warning for file in self._files for warning in [file.write(line)] if warning
        ]


def _identity(result: Result) -> dict[str, Any]:
    own = {"type": result.type, "name": result.name}
    short_name = result.more.get("short_name")
    return {**own, "short_name": short_name} if short_name else own


def summarize(results: Iterable[Result]) -> dict[str, int]:
    """Count results: an item is exactly one of ok, changed, failed, skipped; one that failed and
    may is skipped."""
    summary = {"ok": 0, "changed": 0, "failed": 0, "skipped": 0}
    for result in results:
        if result.error:
            summary["skipped" if result.allowed else "failed"] += 1
        elif result.action == "skipped":
            summary["skipped"] += 1
        else:
            summary["changed" if result.changed else "ok"] += 1
    return summary


def failure_message(results: Iterable[Result], noun: str) -> str:
    """Name each failed item with Pulp's own words; empty when none failed that may not."""
    results = list(results)
    failed = [result for result in results if result.error and not result.allowed]
    if not failed:
        return ""
    lines = [f"{noun} '{result.name}': {result.error}" for result in failed]
    if len(results) == 1:
        return lines[0]
    return "\n".join([f"{len(failed)} of {len(results)} failed", *lines])


PROGRESS_INTERVAL = 30.0
# Of a sync's progress reports that which says most about how long it will take.
_ARTIFACTS = "sync.downloading.artifacts"

InProgress = Callable[[], Sequence[tuple[str, Mapping[str, Any]]]]


def report_progress(
    report: Report, in_progress: InProgress, interval: float = PROGRESS_INTERVAL
) -> None:
    """From now on tell `report` what is under way after each `silence` seconds without news.

    `in_progress()` gives (subject, task as Pulp's API has it). Ends with the process.
    """
    threading.Thread(
        target=_report_progress, args=(report, in_progress, interval), daemon=True
    ).start()


def _report_progress(report: Report, in_progress: InProgress, interval: float) -> None:
    while True:
        if not report.wait_for_activity(interval):
            report.running([{"name": name, **task_progress(task)} for name, task in in_progress()])


def task_progress(task: Mapping[str, Any]) -> dict[str, Any]:
    """`state` of a task, and of its artifacts (else of what it does last) `what`, `done`, `total`.

    `total` is None where Pulp does not know it.
    """
    reports = [one for one in task.get("progress_reports") or [] if one.get("done") is not None]
    artifacts = [one for one in reports if one.get("code") == _ARTIFACTS]
    running = [one for one in reports if one.get("state") == "running"]
    told: dict[str, Any] = {"state": task.get("state") or "begun"}
    for chosen in (artifacts or running or reports)[-1:]:
        what = "artifacts" if artifacts else chosen.get("message") or chosen.get("code")
        told.update(what=what, done=chosen["done"], total=chosen.get("total"))
    return told
