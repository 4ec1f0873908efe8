# SPDX-License-Identifier: Apache-2.0
"""One Pulp server during one run: its client, its tasks, its version, and writes that heal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_client import PulpClient
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import (
    InvalidItem,
    LostAnswer,
    PulpError,
    ResponseError,
    TaskFailed,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_planner import (
    Change,
    plan,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_reader import read_kind
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_report import Report
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_tasks import TaskWatcher
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_types import Kind

__all__ = ["Outcome", "Server", "version_tuple"]

_BASIC_PAUSE = 2.0
_WRITES_AT_ONCE = 4


@dataclass
class Outcome:
    """What reconciling one object came to: the object as it now is, and the change made."""

    current: dict[str, Any] | None
    change: Change = field(default_factory=lambda: Change("none"))
    changed: bool = False


class Server:
    """What the verbs work with. Nothing is written while `check_mode` is set."""

    def __init__(self, client: PulpClient, report: Report, check_mode: bool = False) -> None:
        self.client = client
        self.report = report
        self.check_mode = check_mode
        self._status: dict[str, Any] | None = None
        self._watcher: TaskWatcher | None = None

    @property
    def status(self) -> dict[str, Any]:
        """The server's status, asked for once."""
        if self._status is None:
            self._status = self.client.get("status/")
        return self._status

    @property
    def watcher(self) -> TaskWatcher:
        """The one watcher of this run; slower where each poll costs a password hash."""
        if self._watcher is None:
            self._watcher = TaskWatcher(
                self.client,
                self.client.connection.task_timeout,
                on_worker_lost=self._worker_lost,
                **({"least_pause": _BASIC_PAUSE} if self.client.uses_basic else {}),
            )
        return self._watcher

    @property
    def statistics(self) -> dict[str, int]:
        """How much this run asked of the server."""
        polls = self._watcher.polls if self._watcher else 0
        tasks = self._watcher.tasks_seen if self._watcher else 0
        return {"requests": self.client.request_count - polls, "polls": polls, "tasks": tasks}

    def tasks_at_once(self) -> int:
        """How many items may have a queued task under way."""
        workers = len(self.status.get("online_workers") or [])
        return self.client.connection.concurrency or workers + 2

    def writes_at_once(self) -> int:
        """How many writes that run within the request may be under way."""
        return self.client.connection.concurrency or _WRITES_AT_ONCE

    def has(self, component: str, version: str) -> bool:
        """Whether a plugin (`core`, `rpm`, `container` ...) has at least this version."""
        for entry in self.status.get("versions") or []:
            if entry["component"] == component:
                return version_tuple(entry["version"]) >= version_tuple(version)
        return False

    def require(self, component: str, version: str, what: str) -> None:
        """Raise InvalidItem when the server is too old for `what`."""
        if not self.has(component, version):
            raise InvalidItem(f"{what} needs {component} {version} or later on the Pulp server")

    def reconcile(
        self,
        kind: Kind,
        name: str,
        wanted: Mapping[str, Any],
        current: dict[str, Any] | None,
        send_secrets: bool = True,
        subject: str = "",
    ) -> Outcome:
        """Make one object as wanted (wire values); heals lost answers and concurrent creation."""
        key = {kind.key: name}
        change = plan(kind.fields, wanted, current, key, send_secrets)
        if change.action == "none" or self.check_mode:
            shown = None if current is None else {**current, **change.after}
            return Outcome(shown, change, change.changes)
        if current is not None:
            ran_task = self.write(
                lambda: self.client.patch(current["pulp_href"], change.payload), subject or name
            )
            changed = change.changes or (ran_task and self.has("core", "3.90"))
            return Outcome({**current, **change.payload}, change, changed)
        try:
            created = self._create(kind, change.payload, subject or name)
        except (LostAnswer, TaskFailed, ResponseError) as error:
            there = read_kind(self.client, kind, [name], ("pulp_labels",)).get(name)
            if there is None and isinstance(error, LostAnswer):
                created = self._create(kind, change.payload, subject or name)
            elif there is None or not _may_be_there(error):
                raise
            else:
                return self.reconcile(kind, name, wanted, there, send_secrets, subject)
        return Outcome(created, change, True)

    def write(self, request: Callable[[], Any], subject: str) -> dict[str, Any] | None:
        """Send a write; when the server made it a task, wait for it and return the task."""
        answer = request()
        if isinstance(answer, dict) and set(answer) == {"task"}:
            return self.watcher.wait(answer["task"], subject)
        return None

    def _create(self, kind: Kind, payload: dict[str, Any], subject: str) -> dict[str, Any]:
        answer = self.client.post(kind.endpoint, payload)
        if set(answer) == {"task"}:
            task = self.watcher.wait(answer["task"], subject)
            created = [href for href in task["created_resources"] or [] if kind.endpoint in href]
            if not created:
                raise PulpError(f"Pulp's task {answer['task']} says nothing of a {kind.noun}")
            return {**payload, "pulp_href": created[0]}
        return dict(answer)

    def _worker_lost(self, subject: str, worker: str) -> None:
        self.report.warn(
            f"{subject}: the Pulp worker that runs its task is not online any more ({worker}); "
            "Pulp gives the task up within minutes, then it is tried once more"
        )


def version_tuple(text: str) -> tuple[int, ...]:
    """`3.123.1` -> (3, 123, 1); what follows the numbers (`rc1`, `.dev`) is ignored."""
    numbers = []
    for part in text.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


def _may_be_there(error: PulpError) -> bool:
    return isinstance(error, LostAnswer) or "unique" in str(error)
