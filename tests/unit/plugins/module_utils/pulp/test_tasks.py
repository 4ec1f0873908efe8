# SPDX-License-Identifier: Apache-2.0
"""The watcher needs few polls for many tasks, and every wait ends."""

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
from tests.unit.fake_pulp.pulp import FakePulp

# A longer wait is a bug.
TIMEOUT = 10
QUICK = PollIntervals(shortest=0.002, longest=0.01, average=0, worker_check=1000, outage=0.05)


def href(name):
    return f"/pulp/api/v3/tasks/{name}/"


def pulp_with(**states: list[str]) -> FakePulp:
    """Return a Pulp with tasks that have the next of these states in each poll."""
    pulp = FakePulp()
    for name, values in states.items():
        pulp.add_task(name, *values)
    return pulp


def change(pulp: FakePulp, name: str, *states: str, **fields) -> None:
    """Change the states and fields that the next polls return for a task."""
    with pulp.lock:
        pulp.find("tasks/", pulp_href=href(name)).update(
            {"_states": list(states)} if states else {}, **fields
        )


def fail(pulp: FakePulp, error: Exception, times: int = 1) -> None:
    """Let the next polls fail with this error."""
    pulp.on("GET", "tasks/", raises=error, times=times)


def polls(pulp: FakePulp) -> list[list[str]]:
    """Return the tasks in each poll."""
    return [one.content["pulp_id__in"].split(",") for one in pulp.sent("GET", "tasks/")]


def polled_often(pulp: FakePulp) -> bool:
    """Wait for five polls, and return whether they happened."""
    return pulp.wait_until(lambda: len(polls(pulp)) >= 5, TIMEOUT)


def watch(pulp, timeout=TIMEOUT, **options):
    return TaskWatcher(pulp, timeout, intervals=options.pop("intervals", QUICK), **options)


def thread_ended(watcher):
    """Return whether the thread of the watcher ends before the timeout."""
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until:
        if watcher._thread is None:
            return True
        time.sleep(0.002)
    return False


def test_a_task_is_returned_when_it_has_ended():
    pulp = pulp_with(a=["waiting", "running", "completed"])
    change(pulp, "a", created_resources=["/x/1/"])
    task = watch(pulp).wait(href("a"), "repository a")
    assert (task["state"], task["created_resources"]) == ("completed", ["/x/1/"])
    assert len(polls(pulp)) == 3


@pytest.mark.parametrize("state", ["failed", "canceled"])
def test_a_failed_task_raises_the_message_of_pulp_without_secrets(state):
    pulp = pulp_with(a=[state])
    change(pulp, "a", error={"description": "404, url='http://me:secret@host/x'"})
    with pytest.raises(TaskFailed) as error:
        watch(pulp).wait(href("a"), "a")
    assert str(error.value) == f"404, url='http://***@host/x' (task {href('a')})"
    assert not error.value.worker_lost


@pytest.mark.parametrize("error", [None, {}, {"description": None}])
def test_a_failed_task_without_a_message_is_reported_with_its_state(error):
    pulp = pulp_with(a=["canceled"])
    change(pulp, "a", error=error)
    with pytest.raises(TaskFailed, match="the task is canceled"):
        watch(pulp).wait(href("a"), "a")


@pytest.mark.parametrize(
    "error",
    [
        {"description": "Worker has gone missing."},
        {"reason": "Worker has gone missing."},
        {"reason": "Aborted during worker shutdown."},
    ],
)
def test_a_task_whose_worker_died_is_recognized(error):
    pulp = pulp_with(a=["failed"])
    change(pulp, "a", error=error)
    with pytest.raises(TaskFailed, match=next(iter(error.values()))) as failed:
        watch(pulp).wait(href("a"), "a")
    assert failed.value.worker_lost


def test_one_poll_reads_all_tasks():
    names = [f"t{number}" for number in range(20)]
    pulp = pulp_with(**{name: ["running"] for name in names})
    watcher = watch(pulp)
    with ThreadPoolExecutor(20) as pool:
        waits = [pool.submit(watcher.wait, href(name), name) for name in names]
        assert pulp.wait_until(lambda: any(len(poll) == 20 for poll in polls(pulp)), TIMEOUT)
        for name in names:
            change(pulp, name, "completed")
        assert {wait.result(TIMEOUT)["state"] for wait in waits} == {"completed"}
    assert (watcher.tasks_seen, watcher.polls) == (20, len(polls(pulp)))


