# SPDX-License-Identifier: Apache-2.0
"""What a report leaves to be done: items that failed, and those a killed run never came to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

from ..errors import OperatorError

_SHOWN = 5


_HINT = "give the file that an earlier run wrote as report_path"


class _Known(Protocol):
    @property
    def content_type(self) -> str: ...

    @property
    def short_name(self) -> str: ...


Item = TypeVar("Item", bound=_Known)


class RetryError(OperatorError):
    """A report that cannot be used."""


def unfinished_items(path: str) -> set[tuple[str, str]]:
    """(content type, short name) of what the report at `path` expected and did not finish well.

    A name stands for the short name where an item has none. The last line may be cut off, as a
    killed run leaves it. Raises RetryError.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            # Not splitlines(): JSON leaves other ends of lines as they are.
            lines = list(_lines(path, stream.read().rstrip("\n").split("\n")))
    except OSError as error:
        words = f"package_retry: report '{path}' cannot be read: {error.strerror}"
        raise RetryError(f"{words}; {_HINT}") from error
    except UnicodeDecodeError as error:
        raise RetryError(f"package_retry: '{path}' is no report of a run: {_HINT}") from error
    expected = [item for line in lines for item in _items(line.get("expected"))]
    if not expected:
        raise RetryError(
            f"package_retry: '{path}' is no report of a run: nothing was expected in it; {_HINT}"
        )
    return {_key(item) for item in expected} - {_key(line) for line in lines if _is_done(line)}


def select_unfinished(items: Sequence[Item], path: str) -> list[Item]:
    """Those of `items` that the report at `path` left undone; empty where it left nothing.

    Raises RetryError, also where it left something and none of that is among them: doing nothing
    would look like success.
    """
    undone = unfinished_items(path)
    kept = [
        item
        for item in items
        if (item.content_type, item.short_name or getattr(item, "name", "")) in undone
    ]
    if undone and not kept:
        names = sorted(name for _type, name in undone)
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        raise RetryError(
            f"package_retry: nothing that '{path}' leaves undone is selected here: "
            f"{', '.join(names[:_SHOWN])}{more}; give a report of this playbook and this inventory"
        )
    return kept


def _is_done(line: dict[str, Any]) -> bool:
    """Whether an item ended well; in check mode nothing was done."""
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
            words = f"package_retry: '{path}' is no report of a run: line {number} is no JSON"
            raise RetryError(f"{words}; {_HINT}") from error
        if isinstance(line, dict):
            yield line


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return str(item.get("type")), str(item.get("short_name") or item.get("name"))
