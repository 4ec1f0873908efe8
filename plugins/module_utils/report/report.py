# SPDX-License-Identifier: Apache-2.0
"""Results of items, the report of a run, and the progress of running tasks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .cause_table import Cause
from .causes import cause_of
from .file import ReportFile

PROGRESS_INTERVAL = 30.0
# The progress report of a sync that best reflects how long it takes.
_ARTIFACTS = "sync.downloading.artifacts"
# Warnings of one kind that are shown; the report has all of them.
_SHOWN_OF_A_KIND = 3

InProgress = Callable[[], Sequence[tuple[str, Mapping[str, Any]]]]


@dataclass
class Result:
    """The result of one item, in the shape that all modules return.

    `action`: created, updated, deleted, synced, unchanged, failed, skipped ...; `before` and
    `after`: the fields that differ; `seconds`: wall time; `error`: the error text, with the message
    of Pulp; `allowed`: whether a failure does not fail the run; `more`: further keys, which the
    module documents; `reported`: keys that only the report has, such as lists that are too long for
    the output of Ansible.
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
    reported: dict[str, Any] = field(default_factory=dict)

    @property
    def known_cause(self) -> Cause | None:
        """The known cause of the error, None without one."""
        return cause_of(self.error) if self.error else None

    @property
    def cause(self) -> str:
        """The name of the known cause of the error, empty without one."""
        known = self.known_cause
        return known.name if known else ""

    def add_change(self, action: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Add a change of the item. The first action that changes something is kept."""
        if not self.changed:
            self.action = action
        self.changed = True
        self.before.update(before)
        self.after.update(after)

    def as_dict(self) -> dict[str, Any]:
        """Return the result in its documented shape."""
        # A module may have set a cause of its own.
        known = None if "cause" in self.more else self.known_cause
        return {
            "name": self.name,
            "type": self.type,
            "action": self.action,
            "changed": self.changed,
            "before": self.before,
            "after": self.after,
            "seconds": round(self.seconds, 2),
            "error": self.error,
            **({"cause": known.name, "hint": known.advice} if known else {}),
            **({"allowed": True} if self.error and self.allowed else {}),
            **self.more,
        }


class Report:
    """Collects results and warnings, and writes each to the report files immediately.

    The report of a killed run has all items that ended before. Its lines are JSON objects:

    - `{"expected": [{"type": ..., "name": ...}]}`, the items that follow
    - results as documented, with `number` and `of`; with `check_mode` when the run changes nothing;
      with `again`, and without number, for a failed item that is retried at the end
    - `{"warning": text}`
    - `{"failed": text}` of a run that failed before its first item

    The `progress` file also gets `{"running": [...]}` for tasks in progress, and `{"urgent": text}`
    for warnings that cannot wait.
    """

    def __init__(
        self,
        files: Iterable[ReportFile] = (),
        progress: ReportFile | None = None,
        check_mode: bool = False,
    ) -> None:
        self._mode = {"check_mode": True} if check_mode else {}
        self.warnings: list[str] = []
        self._kinds: dict[str, str] = {}
        self._files = list(files)
        self._progress = progress
        self._lock = threading.Lock()
        self._activity = threading.Event()
        self._expected = 0
        self._finished = 0
        self._short_names: dict[str, str] = {}

    def expect(self, results: Iterable[Result]) -> None:
        """Write which items follow."""
        with self._lock:
            items = [_identity(result) for result in results]
            self._expected += len(items)
            self._short_names.update(
                {one["name"]: one.get("short_name", one["name"]) for one in items}
            )
            self._write_line({"expected": items})

    def finish(self, result: Result) -> None:
        """Write the result of an item."""
        with self._lock:
            self._finished += 1
            position = {"number": self._finished, "of": self._expected}
            line = {**position, **self._mode, **result.as_dict()}
            self._write_line(line, result.reported)

    def finish_all(self, results: Iterable[Result]) -> None:
        """Write the results of items that ended together."""
        results = list(results)
        self.expect(results)
        for result in results:
            self.finish(result)

    def postpone(self, result: Result) -> None:
        """Write the error of an item that is retried after all others."""
        with self._lock:
            self._write_line({"again": True, **result.as_dict()})

    def warn(self, text: str, kind: str = "") -> None:
        """Write a warning; a text that was written before is ignored.

        Of warnings of one `kind`, the part of the text that they share, few are shown.
        """
        with self._lock:
            if text not in self.warnings:
                self.warnings.append(text)
                self._kinds[text] = kind
                self._write_line({"warning": text})

    def warn_at_once(self, text: str) -> None:
        """Write a warning that is also shown in the progress, not only when the module ends."""
        self.warn(text)
        with self._lock:
            if self._progress:
                self._progress.write({"urgent": text})

    @property
    def shown_warnings(self) -> list[str]:
        """The warnings to print: of each kind the first few, and the number of the others."""
        shown = []
        many: dict[str, int] = {}
        for text in self.warnings:
            kind = self._kinds.get(text, "")
            many[kind] = many.get(kind, 0) + 1
            if not kind or many[kind] <= _SHOWN_OF_A_KIND:
                shown.append(text)
        more = {
            kind: number - _SHOWN_OF_A_KIND
            for kind, number in many.items()
            if kind and number > _SHOWN_OF_A_KIND
        }
        return [*shown, *(f"{number} more items: {kind}" for kind, number in more.items())]

    def fail(self, text: str) -> None:
        """Write why a run failed before its first item; ignored after that."""
        with self._lock:
            if not self._expected:
                self._write_line({"failed": text})

    def running(self, tasks: Sequence[dict[str, Any]]) -> None:
        """Write the tasks in progress to the progress file, with short names where known."""
        with self._lock:
            if self._progress and tasks:
                named = [
                    {**task, "name": self._short_names.get(task["name"], task["name"])}
                    for task in tasks
                ]
                self._progress.write({"running": named})

    def wait_for_activity(self, seconds: float) -> bool:
        """Wait until a line is written; return False when none is within `seconds`."""
        self._activity.clear()
        return self._activity.wait(seconds)

    def _write_line(self, line: dict[str, Any], reported: Mapping[str, Any] | None = None) -> None:
        self._activity.set()
        if self._progress:
            self._progress.write(line)
        full = {**line, **(reported or {})}
        self.warnings += [
            warning for file in self._files for warning in [file.write(full)] if warning
        ]


def _identity(result: Result) -> dict[str, Any]:
    own = {"type": result.type, "name": result.name}
    short_name = result.more.get("short_name")
    return {**own, "short_name": short_name} if short_name else own


def summarize(results: Iterable[Result]) -> dict[str, int]:
    """Count results as ok, changed, failed or skipped; an allowed failure counts as skipped."""
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
    """Return a line for each failed item with its error, empty without failures.

    Allowed failures are ignored. `noun` is the term for an item, such as "repository".
    """
    results = list(results)
    failed = [result for result in results if result.error and not result.allowed]
    if not failed:
        return ""
    lines = [f"{noun} '{result.name}': {result.error}" for result in failed]
    if len(results) == 1:
        return lines[0]
    return "\n".join([f"{len(failed)} of {len(results)} failed", *lines])


def report_progress(
    report: Report, in_progress: InProgress, interval: float = PROGRESS_INTERVAL
) -> None:
    """Start a thread that writes the tasks in progress after `interval` seconds without a result.

    `in_progress()` returns (item name, task as returned by Pulp's API). The thread ends with the
    process.
    """
    threading.Thread(
        target=_report_progress, args=(report, in_progress, interval), daemon=True
    ).start()


def _report_progress(report: Report, in_progress: InProgress, interval: float) -> None:
    while True:
        if not report.wait_for_activity(interval):
            report.running([{"name": name, **task_progress(task)} for name, task in in_progress()])


def task_progress(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `state` of a task, and `what`, `done` and `total` of a progress report.

    That is the report of the artifacts of a sync, else the last one that is running, else the last.
    `total` is None when Pulp does not know it.
    """
    reports = [one for one in task.get("progress_reports") or [] if one.get("done") is not None]
    artifacts = [one for one in reports if one.get("code") == _ARTIFACTS]
    running = [one for one in reports if one.get("state") == "running"]
    progress: dict[str, Any] = {"state": task.get("state") or "begun"}
    for chosen in (artifacts or running or reports)[-1:]:
        what = "artifacts" if artifacts else chosen.get("message") or chosen.get("code")
        progress.update(what=what, done=chosen["done"], total=chosen.get("total"))
    return progress
