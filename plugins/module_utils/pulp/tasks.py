# SPDX-License-Identifier: Apache-2.0
"""One watcher for all Pulp tasks of a run: a single poll asks for every task under way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import (
    UNEXPECTED_ERRORS,
    LostResponse,
    PulpError,
    ResponseError,
    TaskFailed,
    TaskTimeout,
    TLSError,
    Unreachable,
    error_text,
    unexpected_error,
)
from .reader import Reader, read_by_field

# After a first suspicion it does not take as long to be sure.
_SOON = 2.0


class WorkerMonitor:
    """Looks now and then what the workers do, and warns once of each task that none works on.

    A task of pulpcore 3.123 has no worker (the field is always null), but each worker says what it
    runs. A task that runs and that no worker owns up to in two looks has lost its worker; in one
    look it may just have ended.

    `warn` takes a text; `every` is the least number of seconds between two looks; `now` is the
    time at which the first period begins.
    """

    def __init__(
        self, reader: Reader, warn: Callable[[str], None], every: float, now: float
    ) -> None:
        self._reader = reader
        self._warn = warn
        self._every = every
        self._due = now + every
        self._suspects: set[str] = set()
        self._said: set[str] = set()

    def check(self, tasks: Iterable[tuple[str, Mapping[str, Any]]], now: float) -> None:
        """Compare running tasks, (subject, task) pairs, with what online workers say they run."""
        if now < self._due:
            return
        self._due = now + self._every
        try:
            busy = self._busy()
        except PulpError:  # nothing to be learned: a poll will fail, too, if it matters
            return
        if busy is None:
            return
        orphans = {
            task["pulp_href"]: subject
            for subject, task in tasks
            if task.get("state") == "running" and task["pulp_href"] not in busy
        }
        for href in sorted(orphans.keys() & self._suspects):
            self._say(
                href,
                f"{orphans[href]}: the Pulp worker that runs its task is not online any more "
                f"({href}); Pulp gives the task up within minutes",
            )
        if orphans.keys() - self._suspects:
            self._due = now + min(self._every, _SOON)
        self._suspects = set(orphans)

    def _busy(self) -> set[Any] | None:
        """Hrefs of the tasks that online workers run; None when this user may not see workers."""
        asked = {"online": "true", "fields": "pulp_href,current_task"}
        online = self._reader.list("workers/", asked)
        if not online:
            # The status page shows workers to everybody, but not what they do.
            if self._reader.get("status/").get("online_workers"):
                return None
            self._say("", "no Pulp worker is online: tasks wait until one is started")
        return {worker.get("current_task") for worker in online}

    def _say(self, href: str, words: str) -> None:
        if href not in self._said:
            self._said.add(href)
            self._warn(words)


_FIELDS = ("state", "error", "progress_reports", "created_resources", "name", "result")
_SUCCESS_STATES = ("completed", "skipped")
_FINAL_STATES = (*_SUCCESS_STATES, "failed", "canceled")
# The reasons that Pulp gives when a worker died, or was stopped, under a task.
_WORKER_LOST = ("Worker has gone missing", "Aborted during worker shutdown")


@dataclass(frozen=True)
class PollIntervals:
    """When to poll; all in seconds.

    `least` and `longest`: the pause after a poll, growing while nothing ends. `average`: no more
    polls than one per so much time in the long run. `workers`: how often to look whether the
    workers live. `outage`: how long polls may fail before the waiting is given up.
    """

    shortest: float = 0.2
    longest: float = 2.0
    average: float = 0.52
    worker_check: float = 10.0
    outage: float = 300.0


def created_resources(task: Mapping[str, Any] | None, part: str) -> list[str]:
    """What a task created: the hrefs that contain `part`. None of a write that was no task."""
    return [href for href in (task or {}).get("created_resources") or [] if part in href]


@dataclass
class _WatchedTask:
    """One task under way; `task` is its last known state."""

    subject: str
    deadline: float
    ended: threading.Event = field(default_factory=threading.Event)
    task: dict[str, Any] = field(default_factory=dict)
    error: PulpError | None = None


class TaskWatcher:
    """Waits for Pulp tasks. Threads call `wait`; one thread of its own polls for all of them.

    `timeout` is seconds for each task. `warn(text)` is told of workers that are lost meanwhile.
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

    def wait(self, href: str, subject: str, timeout: float | None = None) -> dict[str, Any]:
        """Wait for one task; return it. Raises TaskFailed with Pulp's words, or TaskTimeout."""
        return self._result(href, self._watch(href, subject, timeout))

    def wait_all(self, tasks: Iterable[tuple[str, str]]) -> list[dict[str, Any] | PulpError]:
        """Wait for (href, subject) pairs; in the same order each task or the error it ended in."""
        watched = [(href, self._watch(href, subject, None)) for href, subject in tasks]
        results: list[dict[str, Any] | PulpError] = []
        for href, entry in watched:
            try:
                results.append(self._result(href, entry))
            except PulpError as error:
                results.append(error)
        return results

    def in_progress(self) -> list[tuple[str, dict[str, Any]]]:
        """(subject, last known task) of everything that is waited for."""
        with self._changed:
            return [(entry.subject, entry.task) for entry in self._watched.values()]

    def _watch(self, href: str, subject: str, timeout: float | None) -> _WatchedTask:
        deadline = time.monotonic() + (timeout or self._timeout)
        with self._changed:
            entry = self._watched.get(href)  # two items may wait for one task that they joined
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
        # A task that Pulp gave up, or that somebody canceled, has a reason only.
        said = error.get("description") or error.get("reason")
        words = error_text(said or f"the task is {entry.task['state']}")
        raise TaskFailed(href, words, worker_lost=words.startswith(_WORKER_LOST))

    def _poll_all(self) -> None:
        """The thread: ends when nothing is watched, and never leaves anybody waiting."""
        error = PulpError("waiting for Pulp's tasks broke off")
        pause = self._intervals.shortest
        try:
            while self._rest(pause):
                ended = self._poll_patiently()
                pause = (
                    self._intervals.shortest if ended else min(self._intervals.longest, pause * 1.5)
                )
        except PulpError as problem:
            error = problem
        except UNEXPECTED_ERRORS as problem:
            error = PulpError(unexpected_error(problem))
        finally:
            self._give_up(error)

    def _rest(self, pause: float) -> bool:
        """Sleep until the next poll is due; False when there is nothing left to wait for.

        A new task shortens a long pause: it may be a quick one.
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

    def _poll_patiently(self) -> int:
        """Poll; the tasks go on while the server's API is away, so that polls may fail a while."""
        try:
            ended = self._poll()
        except (LostResponse, Unreachable, ResponseError) as error:
            now = time.monotonic()
            self._failing_since = self._failing_since or now
            lasting = isinstance(error, TLSError) or getattr(error, "status", 500) < 500
            if lasting or now - self._failing_since > self._intervals.outage:
                raise
            return 0
        self._failing_since = None
        return ended

    def _poll(self) -> int:
        """Ask once for all; returns how many ended."""
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
            entry.error = PulpError(f"the server does not know task {href} any more")
            return True
        entry.task = task
        if task["state"] in _FINAL_STATES:
            return True
        if now > entry.deadline:
            entry.error = TaskTimeout(
                f"still {task['state']} after task_timeout; it goes on on the server "
                f"as {href}, and the next run joins it"
            )
            return True
        return False

    def _give_up(self, error: PulpError) -> None:
        with self._changed:
            if self._thread is not threading.current_thread():
                return
            for entry in self._watched.values():
                entry.error = error
                entry.ended.set()
            self._watched.clear()
            self._thread = None
