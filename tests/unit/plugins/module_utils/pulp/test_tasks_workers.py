# SPDX-License-Identifier: Apache-2.0
"""A lost worker is one warning, reported only if it is certain."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.errors import ResponseError
from plugins.module_utils.pulp.tasks import PollIntervals, WorkerMonitor
from tests.unit.fake_pulp.pulp import FakePulp


def pulp_with(*current_tasks):
    """Return a Pulp with workers that run these tasks."""
    pulp = FakePulp()
    pulp.run_workers(*current_tasks)
    return pulp


def task(href, state="running"):
    return {"pulp_href": href, "state": state}


@pytest.fixture
def warnings():
    return []


def test_a_running_task_without_a_worker_is_one_warning(warnings):
    monitor = WorkerMonitor(pulp_with("/t/2/", None), warnings.append, 0, now=0)
    for now in (1, 2, 3):
        monitor.check([("a", task("/t/1/")), ("b", task("/t/2/"))], now)
    assert len(warnings) == 1
    assert warnings[0].startswith("a: the Pulp worker that runs its task is offline (/t/1/)")


def test_a_task_without_a_worker_in_one_check_may_just_have_ended(warnings):
    pulp = pulp_with("/t/2/")
    monitor = WorkerMonitor(pulp, warnings.append, 0, now=0)
    monitor.check([("a", task("/t/1/"))], 1)
    pulp.run_workers("/t/1/")
    monitor.check([("a", task("/t/1/"))], 2)
    pulp.run_workers(None)
    monitor.check([("a", task("/t/1/"))], 3)
    assert warnings == []


def test_a_suspected_loss_is_checked_soon(warnings):
    pulp = pulp_with(None)
    monitor = WorkerMonitor(pulp, warnings.append, 60, now=0)
    for now in (60, 61, 62):
        monitor.check([("a", task("/t/1/"))], now)
    assert (len(pulp.sent("GET", "workers/")), len(warnings)) == (2, 1)


@pytest.mark.parametrize("state", ["waiting", "completed"])
def test_a_task_that_does_not_run_has_no_lost_worker(state, warnings):
    monitor = WorkerMonitor(pulp_with(None), warnings.append, 0, now=0)
    for now in (1, 2):
        monitor.check([("a", task("/t/1/", state))], now)
    assert warnings == []


def test_the_task_of_a_retry_is_another_warning(warnings):
    monitor = WorkerMonitor(pulp_with(None), warnings.append, 0, now=0)
    for now, href in enumerate(("/t/1/", "/t/1/", "/t/2/", "/t/2/"), 1):
        monitor.check([("a", task(href))], now)
    assert len(warnings) == 2


def test_a_server_without_workers_is_a_separate_warning(warnings):
    monitor = WorkerMonitor(pulp_with(), warnings.append, 0, now=0)
    for now in (1, 2):
        monitor.check([("a", task("/t/1/")), ("b", task("/t/2/", "waiting"))], now)
    assert [text.split(":")[0] for text in warnings] == ["no Pulp worker is online", "a"]


def test_a_user_who_may_not_see_workers_gets_no_warning(warnings):
    pulp = pulp_with("/t/1/")
    pulp.hidden.add("workers/")
    monitor = WorkerMonitor(pulp, warnings.append, 0, now=0)
    for now in (1, 2):
        monitor.check([("a", task("/t/2/"))], now)
    assert warnings == []


def test_a_server_that_refuses_the_list_causes_no_warning(warnings):
    pulp = pulp_with()
    pulp.on("GET", "workers/", raises=ResponseError(403, "no"))
    WorkerMonitor(pulp, warnings.append, 0, now=0).check([("a", task("/t/1/"))], 1)
    assert warnings == []


def test_workers_are_listed_once_per_interval(warnings):
    pulp = pulp_with("/t/1/")
    monitor = WorkerMonitor(pulp, warnings.append, 10, now=100)
    for now in (101, 109, 110, 111, 119, 120, 121):
        monitor.check([], now)
    assert len(pulp.sent("GET", "workers/")) == 2


def test_a_lost_worker_is_noticed_within_five_seconds_after_pulp_noticed_it(warnings):
    intervals = PollIntervals()
    monitor = WorkerMonitor(pulp_with(None), warnings.append, intervals.worker_check, now=0)
    now = 0.0
    while not warnings:
        now += intervals.longest
        monitor.check([("a", task("/t/1/"))], now)
    # Two polls may be needed for either check.
    assert now <= intervals.worker_check + 2 * intervals.longest + 1
