# SPDX-License-Identifier: Apache-2.0
"""A Pulp server during one run: client, task watcher, plugin versions, and idempotent writes."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from ..report.report import Report
from .client import PulpClient
from .content_app import content_url, prefix_of
from .errors import Conflict, InvalidItem, LostResponse, PulpError, ResponseError, TaskFailed
from .planner import HIDDEN, Change, plan
from .pool import ConcurrencyLimit
from .reader import read_by_key
from .tasks import PollIntervals, TaskWatcher, created_resources
from .types import Kind

_MIB = 1024 * 1024


class TransferProgress:
    """The progress of file transfers, by name; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes: dict[str, list[int]] = {}

    def begin(self, name: str, total: int, done: int = 0) -> None:
        """Add a transfer of `total` bytes, of which `done` were transferred before."""
        with self._lock:
            self._bytes[name] = [done, total]

    def add(self, name: str, number: int) -> None:
        """Add a number of transferred bytes."""
        with self._lock:
            if name in self._bytes:
                self._bytes[name][0] += number

    def end(self, name: str) -> None:
        """Remove a transfer that ended or failed."""
        with self._lock:
            self._bytes.pop(name, None)

    def in_progress(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the name and the progress of each transfer, in the format of a Pulp task."""
        with self._lock:
            transfers = {name: tuple(pair) for name, pair in self._bytes.items()}
        return [
            (
                name,
                {
                    "state": "running",
                    "progress_reports": [
                        {"message": "MiB", "done": done // _MIB, "total": -(-total // _MIB)}
                    ],
                },
            )
            for name, (done, total) in transfers.items()
        ]


# Without a session each poll costs the server 0.27 s to hash the password.
_BASIC_AUTH_INTERVALS = PollIntervals(shortest=2.0, average=2.0, worker_check=5.0)
_WRITE_CONCURRENCY = 4
_MAX_TASKS_PER_SLOT = 4
_ATTEMPTS = 3
# Seconds: a response has the time of its start, in whole seconds.
_CLOCK_ACCURACY = 5.0
# Errors of Pulp for an object that exists already: of a container namespace 500, of a distribution
# whose path another run used meanwhile that they overlap.
_EXISTS_ALREADY = re.compile(r"unique|\(HTTP 500\)|Overlaps with an existing distribution")


@dataclass(frozen=True)
class ReconcileOptions:
    """Options of `Server.reconcile`.

    `send_secrets`: whether an existing object gets its secrets again; `subject`: the name in progress
    reports, by default that of the object; `may_change`: whether an existing object may be changed,
    otherwise a difference raises Conflict.
    """

    send_secrets: bool = True
    subject: str = ""
    may_change: bool = True


_DEFAULT_OPTIONS = ReconcileOptions()


@dataclass
class ReconcileResult:
    """The result of `Server.reconcile`: the object as it is now, and the change."""

    current: dict[str, Any] | None
    change: Change = field(default_factory=lambda: Change("none"))
    changed: bool = False


class Server:
    """A Pulp server. With `check_mode` nothing is written; with `diff` more is read, to show changes."""

    def __init__(
        self, client: PulpClient, report: Report, check_mode: bool = False, diff: bool = False
    ) -> None:
        self.client = client
        self.report = report
        self.check_mode = check_mode
        self.diff = diff
        self.transfers = TransferProgress()
        # Names of repositories that an earlier task in check mode would create or sync.
        self.planned: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._status: dict[str, Any] | None = None
        self._watcher: TaskWatcher | None = None
        self._activities: list[str] = []

    @property
    def status(self) -> dict[str, Any]:
        """The status of the server, requested once."""
        with self._lock:
            if self._status is None:
                self._status = self.client.get("status/")
            return self._status

    def content_url(self, path: str) -> str:
        """Return the URL of a base path in the content app."""
        connection = self.client.connection
        prefix = connection.content_path_prefix or prefix_of(self.status)
        return content_url(connection, path, prefix)

    def clock(self) -> float:
        """Return the current time by the server's clock, in seconds since 1970, as time.time does.

        The local clock is used if the two differ by less than a response may take.
        """
        # Any response has the time.
        offset = self.client.clock_offset if self.status else 0.0
        return time.time() + (offset if abs(offset) > _CLOCK_ACCURACY else 0.0)

    @property
    def watcher(self) -> TaskWatcher:
        """The task watcher of this run; it polls less often if there is no session."""
        with self._lock:
            if self._watcher is None:
                intervals = (
                    _BASIC_AUTH_INTERVALS if self.client.uses_basic_auth else PollIntervals()
                )
                timeout = self.client.connection.task_timeout
                self._watcher = TaskWatcher(
                    self.client, timeout, self.report.warn_at_once, intervals
                )
            return self._watcher

    def in_progress(self) -> list[tuple[str, dict[str, Any]]]:
        """Return (name, last known task or progress) of all tasks, transfers and activities."""
        tasks = self._watcher.in_progress() if self._watcher else []
        activities: list[tuple[str, dict[str, Any]]] = [
            (subject, {}) for subject in list(self._activities)
        ]
        return [*self.transfers.in_progress(), *tasks, *activities]

    @contextmanager
    def activity(self, subject: str) -> Iterator[None]:
        """Report an activity that is not a Pulp task as in progress while the context lasts."""
        self._activities.append(subject)
        try:
            yield
        finally:
            self._activities.remove(subject)

    @property
    def statistics(self) -> dict[str, int]:
        """The numbers of requests, polls and tasks of this run."""
        polls = self._watcher.polls if self._watcher else 0
        tasks = self._watcher.tasks_seen if self._watcher else 0
        return {"requests": self.client.request_count - polls, "polls": polls, "tasks": tasks}

    def task_concurrency(self) -> ConcurrencyLimit:
        """Return how many items may have a running task.

        That is the option `concurrency`, else what keeps the workers busy: more for tasks that end
        before a poll sees them running.
        """
        chosen = self.client.connection.concurrency
        if chosen:
            return ConcurrencyLimit(chosen, chosen)
        least = len(self.status.get("online_workers") or []) + 2
        return ConcurrencyLimit(least, _MAX_TASKS_PER_SLOT * least)

    def write_concurrency(self) -> int:
        """Return how many writes without task may run concurrently."""
        return self.client.connection.concurrency or _WRITE_CONCURRENCY

    def has_version(self, component: str, version: str) -> bool:
        """Return whether a plugin (`core`, `rpm`, `container` ...) has at least this version."""
        for entry in self.status.get("versions") or []:
            if entry["component"] == component:
                return version_tuple(entry["version"]) >= version_tuple(version)
        return False

    def require_version(self, component: str, version: str, what: str) -> None:
        """Raise InvalidItem if the server is too old for `what`."""
        if not self.has_version(component, version):
            raise InvalidItem(f"{what} requires {component} {version} or later on the Pulp server")

    def reconcile(
        self,
        kind: Kind,
        name: str,
        wanted: Mapping[str, Any],
        current: dict[str, Any] | None,
        options: ReconcileOptions = _DEFAULT_OPTIONS,
    ) -> ReconcileResult:
        """Create or update one object so that it has the `wanted` values of the API.

        Lost responses and creations by another run at the same time are handled. `current` is the
        object that was read, None if it does not exist. Raises InvalidItem for an invalid name, and
        Conflict (see ReconcileOptions).
        """
        if name != name.strip():
            raise InvalidItem(
                f"the name '{name}' has leading or trailing spaces: Pulp removes them"
            )
        change = plan(kind.fields, wanted, current, {kind.key: name}, options.send_secrets)
        subject = options.subject or name
        if change.action == "none" or self.check_mode:
            shown = None if current is None else {**current, **change.after}
            return ReconcileResult(shown, change, change.changes)
        if current is None:

            def take(existing: dict[str, Any]) -> ReconcileResult:
                return self.reconcile(kind, name, wanted, existing, options)

            return self._create_or_find(kind, name, change, subject, take)
        if not options.may_change:
            raise Conflict(f"another run created '{name}' meanwhile, with other values")
        ran_task = self.write(
            lambda: self.client.patch(current["pulp_href"], change.payload), subject
        )
        # The server only reports that one of the secrets was new.
        if change.secrets_only and ran_task and self.has_version("core", "3.90"):
            before, after = {"secrets": HIDDEN}, {"secrets": f"{HIDDEN} (new)"}
            change = replace(change, secrets_only=False, before=before, after=after)
        return ReconcileResult(
            {**current, **_readable(kind, change.payload)}, change, change.changes
        )

    def write(self, request: Callable[[], Any], subject: str) -> dict[str, Any] | None:
        """Send a write. If the server starts a task for it, wait for the task and return it."""
        response = request()
        if isinstance(response, dict) and set(response) == {"task"}:
            return self.watcher.wait(response["task"], subject)
        return None

    def delete(self, href: str, subject: str) -> None:
        """Delete an object, unless another run has deleted it meanwhile."""
        try:
            self.write(lambda: self.client.delete(href), subject)
        except TaskFailed as error:
            if "does not exist" not in error.detail:
                raise

    def _create_or_find(
        self,
        kind: Kind,
        name: str,
        change: Change,
        subject: str,
        take: Callable[[dict[str, Any]], ReconcileResult],
    ) -> ReconcileResult:
        """Create an object.

        If it exists afterwards because the response was lost, or because another run created it,
        `take` reconciles the existing one.
        """
        lost = False
        problem: PulpError = LostResponse("it was not created")
        for _try in range(_ATTEMPTS):
            try:
                return ReconcileResult(self._create(kind, change.payload, subject), change, True)
            except (LostResponse, TaskFailed, ResponseError) as error:
                problem = error
            lost = lost or isinstance(problem, LostResponse)
            existing = read_by_key(self.client, kind, [name]).get(name)
            if existing and (lost or _EXISTS_ALREADY.search(str(problem))):
                # All fields, as in the response to a creation: the caller may need any of them.
                existing = self.client.get(existing["pulp_href"])
                found = take(existing)
                return ReconcileResult(found.current, change, True) if lost else found
            if existing or not isinstance(problem, LostResponse):
                break
        raise problem

    def _create(self, kind: Kind, payload: dict[str, Any], subject: str) -> dict[str, Any]:
        response = self.client.post(kind.endpoint, payload) or {}
        if set(response) != {"task"}:
            return dict(response)
        task = self.watcher.wait(response["task"], subject)
        created = created_resources(task, kind.endpoint)
        if not created:
            raise PulpError(f"Pulp's task {response['task']} did not report a {kind.noun}")
        return {**_readable(kind, payload), "pulp_href": created[0]}


def version_tuple(text: str) -> tuple[int, ...]:
    """Convert `3.123.1` into (3, 123, 1); suffixes (`rc1`, `.dev`) are ignored."""
    numbers = []
    for part in text.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


def _readable(kind: Kind, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payload as the server returns it: without secrets."""
    secret = {spec.name for spec in kind.fields if spec.secret}
    return {name: value for name, value in payload.items() if name not in secret}
