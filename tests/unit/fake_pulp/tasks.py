# SPDX-License-Identifier: Apache-2.0
"""Tasks of a Pulp: what they do, how often they are seen under way, and how they end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .store import ROOT, Object, Store

_ENDED = ("completed", "skipped", "failed", "canceled")


class TaskError(Exception):
    """The words with which a task fails."""


def start(
    store: Store,
    name: str,
    work: Callable[[], Iterable[str] | None],
    resources: Iterable[str] = (),
) -> Object:
    """Make a task, which nobody works on yet. `resources`: the PRNs of what it reserves.

    `work()` does what the task is for and returns the hrefs that it created, if any.
    """
    reserved = list(resources)
    task = add_task(store, "", "completed", name=name, reserved_resources_record=reserved)
    task["_work"] = work
    return task


def work_on(store: Store, task: Object, polls: int = 0, fails: str = "") -> None:
    """Let a task end, at once or after it was seen running by so many `polls`; with `fails` it
    does nothing, and ends with these words."""
    if fails:
        task["error"] = {"description": fails}
    task["_states"] = ["running"] * polls + ["failed" if fails else "completed"]
    if not polls:
        _advance(store, task)


def add_task(store: Store, number: str, *states: str, **fields: Any) -> Object:
    """Have a task that one poll after the other finds in these states; its href ends in `number`,
    if that is given."""
    usual = {"state": "waiting", "error": None, "created_resources": [], "finished_at": None}
    made = store.add("tasks/", **{**usual, "reserved_resources_record": [], **fields})
    if number:
        del store.objects[made["pulp_href"]]
        made["pulp_href"] = f"{ROOT}tasks/{number}/"
        store.objects[made["pulp_href"]] = made
    made.update(_states=list(states), _work=tuple)
    return made


def advance_all(store: Store, names: Iterable[str]) -> None:
    """Bring those of these tasks that there are to their next states."""
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
