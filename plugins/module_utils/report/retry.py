# SPDX-License-Identifier: Apache-2.0
"""Items of a report to retry: those that failed, and those that a killed run did not reach."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

from ..errors import OperatorError

_SHOWN = 5
_HINT = "set it to the report_path of an earlier run"


class Retryable(Protocol):
    """An item that a report can be compared with."""

    @property
    def content_type(self) -> str: ...

    @property
    def short_name(self) -> str: ...


Item = TypeVar("Item", bound=Retryable)


class RetryError(OperatorError):
    """A report that cannot be read, or has none of the selected items."""


def unfinished_items(path: str) -> set[tuple[str, str]]:
    """Return (content type, short name) of the items of a report that did not succeed.

    These are the items of its `expected` lines without a result line, or with an error in it. The
    name of an item is used when it has no short name. An incomplete last line, which a killed run
    may leave, is ignored. Raises RetryError.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            # Not splitlines(): JSON strings may contain other line separators.
            lines = list(_lines(path, stream.read().rstrip("\n").split("\n")))
    except OSError as error:
        message = f"package_retry: report '{path}' cannot be read: {error.strerror}"
        raise RetryError(f"{message}; {_HINT}") from error
    except UnicodeDecodeError as error:
        raise RetryError(f"package_retry: '{path}' is not a report: {_HINT}") from error
    expected = [item for line in lines for item in _items(line.get("expected"))]
    if not expected:
        raise RetryError(
            f"package_retry: '{path}' is not a report: it does not list any items; {_HINT}"
        )
    return {_key(item) for item in expected} - {_key(line) for line in lines if _is_done(line)}


def select_unfinished(items: Sequence[Item], path: str) -> list[Item]:
    """Return those of `items` that did not succeed by the report at `path`, maybe none.

    Raises RetryError when the report cannot be read, and when it has unfinished items of which none
    is in `items`: a run without items would look like success.
    """
    unfinished = unfinished_items(path)
    kept = [
        item
        for item in items
        if (item.content_type, item.short_name or getattr(item, "name", "")) in unfinished
    ]
    if unfinished and not kept:
        names = sorted(name for _type, name in unfinished)
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        raise RetryError(
            f"package_retry: none of the unfinished items of '{path}' is selected: "
            f"{', '.join(names[:_SHOWN])}{more}; use a report of this playbook and this inventory"
        )
    return kept


def retry_text(number: int, path: str) -> str:
    """Return which part of a report is retried, for the end of the run summary."""
    return f"retry of {number} of {len(unfinished_items(path))} unfinished items of {path}"


def _is_done(line: dict[str, Any]) -> bool:
    """Return whether a line is the result of an item that succeeded, not in check mode."""
    return "number" in line and not line.get("error") and not line.get("check_mode")


def _items(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _lines(path: str, texts: Sequence[str]) -> Iterable[dict[str, Any]]:
    for number, text in enumerate(texts, 1):
        try:
            line = json.loads(text)
        except ValueError as error:
            if number == len(texts):
                return
            message = f"package_retry: '{path}' is not a report: line {number} is not JSON"
            raise RetryError(f"{message}; {_HINT}") from error
        if isinstance(line, dict):
            yield line


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return str(item.get("type")), str(item.get("short_name") or item.get("name"))
