# SPDX-License-Identifier: Apache-2.0
"""The outcome of a playbook on one host: the results of its modules, merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .messages import item_message, shorten, task_message

_MAX_ERRORS_SHOWN = 3
_MAX_NAMES = 10
_MAX_ERROR_LENGTH = 300


@dataclass(frozen=True)
class Outcome:
    """The outcome on one host. Items are results in the shape that all modules return.

    `planned`: items that a module only plans to change, until it is confirmed;
    `done`: changed items; `failed` and `allowed`: items with an error, the latter with an allowed
    one; `broken`: messages of modules that failed before their first item; `selected`, `stale`,
    `storage`: as the first module returned them; `notes`: what else the operator has to know;
    `seconds`: of all modules; `failed_later`: whether items of a later module failed, whose names
    are not names of the first module's items; `check_mode`: nothing was written, and `done` are the
    items that would change.
    """

    host: str
    done: list[Mapping[str, Any]] = field(default_factory=list)
    unchanged: int = 0
    planned: int = 0
    skipped: int = 0
    failed: list[Mapping[str, Any]] = field(default_factory=list)
    allowed: list[Mapping[str, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    selected: str = ""
    stale: list[Mapping[str, Any]] = field(default_factory=list)
    storage: Mapping[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    failed_later: bool = False
    check_mode: bool = False

    @property
    def shrunk(self) -> list[Mapping[str, Any]]:
        """Snapshots that lost more packages than the limit."""
        return [result for result in self.done if result.get("shrunk")]

    @property
    def has_failed(self) -> bool:
        """Whether the playbook must fail for this host."""
        return bool(self.failed or self.broken)

    @property
    def message(self) -> str:
        """One line with the failed items, with their errors if these are few; empty without."""
        if self.broken:
            return "; ".join(" ".join(text.split()) for text in self.broken)
        with_error = len(self.failed) <= _MAX_ERRORS_SHOWN
        names = [_failed_item(result, with_error) for result in self.failed]
        if not names:
            return ""
        total = (
            len(names)
            + len(self.allowed)
            + len(self.done)
            + self.unchanged
            + self.planned
            + self.skipped
        )
        more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
        return f"{len(names)} of {total} failed: {', '.join(names[:_MAX_NAMES])}{more}"

    @property
    def counts(self) -> str:
        """The number of items by outcome, `3 failed, 9 changed, 160 unchanged`."""
        numbers = {
            "failed": len(self.failed),
            f"allowed failure{'' if len(self.allowed) == 1 else 's'}": len(self.allowed),
            "changed": len(self.done),
            "planned": self.planned,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
        }
        counts = [f"{number} {what}" for what, number in numbers.items() if number]
        return ", ".join(counts) or ("nothing was done" if self.broken else "nothing to do")


def _failed_item(result: Mapping[str, Any], with_error: bool) -> str:
    cause = f" ({result['cause']})" if result.get("cause") else ""
    error = shorten(item_message(str(result["error"])), _MAX_ERROR_LENGTH)
    return f"{name_of(result)}{cause}{f': {error}' if with_error else ''}"


def name_of(result: Mapping[str, Any]) -> str:
    """Return the short name of an item, else its name."""
    return str(result.get("short_name") or result["name"])


def outcome_of(
    host: str, runs: Sequence[Mapping[str, Any]], seconds: float = 0.0, list_all: bool = False
) -> Outcome:
    """Merge what the modules of one playbook returned (`runs`), in their order.

    Of the first one all items count. Of later ones only failed items do, unless `list_all`. A failure
    that follows from one of an earlier module does not count.
    """
    failed: list[Mapping[str, Any]] = []
    allowed: list[Mapping[str, Any]] = []
    good: list[Mapping[str, Any]] = []
    broken: list[str] = []
    own = own_failures(runs)
    for number, (run, bad) in enumerate(zip(runs, own)):
        results = run.get("results") or []
        failed += filter(_is_fatal, bad)
        allowed += [result for result in bad if result.get("allowed")]
        if run.get("msg") and run_failed(run) and not any(map(_is_fatal, results)):
            message = task_message(run)
            # A rescued task may have registered its result under two names.
            broken += [message] if message not in broken else []
        if number == 0 or list_all:
            good += [result for result in results if not result["error"]]
    done = [result for result in good if result["changed"]]
    actions = Counter(result["action"] for result in good if not result["changed"])
    planned, skipped = actions["planned"], actions["skipped"]
    first = runs[0] if runs else {}
    return Outcome(
        host,
        done=done,
        unchanged=len(good) - len(done) - planned - skipped,
        planned=planned,
        skipped=skipped,
        failed=failed,
        allowed=allowed,
        broken=broken,
        selected=first.get("selected") or "",
        stale=first.get("stale") or [],
        storage=first.get("storage") or {},
        warnings=[text for run in runs for text in run.get("warnings") or []],
        notes=[text for run in runs for text in run.get("notes") or []],
        seconds=seconds,
        failed_later=any(own[1:]),
    )


def own_failures(runs: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Return the failed results of each run, without consequences of failures in earlier runs.

    A module returns `depends_on` where an item needs what another one of its type makes, such as a
    publication the content of its repository. `runs`: what the modules returned, in their order.
    """
    failed: set[tuple[str, str]] = set()
    own = []
    for run in runs:
        errors = [result for result in run.get("results") or [] if result["error"]]
        own.append([one for one in errors if (one["type"], one.get("depends_on")) not in failed])
        failed |= {(one["type"], one["name"]) for one in errors}
    return own


def _is_fatal(result: Mapping[str, Any]) -> bool:
    return bool(result["error"]) and not result.get("allowed")


def run_failed(run: Mapping[str, Any]) -> bool:
    """Return whether a module failed, even if `failed_when` prevented the failure of its task.

    In that case the result has a `msg`, which modules of this collection return on failure only.
    """
    return bool(run.get("failed") or run.get("failed_when_result") is False)