def test_more_tasks_than_fit_a_request_line_are_read_in_parts():
    names = [f"018f2f4e-0000-7000-8000-{number:012}" for number in range(250)]
    pulp = pulp_with(**{name: ["completed"] for name in names})
    results = watch(pulp).wait_all([(href(name), name) for name in names])
    assert [task["pulp_href"] for task in results] == [href(name) for name in names]
    assert max(len(",".join(part)) for part in polls(pulp)) < 3700


def test_waiting_continues_for_other_tasks_if_some_fail():
    pulp = pulp_with(a=["completed"], b=["failed"], c=["running", "completed"])
    done = watch(pulp).wait_all([(href(name), name) for name in ("a", "b", "c")])
    assert [type(one) for one in done] == [dict, TaskFailed, dict]


def test_two_items_may_wait_for_the_same_task():
    pulp = pulp_with(a=["running"])
    watcher = watch(pulp)
    with ThreadPoolExecutor(2) as pool:
        waits = [pool.submit(watcher.wait, href("a"), name) for name in ("one", "two")]
        assert polled_often(pulp)
        change(pulp, "a", "completed")
        assert [wait.result(TIMEOUT)["state"] for wait in waits] == ["completed"] * 2


def test_a_new_task_does_not_wait_for_the_end_of_a_long_pause():
    pulp = pulp_with(old=["running"], new=["completed"])
    intervals = PollIntervals(shortest=0.002, longest=1000, average=0)
    watcher = watch(pulp, timeout=1000, intervals=intervals)
    with ThreadPoolExecutor(1) as pool:
        old = pool.submit(watcher.wait, href("old"), "old")
        assert polled_often(pulp)
        # The pauses are now so long that only a new task can wake up the thread in time.
        watcher._wait_for_next_poll = lambda pause, rest=watcher._wait_for_next_poll: rest(1000)
        assert watcher.wait(href("new"), "new")["state"] == "completed"
        change(pulp, "old", "completed")
        assert watcher.wait(href("new"), "again")["state"] == "completed"
        assert old.result(TIMEOUT)["state"] == "completed"


def test_the_pause_grows_until_a_task_ends():
    pulp = pulp_with(a=["running"] * 8 + ["completed"], b=["running"] * 9 + ["completed"])
    watcher = watch(pulp, intervals=PollIntervals(shortest=0.001, longest=0.004, average=0))
    pauses = []
    watcher._wait_for_next_poll = lambda pause, rest=watcher._wait_for_next_poll: (
        pauses.append(pause),
        rest(pause),
    )[1]
    watcher.wait_all([(href("a"), "a"), (href("b"), "b")])
    assert pauses[:5] == pytest.approx([0.001, 0.0015, 0.00225, 0.003375, 0.004])
    assert pauses[9] == 0.001


def test_polls_keep_their_average_interval():
    names = [f"t{number}" for number in range(30)]
    pulp = pulp_with(**{name: ["completed"] for name in names})
    intervals = PollIntervals(shortest=0.001, longest=0.01, average=0.02)
    watcher = watch(pulp, intervals=intervals)
    began = time.monotonic()
    for name in names:
        watcher.wait(href(name), name)
    assert watcher.polls <= (time.monotonic() - began) / intervals.average + 2


def test_a_task_that_takes_too_long_continues_on_the_server():
    pulp = pulp_with(a=["running"])
    with pytest.raises(TaskTimeout, match="still running after task_timeout.*tasks/a/"):
        watch(pulp, timeout=0.01).wait(href("a"), "a")


def test_each_task_may_have_its_own_timeout():
    pulp = pulp_with(a=["running"], b=["running"] * 30 + ["completed"])
    watcher = watch(pulp)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(watcher.wait, href("b"), "b")
        with pytest.raises(TaskTimeout):
            watcher.wait(href("a"), "a", timeout=0.01)
        assert other.result(TIMEOUT)["state"] == "completed"


def test_a_missing_task_is_an_error():
    with pytest.raises(PulpError, match="task .*/a/ does not exist on the server any more"):
        watch(pulp_with()).wait(href("a"), "a")


