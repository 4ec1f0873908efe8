# SPDX-License-Identifier: Apache-2.0
"""Faults that a server shows on demand, and which of them a request meets."""

from __future__ import annotations

import fnmatch
import threading
from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Fault:
    """What happens to requests for paths that begin with `prefix`, or match it if it has a `*`.

    With `times` only the first so many requests meet it. The body is not sent (`status`), comes
    late (`delay`, seconds) or slowly (`rate`, bytes a second), or ends after so many bytes: by a
    reset (`cut`), by an orderly close that breaks the announced length (`close`), or as a file that
    is too short with a length that is right (`truncate`). With `username`, requests without these
    Basic credentials are answered 401, whatever other faults there are.
    """

    prefix: str
    status: Optional[int] = None
    times: Optional[int] = None
    cut: Optional[int] = None
    close: Optional[int] = None
    truncate: Optional[int] = None
    flip: Optional[int] = None
    delay: float = 0.0
    rate: Optional[int] = None
    username: Optional[str] = None
    password: str = ""

    def matches(self, path: str) -> bool:
        """Tell whether `path` (decoded, from the root, without a query) meets this fault."""
        wanted = "/" + self.prefix.lstrip("/")
        return fnmatch.fnmatchcase(path, wanted) if "*" in wanted else path.startswith(wanted)


class Faults:
    """The faults in force; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force; the newest one that matches is the one a request meets."""
        with self._lock:
            self._active.insert(0, (fault, 0))

    def clear(self, prefix: str | None = None) -> None:
        """End the faults that were added for exactly `prefix`, or all of them."""
        with self._lock:
            kept = [(f, n) for f, n in self._active if prefix is not None and f.prefix != prefix]
            self._active = kept

    def active(self) -> list[Fault]:
        """Return the faults in force, the newest first, without those whose times are used up."""
        with self._lock:
            return [
                fault for fault, met in self._active if fault.times is None or met < fault.times
            ]

    def credentials(self, path: str) -> Fault | None:
        """Return the fault that demands credentials for `path`, if there is one."""
        return next((f for f in self.active() if f.username is not None and f.matches(path)), None)

    def meet(self, path: str) -> Fault:
        """Count and return the fault this request meets, or one that has no effect."""
        with self._lock:
            for index, (fault, met) in enumerate(self._active):
                left = fault.times is None or met < fault.times
                if fault.username is None and left and fault.matches(path):
                    self._active[index] = (fault, met + 1)
                    return fault
        return Fault(path)
