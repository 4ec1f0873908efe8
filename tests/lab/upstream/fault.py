# SPDX-License-Identifier: Apache-2.0
"""Faults that the server injects, and the choice of the fault for a request."""

from __future__ import annotations

import fnmatch
import threading
from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Fault:
    """A fault of requests for paths that begin with `prefix`, or match it if it has a `*`.

    - `status`: the status to answer with, without the file
    - `delay`: seconds before the answer; `rate`: bytes per second of the body
    - `cut`, `close`: after this number of bytes, reset or close the connection, though the
      Content-Length is greater
    - `truncate`: serve only this number of bytes, with a matching Content-Length
    - `flip`: the offset of a byte of which one bit is changed
    - `times`: only affect this number of requests
    - `username`, `password`: answer requests without these Basic credentials with 401, whatever
      other faults there are
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
        """Return whether this fault is for `path` (decoded, from the root, without a query)."""
        wanted = "/" + self.prefix.lstrip("/")
        return fnmatch.fnmatchcase(path, wanted) if "*" in wanted else path.startswith(wanted)


class Faults:
    """The active faults; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        """Activate a fault. If several match a request, the newest is used."""
        with self._lock:
            self._active.insert(0, (fault, 0))

    def clear(self, prefix: str | None = None) -> None:
        """Remove the faults that were added for exactly `prefix`, or all of them."""
        with self._lock:
            kept = [(f, n) for f, n in self._active if prefix is not None and f.prefix != prefix]
            self._active = kept

    def active(self) -> list[Fault]:
        """Return the active faults, the newest first, without those whose `times` are used up."""
        with self._lock:
            return [
                fault for fault, used in self._active if fault.times is None or used < fault.times
            ]

    def credentials(self, path: str) -> Fault | None:
        """Return the fault that requires credentials for `path`, if there is one."""
        return next((f for f in self.active() if f.username is not None and f.matches(path)), None)

    def use(self, path: str) -> Fault:
        """Return the fault for this request and count its use; without one, one without effect."""
        with self._lock:
            for index, (fault, used) in enumerate(self._active):
                left = fault.times is None or used < fault.times
                if fault.username is None and left and fault.matches(path):
                    self._active[index] = (fault, used + 1)
                    return fault
        return Fault(path)
