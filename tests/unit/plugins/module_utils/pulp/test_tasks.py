# SPDX-License-Identifier: Apache-2.0
"""The watcher: few polls for many tasks, and nobody is left waiting."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from plugins.module_utils.pulp.errors import (
    AuthenticationError,
    LostResponse,
    PulpError,
    ResponseError,
    TaskFailed,
    TaskTimeout,
    TLSError,
    Unreachable,
)
from plugins.module_utils.pulp.tasks import PollIntervals, TaskWatcher

# A test that waits longer than this has found a bug.
PATIENCE = 10
QUICK = PollIntervals(shortest=0.002, longest=0.01, average=0, worker_check=1000, outage=0.05)


def href(name):
    return f"/pulp/api/v3/tasks/{name}/"


class Tasks:
    """Tasks by identifier; each has a list of states, of which a poll takes one, keeping the last.

    `errors` are raised by the next polls, one each.
    """

    def __init__(self, **states):
        self.states = {name: list(values) for name, values in states.items()}
        self.more = {}
        self.errors = []
        self.polled = []
        self.polled_often = threading.Event()
        self.polled_all = threading.Event()

    def list(self, path, params=None):
        assert path == "tasks/"
        identifiers = params["pulp_id__in"].split(",")
        self.polled.append(identifiers)
        if len(self.polled) >= 5:
            self.polled_often.set()
        if len(identifiers) == len(self.states):
            self.polled_all.set()
        if self.errors:
            raise self.errors.pop(0)
        return [self.task(name) for name in identifiers if name in self.states]

    def task(self, name):
        left = self.states[name]
        state = left.pop(0) if len(left) > 1 else left[0]
        return {"pulp_href": href(name), "state": state, **self.more.get(name, {})}

    def get(self, path, params=None):
        raise AssertionError(f"{path} is not asked for here")


def watch(tasks, timeout=PATIENCE, **options):
    return TaskWatcher(tasks, timeout, intervals=options.pop("intervals", QUICK), **options)


def ended(watcher):
    """Whether the watcher's thread ends within the patience of a test."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if watcher._thread is None:
            return True
        time.sleep(0.002)
    return False


def test_a_task_is_returned_when_it_has_ended():
    tasks = Tasks(a=["waiting", "running", "completed"])
    tasks.more["a"] = {"created_resources": ["/x/1/"]}
    task = watch(tasks).wait(href("a"), "repository a")
    assert (task["state"], task["created_resources"]) == ("completed", ["/x/1/"])
    assert len(tasks.polled) == 3


@pytest.mark.parametrize("state", ["failed", "canceled"])
def test_a_task_that_failed_raises_pulps_words_without_secrets(state):
    tasks = Tasks(a=[state])
    tasks.more["a"] = {"error": {"description": "404, url='http://me:secret@host/x'"}}
    with pytest.raises(TaskFailed) as error:
        watch(tasks).wait(href("a"), "a")
    assert str(error.value) == f"404, url='http://***@host/x' (task {href('a')})"
    assert not error.value.worker_lost


@pytest.mark.parametrize("error", [None, {}, {"description": None}])
def test_a_task_that_failed_without_a_word_says_its_state(error):
    tasks = Tasks(a=["canceled"])
    tasks.more["a"] = {"error": error}
    with pytest.raises(TaskFailed, match="the task is canceled"):
        watch(tasks).wait(href("a"), "a")


@pytest.mark.parametrize(
    "error",
    [
        {"description": "Worker has gone missing."},
        {"reason": "Worker has gone missing."},
        {"reason": "Aborted during worker shutdown."},
    ],
)
def test_a_task_whose_worker_died_says_so(error):
    tasks = Tasks(a=["failed"])
    tasks.more["a"] = {"error": error}
    with pytest.raises(TaskFailed, match=next(iter(error.values()))) as failed:
        watch(tasks).wait(href("a"), "a")
    assert failed.value.worker_lost


def test_one_poll_asks_for_all_tasks():
    names = [f"t{number}" for number in range(20)]
    tasks = Tasks(**{name: ["running"] for name in names})
    watcher = watch(tasks)
    with ThreadPoolExecutor(20) as pool:
        waits = [pool.submit(watcher.wait, href(name), name) for name in names]
        assert tasks.polled_all.wait(PATIENCE)
        for name in names:
            tasks.states[name] = ["completed"]
        assert {wait.result(PATIENCE)["state"] for wait in waits} == {"completed"}
    assert (watcher.tasks_seen, watcher.polls) == (20, len(tasks.polled))


