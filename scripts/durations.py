# SPDX-License-Identifier: Apache-2.0
"""How long the parts of a test run took: tests of pytest, targets, steps of scenarios."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from machine import CACHE

RECORD = CACHE / "log" / "durations.jsonl"

# The first line of a part, in what ansible-test and molecule print.
PART = re.compile(r"^Running (\w+) integration test role|\b(role_\w+)\W+(\w+)\W+Executing")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def forget() -> None:
    """Begin a new record."""
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text("", encoding="utf-8")


def record(name: str, seconds: float) -> None:
    """Add one part; runs side by side add to the same record."""
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    with RECORD.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps([round(seconds, 1), name]) + "\n")


def record_tests(report: Path) -> None:
    """Add the tests of a JUnit report of pytest, which is removed."""
    if report.exists():
        for case in ElementTree.parse(report).iter("testcase"):
            # Behind "@" is the group that keeps tests in one process.
            name = re.sub(r"@[\w/]+$", "", case.get("name", ""))
            module = case.get("classname", "").rpartition(".")[2]
            record(f"{module}::{name}", float(case.get("time", 0)))
        report.unlink()


def run_parts(command: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
    """Run a command, show its output and record its parts; its failure ends this program."""
    part, began = "", time.monotonic()
    with subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            found = PART.search(_COLOUR.sub("", line))
            if found:
                if part:
                    record(part, time.monotonic() - began)
                part = " ".join(filter(None, found.groups()))
                began = time.monotonic()
    if part:
        record(part, time.monotonic() - began)
    if process.returncode:
        sys.exit(f"==> failed with {process.returncode}: {' '.join(command)}")


def slowest(count: int = 10) -> list[str]:
    """Return a line for each of the slowest parts."""
    lines = RECORD.read_text(encoding="utf-8").splitlines() if RECORD.exists() else []
    parts = sorted((json.loads(line) for line in lines), reverse=True)
    return [f"{seconds:7.1f} s  {name}" for seconds, name in parts[:count]]
