# SPDX-License-Identifier: Apache-2.0
"""What a playbook did on one Pulp, put together from what its modules returned."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_FEW = 3
_LONGEST = 300
# What Ansible puts before the words of a lookup or filter that failed, up to 2.18 and from 2.19.
_FRAME = re.compile(
    r"^(Task failed: )?(Finalization of task args for '[^']*' failed: )?"
    r"(Error while resolving value for '[^']*': )?The (?:lookup|filter) plugin '[^']*' failed: "
    r"|^.*Error was a <class '[^']*'>, original message: ",
    re.DOTALL,
)


@dataclass(frozen=True)
class Outcome:
    """One Pulp. `results` are items as all modules return them; `done` those of the first module
    that changed; `broken` is what a module said that did not come to its items; `failed_later`
    whether items of other modules failed, which may have names of another kind."""

    host: str
    done: list[Mapping[str, Any]] = field(default_factory=list)
    unchanged: int = 0
    skipped: int = 0
    failed: list[Mapping[str, Any]] = field(default_factory=list)
    allowed: list[Mapping[str, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    selected: str = ""
    stale: list[Mapping[str, Any]] = field(default_factory=list)
    storage: Mapping[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    failed_later: bool = False

    @property
    def shrunk(self) -> list[Mapping[str, Any]]:
        """Items that lost more packages than is usual."""
        return [result for result in self.done if result.get("shrunk")]

    @property
    def has_failed(self) -> bool:
        """Whether the run is to fail for this Pulp."""
        return bool(self.failed or self.broken)

    @property
    def message(self) -> str:
        """One line that names what failed, of few items in words; empty when nothing did."""
        if self.broken:
            return "; ".join(" ".join(text.split()) for text in self.broken)
        names = [_named(result, len(self.failed) <= _FEW) for result in self.failed]
        if not names:
            return ""
        total = len(names) + len(self.allowed) + len(self.done) + self.unchanged + self.skipped
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        return f"{len(names)} of {total} failed: {', '.join(names[:10])}{more}"

    @property
    def counts(self) -> str:
        """How many items came to what, `3 failed, 9 changed, 160 unchanged`."""
        numbers = {
            "failed": len(self.failed),
            "failed, as they may": len(self.allowed),
            "changed": len(self.done),
            "unchanged": self.unchanged,
            "skipped": self.skipped,
        }
        told = [f"{number} {what}" for what, number in numbers.items() if number]
        return ", ".join(told) or ("nothing was done" if self.broken else "nothing to do")


def _named(result: Mapping[str, Any], in_words: bool) -> str:
    """A failed item with its cause, and with what was said where few failed."""
    cause = f" ({result['cause']})" if result.get("cause") else ""
    words = " ".join(str(result["error"]).split())[:_LONGEST]
    return f"{name_of(result)}{cause}{f': {words}' if in_words else ''}"


def name_of(result: Mapping[str, Any]) -> str:
    """What an operator calls an item: its short name where it has one."""
    return str(result.get("short_name") or result["name"])


def outcome_of(
    host: str, runs: Sequence[Mapping[str, Any]], seconds: float = 0.0, list_all: bool = False
) -> Outcome:
    """Put together what the modules of one playbook returned, in their order.

    The changed items of the first one are listed, of those that follow only failed items, unless
    `list_all`.
    """
    done: list[Mapping[str, Any]] = []
    unchanged, skipped = 0, 0
    failed: list[Mapping[str, Any]] = []
    allowed: list[Mapping[str, Any]] = []
    broken = []
    for number, run in enumerate(runs):
        results = run.get("results") or []
        bad = [result for result in results if result["error"]]
        failed += [result for result in bad if not result.get("allowed")]
        allowed += [result for result in bad if result.get("allowed")]
        if run.get("msg") and run_failed(run) and not any(not one.get("allowed") for one in bad):
            # A task that a rescue caught may have left its result under two names.
            words = _FRAME.sub("", str(run["msg"]))
            broken += [words] if words not in broken else []
        if number == 0 or list_all:
            good = [result for result in results if not result["error"]]
            changed = [result for result in good if result["changed"]]
            idle = sum(result["action"] == "skipped" for result in good)
            done += changed
            skipped += idle
            unchanged += len(good) - len(changed) - idle
    first = runs[0] if runs else {}
    return Outcome(
        host,
        done,
        unchanged,
        skipped,
        failed,
        allowed,
        broken,
        first.get("selected") or "",
        first.get("stale") or [],
        first.get("storage") or {},
        [text for run in runs for text in run.get("warnings") or []],
        seconds,
        any(one["error"] for run in runs[1:] for one in run.get("results") or []),
    )


def run_failed(run: Mapping[str, Any]) -> bool:
    """Whether a module failed, also where `failed_when` let the task pass: then it has a `msg`,
    which no module of ours returns otherwise."""
    return bool(run.get("failed") or run.get("failed_when_result") is False)
