# SPDX-License-Identifier: Apache-2.0
"""Change many distributions together: all of them, or, when one fails, none.

Pulp has no transaction. What was there is put back in reverse order, where it still is what this
run wrote, and what could not be put back is named.
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
    """One distribution: `current` as read (None: to be made), and the wire values it is to have.

    `href` is filled in for one that was made; `task` names the Pulp task under way; `unknown`
    says why it is not known whether the write was carried out.
    """

    kind: Kind
    name: str
    current: dict[str, Any] | None
    wanted: dict[str, Any]
    result: Result
    shown: Callable[[dict[str, Any]], dict[str, Any]] = dict
    href: str = ""
    task: str = ""
    unknown: str = ""
    written: bool = False
    differing: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        current = self.current or {}
        self.href = current.get("pulp_href", "")
        self.differing = {
            key: value for key, value in self.wanted.items() if current.get(key) != value
        }


def switch_all(server: Server, switches: Sequence[Switch]) -> None:
    """Write, read back and, when anything is not as wanted, restore.

    Results of the switches tell what happened. Raises PulpError after a restore, naming what
    failed, and what could not be put back.
    """
    todo = [switch for switch in switches if switch.differing]
    for switch in todo:
        before = {key: (switch.current or {}).get(key) for key in switch.differing}
        action = "created" if switch.current is None else "updated"
        switch.result.add_change(action, switch.shown(before), switch.shown(switch.differing))
    if server.check_mode or not todo:
        return
    problems = _write(server, todo)
    problems += _read_back(server, todo) if not problems else []
    if not problems:
        return
    stuck = _restore(server, [switch for switch in todo if switch.written])
    for switch in todo:
        switch.result.changed = False
        switch.result.error = switch.result.error or "put back, because others failed"
    kept = f"\nThese could not be put back: {'; '.join(stuck)}" if stuck else ""
    raise PulpError("nothing was switched: " + "; ".join(problems) + kept)


def _write(server: Server, todo: Sequence[Switch]) -> list[str]:
    """Send all writes, then wait for all tasks; returns what went wrong, item by item."""

    def send(switch: Switch) -> None:
        switch.written = True
        try:
            if switch.current is None:
                body = {"name": switch.name, **switch.wanted}
                answer = server.client.post(switch.kind.endpoint, body)
            else:
                answer = server.client.patch(switch.href, switch.differing)
        except LostResponse:
            switch.unknown = "the answer to its change was lost"
            raise
        if set(answer) == {"task"}:
            switch.task = answer["task"]
        else:
            switch.href = answer["pulp_href"]

    errors = for_each(todo, send, server.write_concurrency())
    problems = [f"{switch.name}: {error}" for switch, error in zip(todo, errors) if error]
    waiting = [switch for switch in todo if switch.task]
    tasks = server.watcher.wait_all([(switch.task, switch.name) for switch in waiting])
    for switch, task in zip(waiting, tasks):
        if isinstance(task, PulpError):
            problems.append(f"{switch.name}: {task}")
            if isinstance(task, TaskTimeout):
                switch.unknown = f"Pulp may still carry out its task {switch.task}"
        elif not switch.href:
            switch.href = (task.get("created_resources") or [""])[0]
    return problems


def _read_back(server: Server, todo: Sequence[Switch]) -> list[str]:
    problems = []
    for switch, there in zip(todo, _now(server, todo)):
        wrong = [key for key, value in switch.wanted.items() if (there or {}).get(key) != value]
        if there is None or wrong:
            problems.append(f"{switch.name}: Pulp took the change and does not show it")
    return problems


def _now(server: Server, switches: Sequence[Switch]) -> list[dict[str, Any] | None]:
    """The distributions as they are at this moment, in the order of the switches."""
    found: dict[str, dict[str, Any]] = {}
    for kind in {switch.kind.endpoint: switch.kind for switch in switches}.values():
        hrefs = [one.href for one in switches if one.kind is kind and one.href]
        found.update(read_by_field(server.client, kind.endpoint, "pulp_href", hrefs, kind.readable))
    return [found.get(switch.href) for switch in switches]


def _restore(server: Server, switches: Sequence[Switch]) -> list[str]:
    """Put back what still has the value that this run wrote; returns what could not be, and what
    Pulp may change later."""
    for switch in switches:
        if switch.unknown and not switch.href:
            there = read_by_key(server.client, switch.kind, [switch.name]).get(switch.name)
            switch.href = (there or {}).get("pulp_href", "")
    stuck = [f"{switch.name}: {switch.unknown}" for switch in switches if switch.unknown]
    backwards = list(reversed(switches))
    for switch, there in zip(backwards, _now(server, backwards)):
        try:
            if there is not None:
                _put_back(server, switch, there)
        except PulpError as error:
            stuck.append(f"{switch.name}: {error}")
    return stuck


def _put_back(server: Server, switch: Switch, there: dict[str, Any]) -> None:
    client = server.client
    ours = [key for key, value in switch.differing.items() if there.get(key) == value]
    if switch.current is not None and ours:
        body = {key: switch.current.get(key) for key in ours}
        server.write(partial(client.patch, switch.href, body), switch.name)
    elif switch.current is None and len(ours) == len(switch.differing):
        server.write(partial(client.delete, switch.href), switch.name)
