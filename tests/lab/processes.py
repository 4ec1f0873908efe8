# SPDX-License-Identifier: Apache-2.0
"""Background processes that outlive the launcher, recognised later by pid and start time.

A record is ``{"pid": int, "started": int}``; ``started`` is the start time from /proc/<pid>/stat
(proc(5), field 22), so that a recycled pid is never taken for ours. Each process leads its own
session: what it forks is found by that session.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, Optional

Record = dict[str, int]

# Kept so that a long-lived importer (pytest) reaps what it started.
_children: list[subprocess.Popen[bytes]] = []


class Stat(NamedTuple):
    """What /proc says of a process."""

    session: int
    started: int


def spawn(arguments: list[str], log: Path, environment: Mapping[str, str], folder: Path) -> Record:
    """Start a process in a session of its own, its output appended to ``log``."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
        )
    _children.append(child)
    return record_of(child.pid)


def record_of(pid: int) -> Record:
    """Return what a process is recognised by later; one that is gone is never alive again."""
    stat = _stat(pid)
    return {"pid": pid, "started": stat.started if stat else 0}


def is_alive(record: Optional[Record]) -> bool:
    """Whether the recorded process still runs (a zombie does not)."""
    if not record:
        return False
    for child in _children:
        child.poll()
    stat = _stat(record["pid"])
    return stat is not None and stat.started == record["started"]


def members(record: Record) -> list[int]:
    """Pids of the living processes in the session of the recorded one, itself included."""
    leader = _stat(record["pid"])
    if leader and leader.started != record["started"]:
        return []
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            stat = _stat(int(entry))
            if stat and stat.session == record["pid"] and stat.started >= record["started"]:
                found.append(int(entry))
    return found


def end(records: Iterable[Record], first: int = signal.SIGTERM, grace: float = 8.0) -> None:
    """Ask the processes to end, then kill whatever is left of their sessions after ``grace``."""
    records = list(records)
    for record in records:
        ask(record, first)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and any(is_alive(record) for record in records):
        time.sleep(0.1)
    for record in records:
        kill(record)


def ask(record: Record, number: int) -> None:
    """Send the recorded process a signal, if it still runs."""
    if is_alive(record):
        with contextlib.suppress(ProcessLookupError):
            os.kill(record["pid"], number)


def kill(record: Record) -> list[int]:
    """SIGKILL the session of the recorded process, wait until it is gone, return its pids."""
    killed = members(record)
    for pid in killed:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while members(record) and time.monotonic() < deadline:
        for child in _children:
            child.poll()
        time.sleep(0.05)
    return killed


def last_lines(log: Path, count: int = 25) -> str:
    """The end of a log file, indented."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        lines = ["(no log)"]
    return "\n".join(f"    {line}" for line in lines[-count:])


def _stat(pid: int) -> Optional[Stat]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command name is in parentheses and may itself hold blanks and parentheses.
    fields = text.rpartition(")")[2].split()
    if fields[0] in "ZX":
        return None
    return Stat(session=int(fields[3]), started=int(fields[19]))
