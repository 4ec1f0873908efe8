# SPDX-License-Identifier: Apache-2.0
"""Change many distributions together: all of them, or none when one fails.

Pulp has no transactions. After a failure the changes are rolled back in reverse order, where Pulp
still has the values that this run wrote; the error names what could not be rolled back. Once the
first change is sent, all requests wait for the end of an outage, and a run that is interrupted first
completes the change or rolls it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..pulp.errors import LostResponse, PulpError, TaskFailed, TaskTimeout
from ..pulp.interruption import Interruption
from ..pulp.patience import Patience
from ..pulp.pool import for_each
from ..pulp.reader import read_by_field, read_by_key
from ..pulp.server import Server
from ..pulp.types import Kind
from ..report.report import Result

UNCHANGED, SWITCHED, RESTORED = "unchanged", "switched", "restored"
FOREIGN, UNKNOWN = "foreign", "unknown"
_ERRORS = {
    UNCHANGED: "not changed, because others failed",
    SWITCHED: "still switched, could not be rolled back",
    RESTORED: "rolled back, because others failed",
    FOREIGN: "left unchanged, because another run has changed it",
    UNKNOWN: "unknown whether it is switched",
}
_HEADINGS = {
    SWITCHED: "Still switched",
    UNKNOWN: "Unknown whether switched",
    FOREIGN: "Changed by another run",
    RESTORED: "Rolled back",
    UNCHANGED: "Not changed",
}
# How many names of distributions are listed that are as they were before.
_MAX_NAMES = 10


@dataclass
class Switch:
    """A change of one distribution: `current` as read, None for a new one, and its new `values`.

    `readable` turns one side of a diff into what users see. `href` is set when a new one was
    created; `task` is the running Pulp task; `uncertainty` is why it is unknown whether the
    change was made, `is_slow` whether its task exceeded task_timeout; `differing` are the values to
    write. After a failure `problem` is the error of its own change, `unrestored` that of its
    rollback, and `state` is what it is now.
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
    is_slow: bool = False
    written: bool = False
    problem: str = ""
    unrestored: str = ""
    state: str = UNCHANGED
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

    def has_values(self, found: dict[str, Any] | None) -> bool:
        """Return whether a distribution, as read again, has the new values."""
        return found is not None and all(found.get(key) == one for key, one in self.values.items())

    def is_known(self, key: str, value: Any) -> bool:
        """Return whether a value is that before or after the change, not that of another run."""
        return bool(value in (self.differing[key], self._current_value(key)))

    def set_state(self, found: dict[str, Any] | None) -> None:
        """Set what became of a change that was written, from the distribution as read again."""
        if self.uncertainty:
            self.state = UNKNOWN
        elif found is None:
            self.state = RESTORED if self.current is None else FOREIGN
        elif any(found.get(key) == value for key, value in self.differing.items()):
            self.state = SWITCHED
        elif all(found.get(key) == self._current_value(key) for key in self.differing):
            self.state = RESTORED
        else:
            self.state = FOREIGN

    @property
    def reason(self) -> str:
        """Why its state is what it is, empty if that is clear."""
        reasons = {SWITCHED: self.unrestored, UNKNOWN: self.uncertainty or self.unrestored}
        return reasons.get(self.state, "")

    def fail(self) -> None:
        """Set the error of the result."""
        reason = f": {self.reason}" if self.reason else ""
        state = f"{_ERRORS[self.state]}{reason}"
        is_known = not self.problem or self.state in (UNCHANGED, RESTORED)
        self.result.error = (self.problem or state) if is_known else f"{self.problem} ({state})"
        self.result.action = "failed"
        self.result.changed = self.state == SWITCHED

    def _current_value(self, key: str) -> Any:
        return self.current.get(key) if self.current else None


def switch_all(
    server: Server, switches: Sequence[Switch], interruption: Interruption | None = None
) -> None:
    """Write all changes, verify them, and roll all of them back when one failed.

    After an interruption no further change is sent. Records the changes in the results of the
    switches. Raises PulpError after a rollback, when the report has a line for each switch; it names
    what failed, and what each distribution is now unless all are as they were.
    """
    changes = [switch for switch in switches if switch.differing]
    for switch in changes:
        switch.record()
    if server.check_mode or not changes:
        return
    error = _SwitchRun(server, changes, interruption or Interruption()).run()
    if error:
        for switch in changes:
            switch.fail()
        server.report.finish_all([switch.result for switch in switches])
        raise PulpError(error)


