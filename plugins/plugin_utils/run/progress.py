# SPDX-License-Identifier: Apache-2.0
"""The lines that are shown while a run goes on, from the lines of its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_MAX_RUNNING = 6


def progress_line(line: Mapping[str, Any]) -> tuple[str, str] | None:
    """(text, tone) of one line of a report; None for what is not shown.

    `tone` is ok, changed, failed or info.
    """
    if "running" in line:
        return _running(line["running"]), "info"
    if line.get("again"):
        return f"{'':>9} {_name(line)}  {_why(line)}: tried again at the end", "info"
    if "number" not in line:
        return None
    width = len(str(line["of"]))
    text = f"[{line['number']:>{width}}/{line['of']}] {_name(line)}  {_outcome(line)}"
    tone = "failed" if line["error"] else "changed" if line["changed"] else "ok"
    return f"{text}  {duration(line['seconds'])}", tone


def changes_of(result: Mapping[str, Any]) -> str:
    """What a sync brought, `+12 -3`; empty when nothing was synced."""
    added, removed = result.get("packages_added"), result.get("packages_removed")
    return f"+{added} -{removed}" if added or removed else ""


def duration(seconds: float) -> str:
    """41 s, 12 min 41 s, 3 h 2 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _name(line: Mapping[str, Any]) -> str:
    return str(line.get("short_name") or line["name"])


def _why(line: Mapping[str, Any]) -> str:
    """The known cause, else the first words of the error."""
    words = " ".join(str(line["error"]).split())
    return str(line.get("cause") or (words if len(words) <= 100 else f"{words[:99]}…"))


def _outcome(line: Mapping[str, Any]) -> str:
    if line["error"]:
        return f"FAILED{' (allowed)' if line.get('allowed') else ''} {_why(line)}"
    return changes_of(line) or str(line["action"])


def _running(tasks: Sequence[Mapping[str, Any]]) -> str:
    waiting = [task for task in tasks if task["state"] == "waiting"]
    begun = [task for task in tasks if task["state"] != "waiting"]
    told = [_task_progress(task) for task in begun[:_MAX_RUNNING]]
    if len(begun) > _MAX_RUNNING:
        told.append(f"{len(begun) - _MAX_RUNNING} more")
    if waiting:
        told.append(f"{len(waiting)} waiting for a worker of Pulp's")
    return f"... running: {', '.join(told)}"


def _task_progress(task: Mapping[str, Any]) -> str:
    if "done" not in task:
        return str(task["name"])
    total = f"/{task['total']}" if task.get("total") else ""
    return f"{task['name']} ({task['what']} {task['done']}{total})"