def test_an_unexpected_response_ends_the_waiting():
    pulp = pulp_with(a=["completed"])
    pulp.list = lambda path, params: [{"pulp_href": href("a")}]
    with pytest.raises(PulpError, match="does not exist on the server"):
        watch(pulp).wait(href("a"), "a")


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("refused"),
        LostResponse("broke"),
        ResponseError(502, "bad"),
        ResponseError(500, ""),
    ],
)
def test_polls_may_fail_while_the_server_restarts(error):
    pulp = pulp_with(a=["completed"])
    fail(pulp, error, times=2)
    watcher = watch(
        pulp, intervals=PollIntervals(shortest=0.002, longest=0.01, average=0, outage=TIMEOUT)
    )
    assert watcher.wait(href("a"), "a")["state"] == "completed"


@pytest.mark.parametrize(
    "error", [AuthenticationError("gone"), TLSError("tls"), ResponseError(403, "not yours")]
)
def test_a_permanent_error_ends_the_waiting_for_all_tasks(error):
    pulp = pulp_with(a=["running"], b=["running"])
    fail(pulp, error, times=2)  # the second task may be added after the first poll
    done = watch(pulp).wait_all([(href("a"), "a"), (href("b"), "b")])
    assert done == [error, error]


def test_a_long_outage_ends_the_waiting():
    pulp = pulp_with(a=["running"])
    fail(pulp, Unreachable("refused"), times=10000)
    with pytest.raises(Unreachable):
        watch(pulp).wait(href("a"), "a")


def test_the_next_task_is_polled_after_an_error():
    pulp = pulp_with(a=["completed"])
    fail(pulp, AuthenticationError("gone"))
    watcher = watch(pulp)
    with pytest.raises(AuthenticationError):
        watcher.wait(href("a"), "a")
    assert watcher.wait(href("a"), "a")["state"] == "completed"


def test_an_unexpected_exception_ends_the_waiting_for_all_tasks():
    pulp = pulp_with(a=["running"])
    fail(pulp, ZeroDivisionError())
    watcher = watch(pulp)
    with pytest.raises(PulpError, match="ZeroDivisionError.* at pulp.py"):
        watcher.wait(href("a"), "a")
    change(pulp, "a", "completed")
    assert watcher.wait(href("a"), "a")["state"] == "completed"


def test_the_thread_ends_without_tasks_and_is_started_again():
    pulp = pulp_with(a=["completed"])
    watcher = watch(pulp)
    for _number in range(3):
        watcher.wait(href("a"), "a")
        assert thread_ended(watcher)
    assert watcher.in_progress() == []


def test_tasks_in_progress_can_be_listed():
    pulp = pulp_with(a=["running"])
    watcher = watch(pulp)
    with ThreadPoolExecutor(1) as pool:
        wait = pool.submit(watcher.wait, href("a"), "repository a")
        assert polled_often(pulp)
        [(subject, task)] = watcher.in_progress()
        assert (subject, task["state"]) == ("repository a", "running")
        change(pulp, "a", "completed")
        wait.result(TIMEOUT)


def test_a_lost_worker_is_reported_while_its_task_still_runs():
    pulp = pulp_with(a=["running"])
    reported, texts = threading.Event(), []
    intervals = PollIntervals(shortest=0.002, longest=0.01, average=0, worker_check=0.0)
    watcher = watch(
        pulp, warn=lambda text: (texts.append(text), reported.set()), intervals=intervals
    )
    with ThreadPoolExecutor(1) as pool:
        wait = pool.submit(watcher.wait, href("a"), "repository a")
        assert reported.wait(TIMEOUT)
        assert not wait.done()
        change(pulp, "a", "completed")
        wait.result(TIMEOUT)
    assert len(texts) == 1
    assert texts[0].startswith("repository a: the Pulp worker that runs its task is offline")


def test_a_task_that_failed_without_a_message_is_reported_with_the_end_of_its_traceback():
    pulp = pulp_with(a=["failed"])
    package = "/srv/lib/python3.11/site-packages/pulp_container/app"
    frames = [
        ("sync.py", "run", "await x()"),
        ("downloaders.py", "raise_for_status", "raise FileNotFoundError()"),
    ]
    traceback = "".join(
        f'  File "{package}/{file}", line 9, in {function}\n    {code}\n'
        for file, function, code in frames
    )
    error = {"description": "", "traceback": traceback}
    change(pulp, "a", error=error)
    with pytest.raises(TaskFailed) as caught:
        watch(pulp).wait(href("a"), "a")
    assert caught.value.detail == (
        "Pulp's task failed without a message: FileNotFoundError in raise_for_status of "
        "pulp_container/app/downloaders.py"
    )
