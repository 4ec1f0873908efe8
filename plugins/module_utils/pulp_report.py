# SPDX-License-Identifier: Apache-2.0
"""What a run did, item by item: the one shape that all modules return."""

from __future__ import annotations

import json
import os
import stat
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

    A run that is killed leaves what it did. The file is 0600: item names may be confidential. A
    warning is a line `{"warning": text}`, so that it can be shown while the run goes on. `total`
    is the number of items; run_all adds those it is given.
    """

    def __init__(self, total: int = 0, path: str | None = None) -> None:
        self.total = total
        self.warnings: list[str] = []
        self._lock = threading.Lock()
        self._path = path
        self._finished = 0
        if path:
            try:
                _make_private(path)
            except OSError as error:
                words = f"report_path '{path}' cannot be written: {error.strerror}"
                raise InvalidItem(words) from error

    def expect(self, number: int) -> None:
        """Say that so many more items are coming."""
        with self._lock:
            self.total += number

    def finish(self, result: Result) -> None:
        """Take the result of one finished item."""
        with self._lock:
            self._finished += 1
            self._write({"number": self._finished, "of": self.total, **result.as_dict()})

    def finish_all(self, results: Iterable[Result]) -> None:
        """Take the results of items that finished together."""
        results = list(results)
        self.expect(len(results))
        for result in results:
            self.finish(result)

    def warn(self, text: str) -> None:
        """Keep a warning for the end of the run; the same text is kept once."""
        with self._lock:
            if text not in self.warnings:
                self.warnings.append(text)
                self._write({"warning": text})

    def _write(self, line: dict[str, Any]) -> None:
        if not self._path:
            return
        try:
            with open(self._path, "a", encoding="utf-8", errors="backslashreplace") as stream:
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:  # a full disk must not end what goes well on the server
            self.warnings.append(f"report_path '{self._path}' is incomplete: {error.strerror}")
            self._path = None


def _make_private(path: str) -> None:
    """Make or empty a file that only its owner may read; devices and pipes stay as they are."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


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
