# SPDX-License-Identifier: Apache-2.0
"""What a report leaves to be done: items that failed, and those a killed run never came to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

from ansible_collections.stackhpc.release_train.plugins.module_utils.errors import OperatorError

__all__ = ["RetryError", "left_undone", "only_undone"]


_WAY_OUT = "give the file that an earlier run wrote as report_path"


class _Known(Protocol):
    @property
    def content_type(self) -> str: ...

    @property
    def short_name(self) -> str: ...


Item = TypeVar("Item", bound=_Known)


class RetryError(OperatorError):
    """A report that cannot be used."""


def left_undone(path: str) -> set[tuple[str, str]]:
    """(content type, short name) of what the report at `path` expected and did not finish well.

    A name stands for the short name where an item has none. The last line may be cut off, as a
    killed run leaves it. Raises RetryError.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            lines = list(_lines(path, stream.read().splitlines()))
    except OSError as error:
        words = f"package_retry: report '{path}' cannot be read: {error.strerror}"
        raise RetryError(f"{words}; {_WAY_OUT}") from error
    except UnicodeDecodeError as error:
        raise RetryError(f"package_retry: '{path}' is no report of a run: {_WAY_OUT}") from error
    expected = [item for line in lines for item in line.get("expected") or []]
    if not expected:
        raise RetryError(
            f"package_retry: '{path}' is no report of a run: nothing was expected in it; {_WAY_OUT}"
        )
    finished = {_key(line) for line in lines if "number" in line and not line["error"]}
    return {_key(item) for item in expected} - finished


def only_undone(items: Sequence[Item], undone: set[tuple[str, str]]) -> list[Item]:
    """Those of `items` that were left undone."""
    return [
        item
        for item in items
        if (item.content_type, item.short_name or getattr(item, "name", "")) in undone
    ]


def _lines(path: str, texts: Sequence[str]) -> Iterable[dict[str, Any]]:
    for number, text in enumerate(texts, 1):
        try:
            line = json.loads(text)
        except ValueError as error:
            if number == len(texts):
                return
            words = f"package_retry: '{path}' is no report of a run: line {number} is no JSON"
            raise RetryError(f"{words}; {_WAY_OUT}") from error
        if isinstance(line, dict):
            yield line


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return str(item.get("type")), str(item.get("short_name") or item.get("name"))
