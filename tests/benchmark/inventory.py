# SPDX-License-Identifier: Apache-2.0
"""Package repositories to measure, as items of an inventory; each has its own upstream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

STAMP = "20260101T000000"

Item = dict[str, Any]


@dataclass
class Upstreams:
    """Small RPM repositories ``many/0001`` ... of three packages; each is used once.

    Pulp does not fetch content again that it has, so a first snapshot needs an unused upstream.
    """

    url: str
    count: int
    used: int = 0

    def items(self, count: int) -> list[Item]:
        """Return the next repositories; like real names, theirs are long and contain spaces."""
        numbers = range(self.used + 1, self.used + 1 + count)
        self.used = numbers.stop - 1
        if self.used > self.count:
            raise ValueError(f"{self.used} upstreams are needed, but only {self.count} were built")
        return list(self._items(numbers))

    def _items(self, numbers: range) -> Iterator[Item]:
        for number in numbers:
            yield {
                "name": f"Benchmark Linux 9.4 - Repository {number:04}",
                "url": f"{self.url}/many/{number:04}/",
                "base_path": f"benchmark/9.4/repository/{number:04}/",
                "short_name": f"benchmark_9_4_repository_{number:04}",
                "distribution_name": f"benchmark-9.4-repository-{number:04}-",
            }


def pins(items: list[Item]) -> dict[str, str]:
    """Return a pin for each item, with the stamp that all snapshots have here."""
    return {item["short_name"]: STAMP for item in items}
