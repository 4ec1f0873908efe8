# SPDX-License-Identifier: Apache-2.0
"""A bounded pool that walks each item through its own steps; no item waits for another's."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..errors import OperatorError
from ..report.causes import may_pass
from ..report.report import Report, Result
from .errors import UNFORESEEN, unforeseen

Item = TypeVar("Item")


@dataclass(frozen=True)
class Window:
    """How many items may be under way: `least` at first, one more after each quick item.

    An item that took less than `quick` seconds spent most of them waiting for the next poll, not
    for the server, so that another one may wait meanwhile; `most` is the end of that.
    """

    least: int
    most: int
    quick: float = 2.0


def run_all(
    items: Sequence[tuple[Result, Item]],
    walk: Callable[[Item, Result], None],
    at_once: int | Window,
    report: Report,
    late: float | None = None,
) -> list[Result]:
    """Call `walk(item, result)` for each pair, at most `at_once` of them under way.

    `walk` fills in the result; an error that it raises becomes the result's error and leaves
    the other items alone. Results come back in the order of the items. When the caller is
    interrupted no further item is begun. What failed in a way that may pass is walked once more,
    `late` seconds after all others; None leaves it at one walk.
    """
    window = Window(at_once, at_once) if isinstance(at_once, int) else at_once
    report.expect(result for result, _item in items)
    pool = _Pool(items, walk, window, report, late is not None)
    lost = pool.run()
    if pool.postponed:
        time.sleep(late or 0.0)
        for result, _item in pool.postponed:
            result.error = ""
        lost += _Pool(pool.postponed, walk, window, report).run()
    for result in lost:
        result.action, result.error = "failed", "it was not carried out to its end"
    return [result for result, _item in items]


def refuse_duplicates(
    items: Sequence[tuple[Result, Any]], keys: Sequence[Hashable] = (), what: str = "name"
) -> None:
    """What is given twice in one list is an error of the second item; an odd name is one, too.

    `keys` tell items apart, one for each; without them the type and the name do.
    """
    seen: set[Hashable] = set()
    for (result, _item), key in zip(items, keys or [(one.type, one.name) for one, _item in items]):
        if key in seen:
            result.error = f"this {what} is given twice in one list"
        elif not result.name or result.name.strip() != result.name:
            result.error = "the name is empty, or Pulp would cut off a blank at its end"
        seen.add(key)


class _Pool(Generic[Item]):
    """Threads that take items until none is left.

    They are daemons, unlike those of concurrent.futures: an interrupted run ends at once, while
    some of them wait for tasks that take hours.
    """

    def __init__(
        self,
        items: Sequence[tuple[Result, Item]],
        walk: Callable[[Item, Result], None],
        window: Window,
        report: Report,
        postpones: bool = False,
    ) -> None:
        self.postponed: list[tuple[Result, Item]] = []
        self._postpones = postpones
        self._left = deque(items)
        self._results = [result for result, _item in items]
        self._finished: set[int] = set()
        self._walk = walk
        self._window = window
        self._report = report
        self._threads: list[threading.Thread] = []
        self._started = 0

    def run(self) -> list[Result]:
        """Walk all items; returns the results of those that ended in no foreseeable way."""
        for _number in range(min(max(1, self._window.least), len(self._left))):
            self._start_one_more()
        try:
            while self._threads:
                self._threads.pop().join()
        finally:
            self._left.clear()
        return [result for result in self._results if id(result) not in self._finished]

    def _start_one_more(self) -> None:
        self._started += 1
        thread = threading.Thread(target=self._work, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _work(self) -> None:
        while True:
            try:
                result, item = self._left.popleft()
            except IndexError:
                return
            self._carry_out(result, item)
            if result.seconds < self._window.quick and len(self._left) > 1:
                self._widen()

    def _widen(self) -> None:
        # Two threads may pass this check together: the window is a matter of speed, not of safety.
        if self._started < self._window.most:
            self._start_one_more()

    def _carry_out(self, result: Result, item: Item) -> None:
        began = time.monotonic()
        try:
            if not result.error:
                self._walk(item, result)
        except OperatorError as error:
            result.error = str(error)
        except UNFORESEEN as error:
            result.error = unforeseen(error)
        result.seconds += time.monotonic() - began
        self._finished.add(id(result))
        if self._postpones and result.error and may_pass(result.error):
            self.postponed.append((result, item))
            self._report.postpone(result)
            return
        if result.error:
            result.action = "failed"
        self._report.finish(result)
