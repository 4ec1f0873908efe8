# SPDX-License-Identifier: Apache-2.0
"""One watcher for all Pulp tasks of a run: a single poll asks for every task under way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import (
    PulpError,
    TaskFailed,
    TaskTimeout,
    words_of,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_reader import (
    Reader,
    read_by,
)

__all__ = ["TaskWatcher"]

_FIELDS = ("state", "error", "worker", "progress_reports", "created_resources", "name", "result")
_ENDED = ("completed", "failed", "canceled", "skipped")
_SHORTEST = 0.2
_LONGEST = 2.0
_WORKERS_EVERY = 15.0
_WORKER_GONE = "Worker has gone missing"


@dataclass
class _Watched:
    """One task under way; `task` is its last known state."""

    subject: str
    deadline: float
    ended: threading.Event = field(default_factory=threading.Event)
    task: dict[str, Any] = field(default_factory=dict)
    error: PulpError | None = None
    worker_reported: bool = False


class TaskWatcher:
    """Waits for Pulp tasks. Threads call `wait`; one thread of its own polls for all of them.

    `on_worker_lost(subject, worker)` is called once for a task whose worker is not online any
    more. `timeout` is seconds for each task, `least_pause` seconds between two polls.
    """

    def __init__(
        self,
        reader: Reader,
        timeout: float,
        least_pause: float = _SHORTEST,
        on_worker_lost: Callable[[str, str], None] | None = None,
    ) -> None:
        self._reader = reader
        self._timeout = timeout
        self._least_pause = least_pause
        self._on_worker_lost = on_worker_lost
        self._watched: dict[str, _Watched] = {}
        self._lock = threading.Lock()
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None
        self._workers_asked = time.monotonic()
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

    def under_way(self) -> list[tuple[str, dict[str, Any]]]:
        """(subject, last known task) of everything that is waited for."""
        with self._lock:
            return [(entry.subject, entry.task) for entry in self._watched.values()]

    def _watch(self, href: str, subject: str, timeout: float | None) -> _Watched:
        entry = _Watched(subject, time.monotonic() + (timeout or self._timeout))
        with self._lock:
            self._watched[href] = entry
            self.tasks_seen += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._poll_all, daemon=True)
                self._thread.start()
        self._awake.set()
        return entry

    def _result(self, href: str, entry: _Watched) -> dict[str, Any]:
        entry.ended.wait()
        if entry.error:
            raise entry.error
        state = entry.task["state"]
        if state in ("completed", "skipped"):
            return entry.task
        error = entry.task.get("error") or {}
        words = words_of(error.get("description") or f"the task was {state}")
        raise TaskFailed(href, words, worker_lost=_WORKER_GONE in words)

    def _poll_all(self) -> None:
        pause = self._least_pause
        while True:
            self._awake.clear()
            if self._awake.wait(pause):
                time.sleep(self._least_pause)
            with self._lock:
                hrefs = list(self._watched)
                if not hrefs:
                    self._thread = None
                    return
            ended = self._poll_or_give_up(hrefs)
            pause = self._least_pause if ended else max(self._least_pause, _grown(pause))

    def _poll_or_give_up(self, hrefs: list[str]) -> int:
        """Whatever goes wrong here, nobody may be left waiting."""
        error = PulpError("waiting for Pulp's tasks broke off: see the error above")
        done = False
        try:
            ended = self._poll(hrefs)
            done = True
        except PulpError as problem:
            error = problem
            ended = len(hrefs)
        finally:
            if not done:
                self._give_up(error)
        return ended

    def _poll(self, hrefs: list[str]) -> int:
        """Ask once for all; returns how many ended."""
        self.polls += 1
        tasks = read_by(self._reader, "tasks/", "pulp_href", hrefs, _FIELDS)
        now = time.monotonic()
        ended = 0
        with self._lock:
            for href in hrefs:
                entry = self._watched[href]
                entry.task = tasks.get(href, entry.task)
                if href not in tasks:
                    entry.error = PulpError(f"the server does not know task {href} any more")
                elif entry.task["state"] not in _ENDED and now > entry.deadline:
                    entry.error = TaskTimeout(
                        f"still {entry.task['state']} after task_timeout; it goes on on the server "
                        f"as {href}, and the next run joins it"
                    )
                elif entry.task["state"] not in _ENDED:
                    continue
                del self._watched[href]
                entry.ended.set()
                ended += 1
        if now - self._workers_asked > _WORKERS_EVERY:
            self._workers_asked = now
            self._look_for_lost_workers()
        return ended

    def _look_for_lost_workers(self) -> None:
        # The status page knows workers by name only, tasks by href.
        asked = {"online": "true", "fields": "pulp_href"}
        online = {worker["pulp_href"] for worker in self._reader.list("workers/", asked)}
        if not online:
            return
        with self._lock:
            lost = [
                entry
                for entry in self._watched.values()
                if entry.task.get("state") == "running"
                and entry.task.get("worker")
                and entry.task["worker"] not in online
                and not entry.worker_reported
            ]
        for entry in lost:
            entry.worker_reported = True
            if self._on_worker_lost:
                self._on_worker_lost(entry.subject, entry.task["worker"])

    def _give_up(self, error: PulpError) -> None:
        with self._lock:
            for entry in self._watched.values():
                entry.error = error
                entry.ended.set()
            self._watched.clear()


def _grown(pause: float) -> float:
    return min(_LONGEST, pause * 1.5)
