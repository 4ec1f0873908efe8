# SPDX-License-Identifier: Apache-2.0
"""Waiting for Pulp tasks: one watcher polls all tasks of a run, and monitors the workers."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import (
    UNEXPECTED_ERRORS,
    PulpError,
    TaskFailed,
    TaskTimeout,
    error_text,
    is_outage,
    unexpected_error,
)
from .reader import Reader, read_by_field

# The interval of the second check of a suspected task, in seconds.
_RECHECK_INTERVAL = 1.0


class WorkerMonitor:
    """Checks periodically which tasks the workers run, and warns once of each task without worker.

    In pulpcore 3.123 the field `worker` of a task is always null, but each worker has the task that
    it runs. A running task without worker in two checks has lost it; in one check it may just have
    ended.

    `warn` takes a text; `interval` is the minimum number of seconds between two checks, `now` the
    time at which the first one begins.
    """

    def __init__(
        self, reader: Reader, warn: Callable[[str], None], interval: float, now: float
    ) -> None:
        self._reader = reader
        self._warn = warn
        self._interval = interval
        self._due = now + interval
        self._suspects: set[str] = set()
        self._warned: set[str] = set()

    def check(self, tasks: Iterable[tuple[str, Mapping[str, Any]]], now: float) -> None:
        """Compare running tasks, as (name, task), with the tasks of the online workers."""
        if now < self._due:
            return
        self._due = now + self._interval
        try:
            busy = self._busy()
        except PulpError:  # a poll fails too if that persists
            return
        if busy is None:
            return
        orphans = {
            task["pulp_href"]: subject
            for subject, task in tasks
            if task.get("state") == "running" and task["pulp_href"] not in busy
        }
        for href in sorted(orphans.keys() & self._suspects):
            self._warn_once(
                href,
                f"{orphans[href]}: the Pulp worker that runs its task is offline ({href}); Pulp "
                "cancels the task within minutes",
            )
        if orphans.keys() - self._suspects:
            self._due = now + min(self._interval, _RECHECK_INTERVAL)
        self._suspects = set(orphans)

    def _busy(self) -> set[Any] | None:
        """Return the hrefs of the tasks of online workers; None without permission to read them."""
        query = {"online": "true", "fields": "pulp_href,current_task"}
        online = self._reader.list("workers/", query)
        if not online:
            # The status is public and lists workers, but not their tasks.
            if self._reader.get("status/").get("online_workers"):
                return None
            self._warn_once("", "no Pulp worker is online: tasks wait until one is started")
        return {worker.get("current_task") for worker in online}

    def _warn_once(self, href: str, text: str) -> None:
        if href not in self._warned:
            self._warned.add(href)
            self._warn(text)


_FIELDS = ("state", "error", "progress_reports", "created_resources", "name", "result")
_SUCCESS_STATES = ("completed", "skipped")
_FINAL_STATES = (*_SUCCESS_STATES, "failed", "canceled")
# The last frames of a traceback: file, function and line of code.
_FRAME = re.compile(r'File "([^"\n]+)", line \d+, in (\w+)\n +([^\n]+)')
_MAX_FRAME_LENGTH = 2000
# The errors of tasks whose worker died or was stopped.
_WORKER_LOST = ("Worker has gone missing", "Aborted during worker shutdown")


@dataclass(frozen=True)
class PollIntervals:
    """The intervals of polls and checks, in seconds.

    `shortest` and `longest`: between two polls, growing while no task ends; `average`: the minimum
    average over the whole run; `worker_check`: between two checks of the workers; `outage`: how long
    polls may fail before the tasks fail.
    """

    shortest: float = 0.2
    longest: float = 2.0
    average: float = 0.52
    # Pulp notices a dead worker after 30 seconds.
    worker_check: float = 2.5
    outage: float = 300.0


def _without_message(state: str, error: Mapping[str, Any]) -> str:
    """Return the error text of a task that ended without one: where its traceback ends."""
    found = _FRAME.findall(str(error.get("traceback") or "")[-_MAX_FRAME_LENGTH:])
    if not found:
        return f"the task is {state}"
    path, function, code = found[-1]
    raised = re.match(r"raise (\w+)", code)
    file = "/".join(path.rsplit("/", 3)[1:])
    return (
        f"Pulp's task failed without a message: {raised[1] if raised else code} in {function} of "
        f"{file}"
    )


def created_resources(task: Mapping[str, Any] | None, part: str) -> list[str]:
    """Return the hrefs with `part` among the resources that a task created; none without a task."""
    return [href for href in (task or {}).get("created_resources") or [] if part in href]


@dataclass
class _WatchedTask:
    """A task in progress; `task` is its last known state."""

    subject: str
    deadline: float
    ended: threading.Event = field(default_factory=threading.Event)
    task: dict[str, Any] = field(default_factory=dict)
    error: PulpError | None = None


class TaskWatcher:
    """Waits for Pulp tasks. Any thread may call `wait`; one internal thread polls all tasks.

    `timeout` is in seconds for each task. `warn(text)` is called for workers that are lost.
    """

    def __init__(
        self,
        reader: Reader,
        timeout: float,
        warn: Callable[[str], None] = lambda text: None,
        intervals: PollIntervals = PollIntervals(),
    ) -> None:
        self._reader = reader
        self._timeout = timeout
        self._intervals = intervals
        self._watched: dict[str, _WatchedTask] = {}
        self._changed = threading.Condition()
        self._new_task = False
        self._thread: threading.Thread | None = None
        self._began = time.monotonic()
        self._monitor = WorkerMonitor(reader, warn, intervals.worker_check, self._began)
        self._failing_since: float | None = None
        self.polls = 0
        self.tasks_seen = 0

    @property
    def intervals(self) -> PollIntervals:
        """The intervals of polls."""
        return self._intervals

    def wait(self, href: str, subject: str, timeout: float | None = None) -> dict[str, Any]:
        """Wait for a task and return it. Raises TaskFailed with the error of Pulp, or TaskTimeout."""
        return self._result(href, self._watch(href, subject, timeout))

    def wait_all(self, tasks: Iterable[tuple[str, str]]) -> list[dict[str, Any] | PulpError]:
        """Wait for tasks, (href, name) pairs; return each task, or its error, in the same order."""
        watched = [(href, self._watch(href, subject, None)) for href, subject in tasks]
        results: list[dict[str, Any] | PulpError] = []
        for href, entry in watched:
            try:
                results.append(self._result(href, entry))
            except PulpError as error:
                results.append(error)
        return results

    def in_progress(self) -> list[tuple[str, dict[str, Any]]]:
        """Return (name, last known task) of all tasks that are waited for."""
        with self._changed:
            return [(entry.subject, entry.task) for entry in self._watched.values()]

    def _watch(self, href: str, subject: str, timeout: float | None) -> _WatchedTask:
        deadline = time.monotonic() + (timeout or self._timeout)
        with self._changed:
            entry = self._watched.get(href)  # two items may wait for the same task
            if entry is None:
                entry = self._watched[href] = _WatchedTask(subject, deadline)
                self.tasks_seen += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._poll_all, daemon=True)
                self._thread.start()
            self._new_task = True
            self._changed.notify_all()
        return entry

    def _result(self, href: str, entry: _WatchedTask) -> dict[str, Any]:
        entry.ended.wait()
        if entry.error:
            raise entry.error
        if entry.task["state"] in _SUCCESS_STATES:
            return entry.task
        error = entry.task.get("error") or {}
        # A canceled task has a reason, but no description.
        text = error.get("description") or error.get("reason")
        detail = error_text(text or _without_message(entry.task["state"], error))
        raise TaskFailed(href, detail, worker_lost=detail.startswith(_WORKER_LOST))

    def _poll_all(self) -> None:
        """The body of the thread: ends when no task is left, and releases all waiting threads."""
        error = PulpError("waiting for the tasks of Pulp was interrupted")
        pause = self._intervals.shortest
        try:
            while self._wait_for_next_poll(pause):
                ended = self._poll_unless_outage()
                pause = (
                    self._intervals.shortest if ended else min(self._intervals.longest, pause * 1.5)
                )
        except PulpError as problem:
            error = problem
        except UNEXPECTED_ERRORS as problem:
            error = PulpError(unexpected_error(problem))
        finally:
            self._release_all(error)

    def _wait_for_next_poll(self, pause: float) -> bool:
        """Sleep until the next poll; return False when no task is left.

        A new task shortens the pause, because it may end soon.
        """
        intervals, now = self._intervals, time.monotonic()
        earliest = max(now + intervals.shortest, self._began + self.polls * intervals.average)
        due = max(now + pause, earliest)
        with self._changed:
            while self._watched:
                if self._new_task:
                    self._new_task = False
                    due = min(due, max(earliest, time.monotonic() + intervals.shortest))
                left = due - time.monotonic()
                if left <= 0:
                    return True
                self._changed.wait(left)
            self._thread = None
            return False

    def _poll_unless_outage(self) -> int:
        """Poll. Errors are ignored for some time: tasks continue while the API is unreachable."""
        try:
            ended = self._poll()
        except PulpError as error:
            now = time.monotonic()
            self._failing_since = self._failing_since or now
            if not is_outage(error) or now - self._failing_since > self._intervals.outage:
                raise
            return 0
        self._failing_since = None
        return ended

    def _poll(self) -> int:
        """Read all tasks with one request; return how many ended."""
        self.polls += 1
        with self._changed:
            hrefs = list(self._watched)
        tasks = read_by_field(self._reader, "tasks/", "pulp_href", hrefs, _FIELDS)
        now = time.monotonic()
        with self._changed:
            ended = [href for href in hrefs if self._has_ended(href, tasks.get(href), now)]
            for href in ended:
                self._watched.pop(href).ended.set()
        self._monitor.check(self.in_progress(), now)
        return len(ended)

    def _has_ended(self, href: str, task: dict[str, Any] | None, now: float) -> bool:
        entry = self._watched[href]
        if not task or "state" not in task:
            entry.error = PulpError(f"task {href} does not exist on the server any more")
            return True
        entry.task = task
        if task["state"] in _FINAL_STATES:
            return True
        if now > entry.deadline:
            entry.error = TaskTimeout(
                f"still {task['state']} after task_timeout; the task {href} continues on the "
                "server, and the next run waits for it"
            )
            return True
        return False

    def _release_all(self, error: PulpError) -> None:
        with self._changed:
            if self._thread is not threading.current_thread():
                return
            for entry in self._watched.values():
                entry.error = error
                entry.ended.set()
            self._watched.clear()
            self._thread = None
