# SPDX-License-Identifier: Apache-2.0
"""How far files on their way are, for those who watch."""

from __future__ import annotations

import threading
from typing import Any

__all__ = ["Transfers"]

_MIB = 1024 * 1024


class Transfers:
    """Files under way, by name; any thread may tell and ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes: dict[str, list[int]] = {}

    def begin(self, name: str, total: int, done: int = 0) -> None:
        """A file of `total` bytes is under way, `done` of them are there already."""
        with self._lock:
            self._bytes[name] = [done, total]

    def add(self, name: str, number: int) -> None:
        """So many more bytes have arrived."""
        with self._lock:
            if name in self._bytes:
                self._bytes[name][0] += number

    def end(self, name: str) -> None:
        """The file is there, or was given up."""
        with self._lock:
            self._bytes.pop(name, None)

    def under_way(self) -> list[tuple[str, dict[str, Any]]]:
        """(name, what how_far makes of a task) of each."""
        with self._lock:
            now = {name: tuple(pair) for name, pair in self._bytes.items()}
        return [
            (
                name,
                {
                    "state": "running",
                    "progress_reports": [
                        {"message": "MiB", "done": done // _MIB, "total": -(-total // _MIB)}
                    ],
                },
            )
            for name, (done, total) in now.items()
        ]
