# SPDX-License-Identifier: Apache-2.0
"""Signals that end a run, delayed during a change that must not be left half done."""

from __future__ import annotations

import signal
import threading
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Delays SIGINT, SIGTERM and SIGHUP while the context lasts; reentrant.

    The first one sets `requested`: the run then ends as soon as nothing is half done. A further one
    raises KeyboardInterrupt. Signals that are ignored remain so. Outside the main thread, where
    Python permits no handlers, nothing is delayed.
    """

    def __init__(self) -> None:
        self.requested = False
        self._depth = 0
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        self._depth += 1
        is_main = threading.current_thread() is threading.main_thread()
        if self._depth == 1 and is_main:
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._request)
        return self

    def __exit__(self, *_error: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            for number, handler in self._previous.items():
                signal.signal(number, handler)
            self._previous.clear()

    def _request(self, _number: int, _frame: Any) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