def test_more_tasks_than_fit_a_request_line_are_asked_for_in_parts():
    names = [f"018f2f4e-0000-7000-8000-{number:012}" for number in range(250)]
    tasks = Tasks(**{name: ["completed"] for name in names})
    results = watch(tasks).wait_all([(href(name), name) for name in names])
    assert [task["pulp_href"] for task in results] == [href(name) for name in names]
    assert max(len(",".join(part)) for part in tasks.polled) < 3700


def test_all_are_waited_for_though_some_fail():
    tasks = Tasks(a=["completed"], b=["failed"], c=["running", "completed"])
    done = watch(tasks).wait_all([(href(name), name) for name in ("a", "b", "c")])
    assert [type(one) for one in done] == [dict, TaskFailed, dict]


def test_two_items_may_wait_for_the_same_task():
    tasks = Tasks(a=["running"])
    watcher = watch(tasks)
    with ThreadPoolExecutor(2) as pool:
        waits = [pool.submit(watcher.wait, href("a"), name) for name in ("one", "two")]
        assert tasks.polled_often.wait(PATIENCE)
        tasks.states["a"] = ["completed"]
        assert [wait.result(PATIENCE)["state"] for wait in waits] == ["completed"] * 2


def test_a_new_task_does_not_wait_for_the_end_of_a_long_pause():
    tasks = Tasks(old=["running"], new=["completed"])
    intervals = PollIntervals(shortest=0.002, longest=1000, average=0)
    watcher = watch(tasks, timeout=1000, intervals=intervals)
    with ThreadPoolExecutor(1) as pool:
        old = pool.submit(watcher.wait, href("old"), "old")
        assert tasks.polled_often.wait(PATIENCE)
        # By now the pause grows without end, so that only the news can wake the thread in time.
        watcher._rest = lambda pause, rest=watcher._rest: rest(1000)
        assert watcher.wait(href("new"), "new")["state"] == "completed"
        tasks.states["old"] = ["completed"]
        assert watcher.wait(href("new"), "again")["state"] == "completed"
        assert old.result(PATIENCE)["state"] == "completed"


def test_the_pause_grows_while_nothing_ends_and_begins_anew_when_something_does():
    tasks = Tasks(a=["running"] * 8 + ["completed"], b=["running"] * 9 + ["completed"])
    watcher = watch(tasks, intervals=PollIntervals(shortest=0.001, longest=0.004, average=0))
    pauses = []
    watcher._rest = lambda pause, rest=watcher._rest: (pauses.append(pause), rest(pause))[1]
    watcher.wait_all([(href("a"), "a"), (href("b"), "b")])
    assert pauses[:5] == pytest.approx([0.001, 0.0015, 0.00225, 0.003375, 0.004])
    assert pauses[9] == 0.001


def test_in_the_long_run_there_are_no_more_polls_than_agreed():
    names = [f"t{number}" for number in range(30)]
    tasks = Tasks(**{name: ["completed"] for name in names})
    intervals = PollIntervals(shortest=0.001, longest=0.01, average=0.02)
    watcher = watch(tasks, intervals=intervals)
    began = time.monotonic()
    for name in names:
        watcher.wait(href(name), name)
    assert watcher.polls <= (time.monotonic() - began) / intervals.average + 2


def test_a_task_that_takes_too_long_goes_on_without_us():
    tasks = Tasks(a=["running"])
    with pytest.raises(TaskTimeout, match="still running after task_timeout.*tasks/a/"):
        watch(tasks, timeout=0.01).wait(href("a"), "a")


def test_each_task_may_have_its_own_time():
    tasks = Tasks(a=["running"], b=["running"] * 30 + ["completed"])
    watcher = watch(tasks)
    with ThreadPoolExecutor(1) as pool:
        patient = pool.submit(watcher.wait, href("b"), "b")
        with pytest.raises(TaskTimeout):
            watcher.wait(href("a"), "a", timeout=0.01)
        assert patient.result(PATIENCE)["state"] == "completed"


