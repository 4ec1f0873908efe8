# SPDX-License-Identifier: Apache-2.0
"""Tasks of FakePulp: their work, their states and their results."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .store import ROOT, Object, Store

_ENDED = ("completed", "skipped", "failed", "canceled")


class TaskError(Exception):
    """The error of a failed task."""


def start(
    store: Store,
    name: str,
    work: Callable[[], Iterable[str] | None],
    resources: Iterable[str] = (),
) -> Object:
    """Add a task that is not running yet. `resources`: the PRNs of its reserved resources.

    `work()` does the work of the task and returns the hrefs of created objects, if any.
    """
    reserved = list(resources)
    task = add_task(store, "", "completed", name=name, reserved_resources_record=reserved)
    task["_work"] = work
    return task


def work_on(store: Store, task: Object, polls: int = 0, fails: str = "") -> None:
    """Let a task end at once, or after `polls` polls that see it running.

    With `fails` the task does nothing and fails with this message.
    """
    if fails:
        task["error"] = {"description": fails}
    task["_states"] = ["running"] * polls + ["failed" if fails else "completed"]
    if not polls:
        _advance(store, task)


def add_task(store: Store, number: str, *states: str, **fields: Any) -> Object:
    """Add a task that has the next of these states in each poll.

    Its href ends in `number` if that is not empty.
    """
    defaults = {"state": "waiting", "error": None, "created_resources": [], "finished_at": None}
    task = store.add("tasks/", **{**defaults, "reserved_resources_record": [], **fields})
    if number:
        del store.objects[task["pulp_href"]]
        task["pulp_href"] = f"{ROOT}tasks/{number}/"
        store.objects[task["pulp_href"]] = task
    task.update(_states=list(states), _work=tuple)
    return task


def advance_all(store: Store, names: Iterable[str]) -> None:
    """Advance the existing ones of these tasks to their next states."""
    for name in names:
        task = store.objects.get(f"{ROOT}tasks/{name}/")
        if task:
            _advance(store, task)


def _advance(store: Store, task: Object) -> None:
    states = task["_states"]
    state = states.pop(0) if len(states) > 1 else states[0]
    if state in _ENDED and task["state"] not in _ENDED:
        task["finished_at"] = store.time()
        if state == "completed":
            try:
                task["created_resources"] += task["_work"]() or ()
            except TaskError as error:
                state, task["error"] = "failed", {"description": str(error)}
                states[:] = [state]
    task["state"] = state
