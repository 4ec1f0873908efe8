# SPDX-License-Identifier: Apache-2.0
"""Requests that a change depends on after it has begun: they wait for the end of an outage."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from .errors import PulpError, is_outage
from .tasks import PollIntervals

Answer = TypeVar("Answer")


class Patience:
    """Repeats requests while the server is down, as long as polls of tasks may fail.

    All requests share this time. It begins with the first one that fails and ends with one that
    succeeds; when it is over, further requests are sent once.
    """

    def __init__(
        self, intervals: PollIntervals, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._intervals = intervals
        self._sleep = sleep
        self._failing_since: float | None = None

    def call(self, request: Callable[[], Answer]) -> Answer:
        """Send an idempotent request and return its answer. Raises the last PulpError."""
        while True:
            try:
                answer = request()
            except PulpError as error:
                now = time.monotonic()
                self._failing_since = began = self._failing_since or now
                if not is_outage(error) or now - began > self._intervals.outage:
                    raise
                self._sleep(self._intervals.longest)
            else:
                self._failing_since = None
                return answer
