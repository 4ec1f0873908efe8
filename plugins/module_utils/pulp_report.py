# SPDX-License-Identifier: Apache-2.0
"""What a run did, item by item: the one shape that all modules return."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import (
    InvalidItem,
)

__all__ = ["Report", "Result", "failure_message", "summarize"]


@dataclass
class Result:
    """One item. `action`: created, updated, deleted, synced, unchanged, failed, skipped ...

    `before` and `after` hold what differs; `seconds` is wall time; `error` Pulp's own words;
    `more` what a module documents besides.
    """

    name: str
    type: str
    action: str = "unchanged"
    changed: bool = False
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    def note(self, action: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Add one more change to this item; the first action that changes something names it."""
        if not self.changed:
            self.action = action
        self.changed = True
        self.before.update(before)
        self.after.update(after)

    def as_dict(self) -> dict[str, Any]:
        """The documented shape."""
        return {
            "name": self.name,
            "type": self.type,
            "action": self.action,
            "changed": self.changed,
            "before": self.before,
            "after": self.after,
            "seconds": round(self.seconds, 2),
            "error": self.error,
            **self.more,
        }


class Report:
    """Collects results as items finish; with a path, appends each as a line of JSON at once.

    A run that is killed leaves what it did. The file is 0600: item names may be confidential.
    """

    def __init__(self, total: int, path: str | None = None) -> None:
        self.total = total
        self.warnings: list[str] = []
        self._lock = threading.Lock()
        self._path = path
        self._finished = 0
        if path:
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            except OSError as error:
                raise InvalidItem(f"report_path '{path}' cannot be written: {error.strerror}") from (
                    error
                )
            os.close(descriptor)

    def finish(self, result: Result) -> None:
        """Take the result of one finished item."""
        with self._lock:
            self._finished += 1
            if self._path:
                with open(self._path, "a", encoding="utf-8") as stream:
                    line = {"number": self._finished, "of": self.total, **result.as_dict()}
                    stream.write(json.dumps(line, ensure_ascii=False) + "\n")

    def warn(self, text: str) -> None:
        """Keep a warning for the end of the run."""
        with self._lock:
            if text not in self.warnings:
                self.warnings.append(text)


def summarize(results: Iterable[Result]) -> dict[str, int]:
    """Count results: an item is exactly one of ok, changed, failed, skipped."""
    summary = {"ok": 0, "changed": 0, "failed": 0, "skipped": 0}
    for result in results:
        if result.error:
            summary["failed"] += 1
        elif result.action == "skipped":
            summary["skipped"] += 1
        else:
            summary["changed" if result.changed else "ok"] += 1
    return summary


def failure_message(results: Iterable[Result], noun: str) -> str:
    """Name each failed item with Pulp's own words; empty when none failed."""
    results = list(results)
    failed = [result for result in results if result.error]
    if not failed:
        return ""
    lines = [f"{noun} '{result.name}': {result.error}" for result in failed]
    if len(results) == 1:
        return lines[0]
    return "\n".join([f"{len(failed)} of {len(results)} failed", *lines])
