# SPDX-License-Identifier: Apache-2.0
"""Lost workers are told once, and nothing is told that is not known."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.errors import ResponseError
from plugins.module_utils.pulp.tasks import WorkerMonitor


class Workers:
    """A server with workers online that run these tasks; `hidden`: this user may not see them."""

    def __init__(self, *current_tasks, hidden=False):
        self.current_tasks, self.hidden = list(current_tasks), hidden
        self.looks = 0

    def list(self, path, params=None):
        assert (path, params["online"]) == ("workers/", "true")
        self.looks += 1
        return [] if self.hidden else [{"current_task": task} for task in self.current_tasks]

    def get(self, path, params=None):
        assert path == "status/"
        return {"online_workers": [{} for _task in self.current_tasks]}


def task(href, state="running"):
    return {"pulp_href": href, "state": state}


@pytest.fixture
def told():
    return []


def test_a_running_task_that_no_worker_runs_is_told_once(told):
    monitor = WorkerMonitor(Workers("/t/2/", None), told.append, 0, now=0)
    for now in (1, 2, 3):
        monitor.check([("a", task("/t/1/")), ("b", task("/t/2/"))], now)
    assert len(told) == 1
    assert told[0].startswith(
        "a: the Pulp worker that runs its task is not online any more (/t/1/)"
    )


def test_a_task_that_no_worker_runs_in_one_look_may_just_have_ended(told):
    workers = Workers("/t/2/")
    monitor = WorkerMonitor(workers, told.append, 0, now=0)
    monitor.check([("a", task("/t/1/"))], 1)
    workers.current_tasks = ["/t/1/"]
    monitor.check([("a", task("/t/1/"))], 2)
    workers.current_tasks = [None]
    monitor.check([("a", task("/t/1/"))], 3)
    assert told == []


def test_a_suspicion_is_looked_into_soon(told):
    workers = Workers(None)
    monitor = WorkerMonitor(workers, told.append, 60, now=0)
    for now in (60, 61, 62):
        monitor.check([("a", task("/t/1/"))], now)
    assert (workers.looks, len(told)) == (2, 1)


@pytest.mark.parametrize("state", ["waiting", "completed"])
def test_a_task_that_does_not_run_has_no_worker_to_lose(state, told):
    monitor = WorkerMonitor(Workers(None), told.append, 0, now=0)
    for now in (1, 2):
        monitor.check([("a", task("/t/1/", state))], now)
    assert told == []


def test_the_task_of_the_next_try_is_told_again(told):
    monitor = WorkerMonitor(Workers(None), told.append, 0, now=0)
    for now, href in enumerate(("/t/1/", "/t/1/", "/t/2/", "/t/2/"), 1):
        monitor.check([("a", task(href))], now)
    assert len(told) == 2


def test_no_worker_at_all_is_told_with_the_tasks_that_it_hurts(told):
    monitor = WorkerMonitor(Workers(), told.append, 0, now=0)
    for now in (1, 2):
        monitor.check([("a", task("/t/1/")), ("b", task("/t/2/", "waiting"))], now)
    assert [text.split(":")[0] for text in told] == ["no Pulp worker is online", "a"]


def test_a_user_who_may_not_see_workers_is_told_nothing(told):
    monitor = WorkerMonitor(Workers("/t/1/", hidden=True), told.append, 0, now=0)
    for now in (1, 2):
        monitor.check([("a", task("/t/2/"))], now)
    assert told == []


def test_a_refusal_is_not_passed_on(told):
    workers = Workers()
    workers.list = lambda path, params: (_ for _ in ()).throw(ResponseError(403, "no"))
    WorkerMonitor(workers, told.append, 0, now=0).check([("a", task("/t/1/"))], 1)
    assert told == []


def test_the_server_is_asked_now_and_then_only(told):
    workers = Workers("/t/1/")
    monitor = WorkerMonitor(workers, told.append, 10, now=100)
    for now in (101, 109, 110, 111, 119, 120, 121):
        monitor.check([], now)
    assert workers.looks == 2
