# SPDX-License-Identifier: Apache-2.0
"""Background processes that outlive the launcher, identified by pid and start time.

A record is ``{"pid": int, "started": int}``; ``started`` is the start time from /proc/<pid>/stat
(proc(5), field 22), so that another process with a reused pid is never mistaken for it. Each
process leads a session, by which its child processes are found.
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

# Kept so that a long-lived program, such as pytest, can reap the processes that it started.
_children: list[subprocess.Popen[bytes]] = []


class Stat(NamedTuple):
    """Fields of /proc/<pid>/stat."""

    session: int
    started: int


def spawn(
    arguments: list[str], log: Path, environment: Mapping[str, str], directory: Path
) -> Record:
    """Start a process in its own session and append its output to ``log``."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=directory,
            start_new_session=True,
        )
    _children.append(child)
    return record_of(child.pid)


def record_of(pid: int) -> Record:
    """Return the record of a process; if it has ended, the record is never alive."""
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
    """Return the pids of the living processes in the session of the recorded one, including it."""
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
    """Send the signal ``first``; after ``grace`` seconds, kill the rest of the sessions."""
    records = list(records)
    for record in records:
        send_signal(record, first)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and any(is_alive(record) for record in records):
        time.sleep(0.1)
    for record in records:
        kill(record)


def send_signal(record: Record, number: int) -> None:
    """Send a signal to the recorded process if it still runs."""
    if is_alive(record):
        with contextlib.suppress(ProcessLookupError):
            os.kill(record["pid"], number)


def kill(record: Record) -> list[int]:
    """Kill the session of the recorded process, wait until it has ended, and return its pids."""
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
    """Return the last lines of a log file, indented."""
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
    # The command name is in parentheses and may contain spaces and parentheses.
    fields = text.rpartition(")")[2].split()
    if fields[0] in "ZX":
        return None
    return Stat(session=int(fields[3]), started=int(fields[19]))
