# SPDX-License-Identifier: Apache-2.0
"""Say what is under way while nothing ends, so that a long silence is not taken for a hang."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .pulp_report import Report

__all__ = ["SILENCE", "beat", "how_far"]

SILENCE = 30.0
# Of a sync's progress reports that which says most about how long it will take.
_ARTIFACTS = "sync.downloading.artifacts"

UnderWay = Callable[[], Sequence[tuple[str, Mapping[str, Any]]]]


def beat(report: Report, under_way: UnderWay, silence: float = SILENCE) -> None:
    """From now on tell `report` what is under way after each `silence` seconds without news.

    `under_way()` gives (subject, task as Pulp's API has it). Ends with the process.
    """
    threading.Thread(target=_beat, args=(report, under_way, silence), daemon=True).start()


def _beat(report: Report, under_way: UnderWay, silence: float) -> None:
    while True:
        if not report.wait_for_news(silence):
            report.running([{"name": name, **how_far(task)} for name, task in under_way()])


def how_far(task: Mapping[str, Any]) -> dict[str, Any]:
    """`state` of a task, and of its artifacts (else of what it does last) `what`, `done`, `total`.

    `total` is None where Pulp does not know it.
    """
    reports = [one for one in task.get("progress_reports") or [] if one.get("done") is not None]
    artifacts = [one for one in reports if one.get("code") == _ARTIFACTS]
    running = [one for one in reports if one.get("state") == "running"]
    told: dict[str, Any] = {"state": task.get("state") or "begun"}
    for chosen in (artifacts or running or reports)[-1:]:
        what = "artifacts" if artifacts else chosen.get("message") or chosen.get("code")
        told.update(what=what, done=chosen["done"], total=chosen.get("total"))
    return told
