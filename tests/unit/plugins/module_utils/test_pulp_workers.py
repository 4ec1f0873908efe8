# SPDX-License-Identifier: Apache-2.0
"""Lost workers are told once, and nothing is told that is not known."""

from __future__ import annotations

import pytest

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import (
    ResponseError,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_workers import (
    WorkerLookout,
)


class Workers:
    """A server with these workers online; `hidden`: this user may not see them."""

    def __init__(self, *online, hidden=False):
        self.online, self.hidden = list(online), hidden
        self.looks = 0

    def list(self, path, params=None):
        assert (path, params["online"]) == ("workers/", "true")
        self.looks += 1
        return [] if self.hidden else [{"pulp_href": worker} for worker in self.online]

    def get(self, path, params=None):
        assert path == "status/"
        return {"online_workers": [{"name": worker} for worker in self.online]}


def running(worker):
    return {"state": "running", "worker": worker}


@pytest.fixture
def told():
    return []


def test_a_task_of_a_worker_that_is_gone_is_told_once(told):
    lookout = WorkerLookout(Workers("/w/2/"), told.append, 0, now=0)
    for now in (1, 2):
        lookout.look([("a", running("/w/1/")), ("b", running("/w/2/"))], now)
    assert len(told) == 1
    assert told[0].startswith(
        "a: the Pulp worker that runs its task is not online any more (/w/1/)"
    )


@pytest.mark.parametrize(
    "task", [{}, {"state": "waiting", "worker": None}, {"state": "completed", "worker": "/w/1/"}]
)
def test_a_task_that_does_not_run_has_no_worker_to_lose(task, told):
    WorkerLookout(Workers("/w/2/"), told.append, 0, now=0).look([("a", task)], 1)
    assert told == []


def test_the_task_of_the_next_worker_is_told_again(told):
    lookout = WorkerLookout(Workers("/w/3/"), told.append, 0, now=0)
    lookout.look([("a", running("/w/1/"))], 1)
    lookout.look([("a", running("/w/2/"))], 2)
    assert len(told) == 2


def test_no_worker_at_all_is_told_with_the_tasks_that_it_hurts(told):
    lookout = WorkerLookout(Workers(), told.append, 0, now=0)
    for now in (1, 2):
        lookout.look([("a", running("/w/1/")), ("b", {"state": "waiting"})], now)
    assert [text.split(":")[0] for text in told] == ["no Pulp worker is online", "a"]


def test_a_user_who_may_not_see_workers_is_told_nothing(told):
    lookout = WorkerLookout(Workers("/w/1/", hidden=True), told.append, 0, now=0)
    lookout.look([("a", running("/w/1/"))], 1)
    assert told == []


def test_a_refusal_is_not_passed_on(told):
    workers = Workers()
    workers.list = lambda path, params: (_ for _ in ()).throw(ResponseError(403, "no"))
    WorkerLookout(workers, told.append, 0, now=0).look([("a", running("/w/1/"))], 1)
    assert told == []


def test_the_server_is_asked_now_and_then_only(told):
    workers = Workers("/w/1/")
    lookout = WorkerLookout(workers, told.append, 10, now=100)
    for now in (101, 109, 110, 111, 119, 120, 121):
        lookout.look([], now)
    assert workers.looks == 2
