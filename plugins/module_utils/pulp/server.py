# SPDX-License-Identifier: Apache-2.0
"""One Pulp server during one run: its client, its tasks, its version, and writes that heal."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from ..report.report import Report
from .client import PulpClient
from .errors import Conflict, InvalidItem, LostResponse, PulpError, ResponseError, TaskFailed
from .planner import HIDDEN, Change, plan
from .pool import ConcurrencyLimit
from .reader import read_by_key
from .tasks import PollIntervals, TaskWatcher, created_resources
from .types import Kind

_MIB = 1024 * 1024


class TransferProgress:
    """Files under way, by name; any thread may tell and ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes: dict[str, list[int]] = {}

    def begin(self, name: str, total: int, done: int = 0) -> None:
        """A file of `total` bytes is under way, `done` of them are there already."""
        with self._lock:
            self._bytes[name] = [done, total]

    def add(self, name: str, number: int) -> None:
        """So many more bytes have arrived."""
        with self._lock:
            if name in self._bytes:
                self._bytes[name][0] += number

    def end(self, name: str) -> None:
        """The file is there, or was given up."""
        with self._lock:
            self._bytes.pop(name, None)

    def in_progress(self) -> list[tuple[str, dict[str, Any]]]:
        """(name, what task_progress makes of a task) of each."""
        with self._lock:
            now = {name: tuple(pair) for name, pair in self._bytes.items()}
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
            for name, (done, total) in now.items()
        ]


# Where each poll costs the server a password hash of 0.27 s.
_BASIC_AUTH_INTERVALS = PollIntervals(shortest=2.0, average=2.0)
_WRITE_CONCURRENCY = 4
_WIDEST = 4
_TRIES = 3
# What Pulp says to a second object of one name: to a container namespace 500, and to a distribution
# whose path another one has taken meanwhile that they overlap.
_THERE_ALREADY = re.compile(r"unique|\(HTTP 500\)|Overlaps with an existing distribution")


@dataclass
class ReconcileResult:
    """What reconciling one object came to: the object as it now is, and the change made."""

    current: dict[str, Any] | None
    change: Change = field(default_factory=lambda: Change("none"))
    changed: bool = False


