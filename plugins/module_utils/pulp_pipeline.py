# SPDX-License-Identifier: Apache-2.0
"""A bounded pool that walks each item through its own steps; no item waits for another's."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import PulpError
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_report import (
    Report,
    Result,
)

__all__ = ["refuse_duplicates", "run_all"]

Item = TypeVar("Item")


def run_all(
    items: Sequence[tuple[Result, Item]],
    walk: Callable[[Item, Result], None],
    concurrency: int,
    report: Report,
) -> list[Result]:
    """Call `walk(item, result)` for each pair, at most `concurrency` at once.

    `walk` fills in the result; a PulpError that it raises becomes the result's error and leaves
    the other items alone. Results come back in the order of the items.
    """

    def one(pair: tuple[Result, Item]) -> Result:
        result, item = pair
        started = time.monotonic()
        if not result.error:
            try:
                walk(item, result)
            except PulpError as error:
                result.error = str(error)
        if result.error:
            result.action = "failed"
        result.seconds = time.monotonic() - started
        report.finish(result)
        return result

    if not items:
        return []
    with ThreadPoolExecutor(max_workers=max(1, concurrency)) as pool:
        return list(pool.map(one, items))


def refuse_duplicates(
    items: Sequence[tuple[Result, Any]], keys: Sequence[Hashable] = (), what: str = "name"
) -> None:
    """What is given twice in one list is an error of the second item; an odd name is one, too.

    `keys` tell items apart, one for each; without them the type and the name do.
    """
    seen: set[Hashable] = set()
    for (result, _item), key in zip(items, keys or [(one.type, one.name) for one, _ in items]):
        if key in seen:
            result.error = f"this {what} is given twice in one list"
        elif not result.name or result.name.strip() != result.name:
            result.error = "the name is empty, or Pulp would cut off a blank at its end"
        seen.add(key)
