# SPDX-License-Identifier: Apache-2.0
"""Progress lines, printed during a run for lines of its progress file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .messages import item_message, shorten

_MAX_RUNNING = 6


def progress_line(line: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the text and the tone for a line of a progress file, None for lines not shown.

    The tone is ok, changed, failed, warning or info.
    """
    if "urgent" in line:
        return f"WARNING: {' '.join(str(line['urgent']).split())}", "warning"
    if "running" in line:
        return _running(line["running"]), "info"
    if line.get("again"):
        return f"{'':>9} {_name(line)}  {_cause(line)}: retried at the end", "info"
    if "number" not in line:
        return None
    width = len(str(line["of"]))
    text = f"[{line['number']:>{width}}/{line['of']}] {_name(line)}  {_outcome(line)}"
    tone = "failed" if line["error"] else "changed" if line["changed"] else "ok"
    return f"{text}  {duration(line['seconds'])}", tone


def changes_of(result: Mapping[str, Any]) -> str:
    """Return the numbers of added and removed packages, `+12 -3`; empty if both are 0."""
    added, removed = result.get("packages_added"), result.get("packages_removed")
    return f"+{added} -{removed}" if added or removed else ""


def duration(seconds: float) -> str:
    """Format a number of seconds: `41 s`, `12 min 41 s`, `3 h 2 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _name(line: Mapping[str, Any]) -> str:
    return str(line.get("short_name") or line["name"])


def _cause(line: Mapping[str, Any]) -> str:
    """Return the cause of an error, or up to 100 characters of it if the cause is not known."""
    return str(line.get("cause") or shorten(item_message(str(line["error"])), 100))


def _outcome(line: Mapping[str, Any]) -> str:
    if line["error"]:
        return f"FAILED{' (allowed)' if line.get('allowed') else ''} {_cause(line)}"
    planned = "would be " if line.get("check_mode") and line["changed"] else ""
    return changes_of(line) or f"{planned}{line['action']}"


def _running(tasks: Sequence[Mapping[str, Any]]) -> str:
    waiting = [task for task in tasks if task["state"] == "waiting"]
    running = [task for task in tasks if task["state"] != "waiting"]
    texts = [_task_progress(task) for task in running[:_MAX_RUNNING]]
    if len(running) > _MAX_RUNNING:
        texts.append(f"{len(running) - _MAX_RUNNING} more")
    if waiting:
        texts.append(f"{len(waiting)} waiting for a Pulp worker")
    return f"... running: {', '.join(texts)}"


def _task_progress(task: Mapping[str, Any]) -> str:
    if "done" not in task:
        return str(task["name"])
    total = f"/{task['total']}" if task.get("total") else ""
    return f"{task['name']} ({task['what']} {task['done']}{total})"