class Server:
    """What the verbs work with. Nothing is written while `check_mode` is set; with `diff` set, more
    is read than a change needs, to show what it means."""

    def __init__(
        self, client: PulpClient, report: Report, check_mode: bool = False, diff: bool = False
    ) -> None:
        self.client = client
        self.report = report
        self.check_mode = check_mode
        self.diff = diff
        self.transfers = TransferProgress()
        self._lock = threading.Lock()
        self._status: dict[str, Any] | None = None
        self._watcher: TaskWatcher | None = None
        self._doing: list[str] = []

    @property
    def status(self) -> dict[str, Any]:
        """The server's status, asked for once."""
        with self._lock:
            if self._status is None:
                self._status = self.client.get("status/")
            return self._status

    @property
    def watcher(self) -> TaskWatcher:
        """The one watcher of this run; slower where each poll costs a password hash."""
        with self._lock:
            if self._watcher is None:
                intervals = (
                    _BASIC_AUTH_INTERVALS if self.client.uses_basic_auth else PollIntervals()
                )
                self._watcher = TaskWatcher(
                    self.client, self.client.connection.task_timeout, self.report.warn, intervals
                )
            return self._watcher

    def in_progress(self) -> list[tuple[str, dict[str, Any]]]:
        """(subject, last known task, or how far a file is) of everything that is under way."""
        tasks = self._watcher.in_progress() if self._watcher else []
        activity: list[tuple[str, dict[str, Any]]] = [
            (subject, {}) for subject in list(self._doing)
        ]
        return [*self.transfers.in_progress(), *tasks, *activity]

    @contextmanager
    def activity(self, subject: str) -> Iterator[None]:
        """Count as under way what is no task of Pulp's, while it lasts."""
        self._doing.append(subject)
        try:
            yield
        finally:
            self._doing.remove(subject)

    @property
    def statistics(self) -> dict[str, int]:
        """How much this run asked of the server."""
        polls = self._watcher.polls if self._watcher else 0
        tasks = self._watcher.tasks_seen if self._watcher else 0
        return {"requests": self.client.request_count - polls, "polls": polls, "tasks": tasks}

    def task_concurrency(self) -> ConcurrencyLimit:
        """How many items may have a task under way: what the user says, or what keeps the
        workers busy, which is more when the tasks are over before a poll can see them run."""
        chosen = self.client.connection.concurrency
        if chosen:
            return ConcurrencyLimit(chosen, chosen)
        least = len(self.status.get("online_workers") or []) + 2
        return ConcurrencyLimit(least, _WIDEST * least)

    def write_concurrency(self) -> int:
        """How many writes that run within the request may be under way."""
        return self.client.connection.concurrency or _WRITE_CONCURRENCY

    def has_version(self, component: str, version: str) -> bool:
        """Whether a plugin (`core`, `rpm`, `container` ...) has at least this version."""
        for entry in self.status.get("versions") or []:
            if entry["component"] == component:
                return version_tuple(entry["version"]) >= version_tuple(version)
        return False

    def require_version(self, component: str, version: str, what: str) -> None:
        """Raise InvalidItem when the server is too old for `what`."""
        if not self.has_version(component, version):
            raise InvalidItem(f"{what} needs {component} {version} or later on the Pulp server")

    def reconcile(
        self,
        kind: Kind,
        name: str,
        wanted: Mapping[str, Any],
        current: dict[str, Any] | None,
        send_secrets: bool = True,
        subject: str = "",
        may_change: bool = True,
    ) -> ReconcileResult:
        """Make one object as wanted (wire values); heals lost answers and concurrent creation.

        Without `may_change` one that is there, made by another run meanwhile, raises Refused when it
        is not as wanted.
        """
        if name != name.strip():
            raise InvalidItem(f"the name '{name}' begins or ends with a blank, which Pulp cuts off")
        change = plan(kind.fields, wanted, current, {kind.key: name}, send_secrets)
        if change.action == "none" or self.check_mode:
            shown = None if current is None else {**current, **change.after}
            return ReconcileResult(shown, change, change.changes)
        if current is None:

            def take(there: dict[str, Any]) -> ReconcileResult:
                return self.reconcile(kind, name, wanted, there, send_secrets, subject, may_change)

            return self._create_or_find(kind, name, change, subject or name, take)
        if not may_change:
            raise Conflict(f"another run made '{name}' meanwhile, and not as this one would")
        ran_task = self.write(
            lambda: self.client.patch(current["pulp_href"], change.payload), subject or name
        )
        # The server says only that one of the secrets sent was new.
        if change.secrets_only and ran_task and self.has_version("core", "3.90"):
            before, after = {"secrets": HIDDEN}, {"secrets": f"{HIDDEN} (new)"}
            change = replace(change, secrets_only=False, before=before, after=after)
        return ReconcileResult(
            {**current, **_readable(kind, change.payload)}, change, change.changes
        )

    def write(self, request: Callable[[], Any], subject: str) -> dict[str, Any] | None:
        """Send a write; when the server made it a task, wait for it and return the task."""
        response = request()
        if isinstance(response, dict) and set(response) == {"task"}:
            return self.watcher.wait(response["task"], subject)
        return None

    def delete(self, href: str, subject: str) -> None:
        """Delete an object; one that another run deleted meanwhile is fine."""
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
        """Create an object; when the answer was lost, or another run was quicker, `take` theirs."""
        lost = False
        problem: PulpError = LostResponse("it was not created")
        for _try in range(_TRIES):
            try:
                return ReconcileResult(self._create(kind, change.payload, subject), change, True)
            except (LostResponse, TaskFailed, ResponseError) as error:
                problem = error
            lost = lost or isinstance(problem, LostResponse)
            there = read_by_key(self.client, kind, [name]).get(name)
            if there and (lost or _THERE_ALREADY.search(str(problem))):
                # Whole, as the server answers a creation: the caller may need any field.
                there = self.client.get(there["pulp_href"])
                found = take(there)
                return ReconcileResult(found.current, change, True) if lost else found
            if there or not isinstance(problem, LostResponse):
                break
        raise problem

    def _create(self, kind: Kind, payload: dict[str, Any], subject: str) -> dict[str, Any]:
        response = self.client.post(kind.endpoint, payload) or {}
        if set(response) != {"task"}:
            return dict(response)
        task = self.watcher.wait(response["task"], subject)
        created = created_resources(task, kind.endpoint)
        if not created:
            raise PulpError(f"Pulp's task {response['task']} says nothing of a {kind.noun}")
        return {**_readable(kind, payload), "pulp_href": created[0]}


def version_tuple(text: str) -> tuple[int, ...]:
    """`3.123.1` -> (3, 123, 1); what follows the numbers (`rc1`, `.dev`) is ignored."""
    numbers = []
    for part in text.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


def _readable(kind: Kind, payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload as the server would show it: without secrets."""
    secret = {spec.name for spec in kind.fields if spec.secret}
    return {name: value for name, value in payload.items() if name not in secret}