def test_a_task_that_the_server_forgot_is_an_error():
    with pytest.raises(PulpError, match="does not know task .*/a/ any more"):
        watch(Tasks()).wait(href("a"), "a")


def test_an_answer_of_another_shape_leaves_nobody_waiting():
    tasks = Tasks(a=["completed"])
    tasks.task = lambda name: {"pulp_href": href(name)}
    with pytest.raises(PulpError, match="does not know task"):
        watch(tasks).wait(href("a"), "a")


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("refused"),
        LostResponse("broke"),
        ResponseError(502, "bad"),
        ResponseError(500, ""),
    ],
)
def test_polls_may_fail_while_the_server_is_started_again(error):
    tasks = Tasks(a=["completed"])
    tasks.errors = [error, error]
    watcher = watch(
        tasks, intervals=PollIntervals(shortest=0.002, longest=0.01, average=0, outage=PATIENCE)
    )
    assert watcher.wait(href("a"), "a")["state"] == "completed"


@pytest.mark.parametrize(
    "error", [AuthenticationError("gone"), TLSError("tls"), ResponseError(403, "not yours")]
)
def test_an_error_that_will_last_ends_the_waiting_of_all(error):
    tasks = Tasks(a=["running"], b=["running"])
    tasks.errors = [error]
    done = watch(tasks).wait_all([(href("a"), "a"), (href("b"), "b")])
    assert done == [error, error]


def test_an_outage_that_lasts_ends_the_waiting():
    tasks = Tasks(a=["running"])
    tasks.errors = [Unreachable("refused")] * 10000
    with pytest.raises(Unreachable):
        watch(tasks).wait(href("a"), "a")


def test_after_an_error_the_next_task_is_waited_for_again():
    tasks = Tasks(a=["completed"])
    tasks.errors = [AuthenticationError("gone")]
    watcher = watch(tasks)
    with pytest.raises(AuthenticationError):
        watcher.wait(href("a"), "a")
    assert watcher.wait(href("a"), "a")["state"] == "completed"


def test_even_a_bug_leaves_nobody_waiting():
    tasks = Tasks(a=["running"])
    tasks.errors = [ZeroDivisionError()]
    watcher = watch(tasks)
    with pytest.raises(PulpError, match="ZeroDivisionError.* at test_tasks.py"):
        watcher.wait(href("a"), "a")
    tasks.states["a"] = ["completed"]
    assert watcher.wait(href("a"), "a")["state"] == "completed"


def test_the_thread_ends_when_nothing_is_left_and_comes_back():
    tasks = Tasks(a=["completed"])
    watcher = watch(tasks)
    for _number in range(3):
        watcher.wait(href("a"), "a")
        assert ended(watcher)
    assert watcher.in_progress() == []


def test_what_is_under_way_can_be_seen():
    tasks = Tasks(a=["running"])
    watcher = watch(tasks)
    with ThreadPoolExecutor(1) as pool:
        wait = pool.submit(watcher.wait, href("a"), "repository a")
        assert tasks.polled_often.wait(PATIENCE)
        [(subject, task)] = watcher.in_progress()
        assert (subject, task["state"]) == ("repository a", "running")
        tasks.states["a"] = ["completed"]
        wait.result(PATIENCE)


def test_a_worker_that_is_lost_is_told_while_the_task_still_runs():
    class WithWorkers(Tasks):
        def list(self, path, params=None):
            return [{"pulp_href": "/w/2/"}] if path == "workers/" else super().list(path, params)

    tasks = WithWorkers(a=["running"])
    tasks.more["a"] = {"worker": "/w/1/"}
    told, texts = threading.Event(), []
    intervals = PollIntervals(shortest=0.002, longest=0.01, average=0, worker_check=0.0)
    watcher = watch(tasks, warn=lambda text: (texts.append(text), told.set()), intervals=intervals)
    with ThreadPoolExecutor(1) as pool:
        wait = pool.submit(watcher.wait, href("a"), "repository a")
        assert told.wait(PATIENCE)
        assert not wait.done()
        tasks.states["a"] = ["completed"]
        wait.result(PATIENCE)
    assert len(texts) == 1
    assert texts[0].startswith("repository a: the Pulp worker that runs its task is not online")
