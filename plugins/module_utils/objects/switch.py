# SPDX-License-Identifier: Apache-2.0
"""Change many distributions together: all of them, or none when one fails.

Pulp has no transactions. After a failure the changes are rolled back in reverse order, where Pulp
still has the values that this run wrote; an error names what could not be rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..pulp.errors import LostResponse, PulpError, TaskTimeout
from ..pulp.pool import for_each
from ..pulp.reader import read_by_field, read_by_key
from ..pulp.server import Server
from ..pulp.types import Kind
from ..report.report import Result


@dataclass
class Switch:
    """A change of one distribution: `current` as read, None for a new one, and its new `values`.

    `readable` turns one side of a diff into what users see. `href` is set when a new one was
    created; `task` is the running Pulp task; `uncertainty` is why it is unknown whether the
    change was made; `differing` are the values to write.
    """

    kind: Kind
    name: str
    current: dict[str, Any] | None
    values: dict[str, Any]
    result: Result
    readable: Callable[[dict[str, Any]], dict[str, Any]] = dict
    href: str = ""
    task: str = ""
    uncertainty: str = ""
    written: bool = False
    differing: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.href = self.current.get("pulp_href", "") if self.current else ""
        self.differing = {
            key: value for key, value in self.values.items() if self._current_value(key) != value
        }

    def record(self) -> None:
        """Add the change to the result."""
        before = {key: self._current_value(key) for key in self.differing}
        action = "created" if self.current is None else "updated"
        self.result.add_change(action, self.readable(before), self.readable(self.differing))

    def _current_value(self, key: str) -> Any:
        return self.current.get(key) if self.current else None


def switch_all(server: Server, switches: Sequence[Switch]) -> None:
    """Write all changes, verify them, and roll all of them back when one failed.

    Records the changes in the results of the switches. Raises PulpError after a rollback, naming
    what failed and what could not be rolled back.
    """
    changes = [switch for switch in switches if switch.differing]
    for switch in changes:
        switch.record()
    if server.check_mode or not changes:
        return
    problems = _write(server, changes) or _verify(server, changes)
    if not problems:
        return
    failures = _roll_back(server, [switch for switch in changes if switch.written])
    for switch in changes:
        switch.result.changed = False
        switch.result.error = switch.result.error or "rolled back, because others failed"
    kept = f"\nThese could not be rolled back: {'; '.join(failures)}" if failures else ""
    raise PulpError("nothing was switched: " + "; ".join(problems) + kept)


def _write(server: Server, changes: Sequence[Switch]) -> list[str]:
    """Send all writes, then wait for all tasks; returns an error message for each that failed."""

    def send(switch: Switch) -> None:
        switch.written = True
        try:
            if switch.current is None:
                body = {"name": switch.name, **switch.values}
                response = server.client.post(switch.kind.endpoint, body)
            else:
                response = server.client.patch(switch.href, switch.differing)
        except LostResponse:
            switch.uncertainty = "the response to its change was lost"
            raise
        if set(response) == {"task"}:
            switch.task = response["task"]
        else:
            switch.href = response["pulp_href"]

    errors = for_each(changes, send, server.write_concurrency())
    problems = [f"{switch.name}: {error}" for switch, error in zip(changes, errors) if error]
    waiting = [switch for switch in changes if switch.task]
    tasks = server.watcher.wait_all([(switch.task, switch.name) for switch in waiting])
    for switch, task in zip(waiting, tasks):
        if isinstance(task, PulpError):
            problems.append(f"{switch.name}: {task}")
            if isinstance(task, TaskTimeout):
                switch.uncertainty = f"Pulp may still run its task {switch.task}"
        elif not switch.href:
            switch.href = (task.get("created_resources") or [""])[0]
    return problems


def _verify(server: Server, changes: Sequence[Switch]) -> list[str]:
    """Read all distributions again; returns an error message for each that was not changed."""
    return [
        f"{switch.name}: Pulp accepted the change but does not show it"
        for switch, found in zip(changes, _read(server, changes))
        if found is None or any(found.get(key) != value for key, value in switch.values.items())
    ]


def _read(server: Server, switches: Sequence[Switch]) -> list[dict[str, Any] | None]:
    """The distributions as they are now, in the order of the switches."""
    found: dict[str, dict[str, Any]] = {}
    for kind in {switch.kind.endpoint: switch.kind for switch in switches}.values():
        hrefs = [one.href for one in switches if one.kind is kind and one.href]
        found.update(read_by_field(server.client, kind.endpoint, "pulp_href", hrefs, kind.readable))
    return [found.get(switch.href) for switch in switches]


def _roll_back(server: Server, switches: Sequence[Switch]) -> list[str]:
    """Restore what still has the values that this run wrote.

    Returns a message for each that could not be restored, or that Pulp may change later.
    """
    for switch in switches:
        if switch.uncertainty and not switch.href:
            found = read_by_key(server.client, switch.kind, [switch.name])
            switch.href = found[switch.name]["pulp_href"] if switch.name in found else ""
    failures = [f"{switch.name}: {switch.uncertainty}" for switch in switches if switch.uncertainty]
    backwards = list(reversed(switches))
    for switch, current in zip(backwards, _read(server, backwards)):
        try:
            if current is not None:
                _restore(server, switch, current)
        except PulpError as error:
            failures.append(f"{switch.name}: {error}")
    return failures


def _restore(server: Server, switch: Switch, current: dict[str, Any]) -> None:
    client = server.client
    ours = [key for key, value in switch.differing.items() if current.get(key) == value]
    if switch.current is not None and ours:
        body = {key: switch.current.get(key) for key in ours}
        server.write(partial(client.patch, switch.href, body), switch.name)
    elif switch.current is None and len(ours) == len(switch.differing):
        server.write(partial(client.delete, switch.href), switch.name)
