# SPDX-License-Identifier: Apache-2.0
"""A bounded pool of threads that works on many items at once; no item waits for another one."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..errors import OperatorError
from ..report.causes import is_transient
from ..report.report import Report, Result
from .errors import UNEXPECTED_ERRORS, unexpected_error
from .reader import MAX_VALUE_LENGTH, can_be_requested

Item = TypeVar("Item")
_UNFINISHED = "the item was not completed: its thread ended early"


@dataclass(frozen=True)
class ConcurrencyLimit:
    """How many items are worked on at once: `minimum` at first, one more after each quick item.

    An item that took less than `quick` seconds spent most of them waiting for the next poll, not
    for the server, so another one can run meanwhile. `maximum` is the upper limit.
    """

    minimum: int
    maximum: int
    quick: float = 2.0


def for_each(
    items: Sequence[Item], function: Callable[[Item], None], limit: int | ConcurrencyLimit
) -> list[str]:
    """Call `function(item)` for each item, at most `limit` at once.

    Returns an error message for each item, in the order of the items; empty for success. A failed
    item does not affect the others. When the caller is interrupted, no further item is started.
    """
    return _Pool(items, function, limit).run()


def run_all(
    items: Sequence[tuple[Result, Item]],
    function: Callable[[Item, Result], None],
    limit: int | ConcurrencyLimit,
    report: Report,
    late_delay: float | None = None,
) -> list[Result]:
    """Call `function(item, result)` for each pair, at most `limit` at once, and report each result.

    `function` fills in the result; an error that it raises becomes the result's error. An item
    whose result has an error from the start is reported and not worked on. Returns the results in
    the order of the items. Items that failed for a transient cause are tried once more,
    `late_delay` seconds after all others have ended; with None they are not.
    """
    report.expect(result for result, _item in items)
    postponed: list[tuple[Result, Item]] = []

    def run_item(pair: tuple[Result, Item]) -> None:
        result, _item = pair
        if not result.error:
            _fill_in(pair, function)
            if late_delay is not None and result.error and is_transient(result.error):
                postponed.append(pair)
                report.postpone(result)
                return
        _finish(result, report)

    def run_again(pair: tuple[Result, Item]) -> None:
        _fill_in(pair, function)
        _finish(pair[0], report)

    _fail_unfinished(items, for_each(items, run_item, limit))
    if postponed:
        time.sleep(late_delay or 0.0)
        _fail_unfinished(postponed, for_each(postponed, run_again, limit))
    return [result for result, _item in items]


def refuse_invalid_names(
    items: Sequence[tuple[Result, Any]], keys: Sequence[Hashable] = (), what: str = "name"
) -> None:
    """Set an error for items that repeat an earlier one, and for names that Pulp would change.

    `keys` identify the items, one for each; by default the type and the name do. `what` is the
    option that repeats.
    """
    seen: set[Hashable] = set()
    for (result, _item), key in zip(items, keys or [(one.type, one.name) for one, _item in items]):
        if key in seen:
            result.error = f"this {what} is given twice in one list"
        elif not result.name or result.name.strip() != result.name:
            result.error = "the name is empty or has leading or trailing spaces, which Pulp removes"
        elif not can_be_requested(result.name):
            result.error = (
                f"the name has a null byte, is no valid text or is longer than {MAX_VALUE_LENGTH} "
                "bytes: shorten or correct it"
            )
        seen.add(key)


def _fill_in(pair: tuple[Result, Item], function: Callable[[Item, Result], None]) -> None:
    """Work on one item: its error and its time are in the result afterwards."""
    result, item = pair
    began = time.monotonic()
    result.error = ""
    result.error = _error_of(function, item, result) or result.error
    result.seconds += time.monotonic() - began


def _finish(result: Result, report: Report) -> None:
    if result.error:
        result.action = "failed"
    report.finish(result)


def _fail_unfinished(items: Sequence[tuple[Result, Any]], errors: Sequence[str]) -> None:
    for (result, _item), error in zip(items, errors):
        if error:
            result.action, result.error = "failed", error


def _error_of(function: Callable[..., None], *arguments: Any) -> str:
    """Call a function and return the message of the error that it raises; empty for success."""
    try:
        function(*arguments)
    except OperatorError as error:
        return str(error)
    except UNEXPECTED_ERRORS as error:
        return unexpected_error(error)
    return ""


class _Pool(Generic[Item]):
    """Threads that take items until none is left.

    They are daemons, unlike those of concurrent.futures: an interrupted run ends at once, while
    some of them wait for tasks that take hours.
    """

    def __init__(
        self,
        items: Sequence[Item],
        function: Callable[[Item], None],
        limit: int | ConcurrencyLimit,
    ) -> None:
        self._waiting = deque(enumerate(items))
        self._errors = [_UNFINISHED] * len(items)
        self._function = function
        self._limit = ConcurrencyLimit(limit, limit) if isinstance(limit, int) else limit
        self._threads: list[threading.Thread] = []
        self._started = 0

    def run(self) -> list[str]:
        """Work on all items; returns the error of each."""
        for _number in range(min(max(1, self._limit.minimum), len(self._waiting))):
            self._start_thread()
        try:
            while self._threads:
                self._threads.pop().join()
        finally:
            self._waiting.clear()
        return self._errors

    def _start_thread(self) -> None:
        self._started += 1
        thread = threading.Thread(target=self._work, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _work(self) -> None:
        while True:
            try:
                number, item = self._waiting.popleft()
            except IndexError:
                return
            began = time.monotonic()
            self._errors[number] = _error_of(self._function, item)
            quick = time.monotonic() - began < self._limit.quick
            # Not locked: one thread more than the limit does no harm.
            if quick and len(self._waiting) > 1 and self._started < self._limit.maximum:
                self._start_thread()
