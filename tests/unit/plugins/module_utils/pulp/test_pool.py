# SPDX-License-Identifier: Apache-2.0
"""The pool: every item has a result, and items run independently."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.pulp.errors import PulpError
from plugins.module_utils.pulp.pool import ConcurrencyLimit, for_each, refuse_invalid_names, run_all
from plugins.module_utils.report.report import Report, Result

TIMEOUT = 10


def work(*names):
    return [(Result(name, "rpm"), name) for name in names]


class Gauge:
    """Counts concurrent calls; with `until` calls wait until this number of them are running."""

    def __init__(self, until=0):
        self.inside = self.most = 0
        self._changed = threading.Condition()
        self._until = until

    def __call__(self, item, result):
        with self._changed:
            self.inside += 1
            self.most = max(self.most, self.inside)
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: self.most >= self._until, TIMEOUT):
                raise PulpError("the other calls did not start")
            self.inside -= 1


def test_results_have_the_order_of_the_items():
    later = threading.Event()

    def function(item, result):
        if item == "a":
            assert later.wait(TIMEOUT)
        else:
            later.set()

    results = run_all(work("a", "b"), function, 2, Report())
    assert [result.name for result in results] == ["a", "b"]
    assert results[0].seconds >= results[1].seconds


def test_run_all_without_items_has_no_results():
    assert run_all([], lambda item, result: None, 4, Report()) == []


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PulpError("no"), "no"),
        (OperatorError("a release is wrong"), "a release is wrong"),
        (KeyError("results"), "KeyError: 'results' at test_pool.py"),
        (TypeError("not a list"), "TypeError: not a list at test_pool.py"),
        (ValueError("http://me:secret@x"), "ValueError: http://***@x at test_pool.py"),
    ],
)
def test_a_failed_item_does_not_hide_the_others(error, message):
    def function(item, result):
        if item == "b":
            raise error
        result.add_change("created", {}, {})

    results = run_all(work("a", "b", "c"), function, 1, Report())
    assert [result.action for result in results] == ["created", "failed", "created"]
    assert message in results[1].error
    assert (results[0].error, results[2].error) == ("", "")


def test_an_error_set_by_the_function_is_kept():
    def function(item, result):
        result.error = "rolled back"

    [result] = run_all(work("a"), function, 1, Report())
    assert (result.action, result.error) == ("failed", "rolled back")


def test_an_item_with_an_initial_error_is_not_run():
    calls = []
    items = work("a", "b")
    items[0][0].error = "given twice"
    results = run_all(items, lambda item, result: calls.append(item), 2, Report())
    assert calls == ["b"]
    assert [result.action for result in results] == ["failed", "unchanged"]


def test_the_number_of_concurrent_items_is_limited():
    gauge = Gauge()
    results = run_all(work(*"abcdefghijklmnop"), gauge, 3, Report())
    assert len(results) == 16
    assert gauge.most <= 3


def test_items_run_concurrently_up_to_the_limit():
    results = run_all(work(*"abcd"), Gauge(until=4), 4, Report())
    assert [result.error for result in results] == [""] * 4


def test_quick_items_raise_the_number_of_threads():
    gauge = Gauge()

    def function(item, result):
        if item > "f":  # the first six are quick, and each raises the limit by one
            gauge(item, result)

    gauge._until = 8
    results = run_all(work(*"abcdefghijklmnopqrst"), function, ConcurrencyLimit(2, 8), Report())
    assert [result.error for result in results] == [""] * 20
    assert gauge.most == 8


def test_slow_items_do_not_raise_the_number_of_threads():
    gauge = Gauge()
    run_all(work(*"abcdefgh"), gauge, ConcurrencyLimit(2, 8, quick=0), Report())
    assert gauge.most <= 2


@pytest.mark.parametrize("at_once", [0, 1, 99])
def test_any_limit_is_accepted(at_once):
    assert len(run_all(work("a", "b"), lambda item, result: None, at_once, Report())) == 2


class Flaky:
    """A function that fails this number of times for each item, with this message."""

    def __init__(self, times, message="503, message='Service Unavailable'"):
        self.calls = []
        self._times = dict.fromkeys("abc", 0) | times
        self._words = message

    def __call__(self, item, result):
        self.calls.append(item)
        if self.calls.count(item) <= self._times[item]:
            raise PulpError(self._words)


def test_transient_failures_are_retried_once_after_all_others():
    function = Flaky({"a": 1, "b": 9})
    results = run_all(work("a", "b", "c"), function, 1, Report(), late_delay=0)
    assert function.calls == ["a", "b", "c", "a", "b"]
    assert [result.error for result in results] == ["", "503, message='Service Unavailable'", ""]
    assert [result.action for result in results] == ["unchanged", "failed", "unchanged"]


def test_an_item_with_an_initial_error_is_not_retried():
    function = Flaky({})
    items = work("a")
    items[0][0].error = "503, message='Service Unavailable'"
    assert run_all(items, function, 1, Report(), late_delay=0)[0].action == "failed"
    assert function.calls == []


def test_other_failures_are_not_retried():
    function = Flaky({"a": 1}, message="404, message='Not Found'")
    assert run_all(work("a"), function, 1, Report(), late_delay=0)[0].error
    assert function.calls == ["a"]


def test_without_a_retry_delay_nothing_is_retried():
    function = Flaky({"a": 1})
    assert run_all(work("a"), function, 1, Report())[0].error
    assert function.calls == ["a"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_item_fails_if_its_thread_ends_early():
    def function(item, result):
        if item == "a":
            raise SystemExit

    results = run_all(work("a", "b"), function, 2, Report())
    assert [bool(result.error) for result in results] == [True, False]
    assert results[0].action == "failed"


def test_an_interrupted_run_ends_without_starting_more_items():
    program = f"""
        import signal, sys, threading
        sys.path[:0] = {sys.path!r}
        # A process in the background may ignore SIGINT.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        from {run_all.__module__} import run_all
        from {Report.__module__} import Report, Result

        begun = []

        def walk(item, result):
            begun.append(item)
            if len(begun) == 2:
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            threading.Event().wait()

        try:
            run_all([(Result(str(n), "x"), n) for n in range(5)], walk, 2, Report())
        except KeyboardInterrupt:
            print("interrupted after", len(begun))
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("interrupted after 2\n", "")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_for_each_returns_an_error_for_each_item():
    called = []

    def function(item):
        called.append(item)
        if item == "b":
            raise PulpError("no")
        if item == "c":
            raise SystemExit

    errors = for_each("abc", function, 1)
    assert called == ["a", "b", "c"]
    assert errors[:2] == ["", "no"]
    assert "thread ended early" in errors[2]


def test_for_each_without_items_has_no_errors():
    assert for_each([], lambda item: None, 4) == []


def test_duplicates_and_names_that_pulp_would_change_are_errors():
    items = [
        (Result(name, kind), None)
        for name, kind in [("a", "rpm"), ("a", "deb"), ("a", "rpm"), (" b", "rpm"), ("", "rpm")]
    ]
    refuse_invalid_names(items)
    errors = [result.error for result, _item in items]
    assert errors[:2] == ["", ""]
    assert errors[2] == "this name is given twice in one list"
    assert "leading or trailing spaces" in errors[3]
    assert "empty" in errors[4]


@pytest.mark.parametrize("name", ["a\0b", "a" * 3900, "\udc80"])
def test_an_impossible_name_fails_its_own_item_only(name):
    items = [(Result("a", "x"), None), (Result(name, "x"), None)]
    refuse_invalid_names(items)
    assert items[0][0].error == ""
    assert "the name has a null byte" in items[1][0].error