class _SwitchRun:
    """Writes, verifies and rolls back changes."""

    def __init__(
        self, server: Server, changes: Sequence[Switch], interruption: Interruption
    ) -> None:
        self._server = server
        self._changes = changes
        self._interruption = interruption
        self._patience = Patience(server.watcher.intervals)
        self._problems: list[str] = []

    def run(self) -> str:
        """Make all changes or none; returns an error message, empty for success."""
        with self._interruption:
            try:
                self._write()
                if not self._has_failed:
                    self._verify()
                if not self._has_failed:
                    return ""
                self._roll_back()
            except KeyboardInterrupt:
                self._problems.append("the run was interrupted twice, and did not wait for Pulp")
                for switch in self._changes:
                    switch.state = UNKNOWN if switch.written else UNCHANGED
        return self._message()

    @property
    def _has_failed(self) -> bool:
        return bool(self._problems) or any(switch.problem for switch in self._changes)

    def _write(self) -> None:
        """Send all writes, then wait for all tasks."""
        server, changes = self._server, self._changes
        errors = for_each(changes, self._send, server.write_concurrency())
        for switch, error in zip(changes, errors):
            switch.problem = error
        if not all(switch.written for switch in changes):
            self._problems.append("the run was interrupted")
        waiting = [switch for switch in changes if switch.task]
        tasks = server.watcher.wait_all([(switch.task, switch.name) for switch in waiting])
        for switch, task in zip(waiting, tasks):
            if isinstance(task, PulpError):
                switch.problem = str(task)
                if not isinstance(task, TaskFailed):
                    switch.uncertainty = f"Pulp may still run its task {switch.task}"
                    switch.is_slow = isinstance(task, TaskTimeout)
            elif not switch.href:
                switch.href = (task.get("created_resources") or [""])[0]

    def _send(self, switch: Switch) -> None:
        if self._interruption.requested:
            return
        client = self._server.client
        switch.written = True
        try:
            if switch.current is None:
                body = {"name": switch.name, **switch.values}
                response = client.post(switch.kind.endpoint, body)
            else:
                response = client.patch(switch.href, switch.differing)
        except LostResponse:
            switch.uncertainty = "the response to its change was lost"
            raise
        if set(response) == {"task"}:
            switch.task = response["task"]
        else:
            switch.href = response["pulp_href"]

    def _verify(self) -> None:
        """Read all distributions again."""
        try:
            found = self._read(self._changes)
        except PulpError as error:
            self._problems.append(f"the distributions cannot be read again: {error}")
            return
        for switch, one in zip(self._changes, found):
            if not switch.has_values(one):
                switch.problem = "Pulp accepted the change but does not show it"

    def _roll_back(self) -> None:
        """Restore what still has the values that this run wrote, and read what it is then."""
        written = [switch for switch in reversed(self._changes) if switch.written]
        try:
            self._find_created(written)
            for switch, current in zip(written, self._read(written)):
                if current is not None:
                    self._restore(switch, current)
            found = self._read(written)
        except PulpError as error:
            for switch in written:
                switch.state = UNKNOWN
                switch.unrestored = switch.unrestored or f"it cannot be read: {error}"
            return
        for switch, one in zip(written, found):
            switch.set_state(one)

    def _find_created(self, switches: Iterable[Switch]) -> None:
        """Find new distributions whose creation was carried out although its response was lost."""
        for switch in switches:
            if not switch.uncertainty or switch.href:
                continue
            find = partial(read_by_key, self._server.client, switch.kind, [switch.name])
            found = self._patience.call(find).get(switch.name)
            if found:
                switch.href, switch.uncertainty = found["pulp_href"], ""

    def _restore(self, switch: Switch, current: dict[str, Any]) -> None:
        server, client = self._server, self._server.client
        ours = [key for key, value in switch.differing.items() if current.get(key) == value]
        if switch.current is not None and switch.uncertainty and not switch.is_slow:
            # Pulp carries out this write after the uncertain one.
            ours = [key for key in switch.differing if switch.is_known(key, current.get(key))]
        if switch.current is not None and ours:
            body = {key: switch.current.get(key) for key in ours}
            write = partial(client.patch, switch.href, body)
        elif switch.current is None and len(ours) == len(switch.differing):
            write = partial(client.delete, switch.href)
        else:
            return
        try:
            self._patience.call(partial(server.write, write, switch.name))
        except PulpError as error:
            switch.unrestored = str(error)
        else:
            switch.uncertainty = ""

    def _read(self, switches: Sequence[Switch]) -> list[dict[str, Any] | None]:
        """Return the distributions as they are now, in the order of the switches."""
        client = self._server.client
        found: dict[str, dict[str, Any]] = {}
        for kind in {switch.kind.endpoint: switch.kind for switch in switches}.values():
            hrefs = [one.href for one in switches if one.kind is kind and one.href]
            read = partial(read_by_field, client, kind.endpoint, "pulp_href", hrefs, kind.readable)
            found.update(self._patience.call(read))
        return [found.get(switch.href) for switch in switches]

    def _message(self) -> str:
        problems = [f"{one.name}: {one.problem}" for one in self._changes if one.problem]
        cause = "; ".join(problems + self._problems)
        if all(switch.state in (UNCHANGED, RESTORED) for switch in self._changes):
            return f"nothing was switched: {cause}"
        lines = [f"the change failed and was not completely rolled back: {cause}"]
        for state, heading in _HEADINGS.items():
            names = self._described(state)
            if names:
                lines.append(f"{heading}: {names}")
        return "\n".join([*lines, "Run it again: it changes what differs"])

    def _described(self, state: str) -> str:
        names = [
            f"{one.name} ({one.reason})" if one.reason else one.name
            for one in self._changes
            if one.state == state
        ]
        rest = len(names) - _MAX_NAMES
        if state not in (RESTORED, UNCHANGED) or rest <= 0:
            return ", ".join(names)
        return f"{', '.join(names[:_MAX_NAMES])} and {rest} more"
