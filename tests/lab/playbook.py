# SPDX-License-Identifier: Apache-2.0
"""Playbooks of the collection, run as a user runs them: from the folder of the inventory."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from .pulp_paths import LabError

COLLECTION = "stackhpc.release_train"
RECAP = re.compile(r"^(\S+) +: (ok=\d+ .*)$", re.MULTILINE)


@dataclass(frozen=True)
class Played:
    """One finished run. `recap` has Ansible's own counts by host, `items` one entry per item."""

    command: str
    status: int
    output: str
    seconds: float
    recap: dict[str, dict[str, int]]
    items: list[dict[str, Any]]

    @property
    def changed(self) -> int:
        """How many tasks changed something, on all hosts."""
        return sum(counts["changed"] for counts in self.recap.values())

    @property
    def changed_items(self) -> list[dict[str, Any]]:
        """The items that changed."""
        return [item for item in self.items if item["changed"]]


class PlaybookFailed(LabError):
    """A playbook failed: its last lines and the command that repeats it."""

    def __init__(self, played: Played, log: Path) -> None:
        lines = played.output.strip().splitlines()
        super().__init__("\n".join([*lines[-25:], "", f"all of it: {log}", played.command]))
        self.played = played


def play(
    inventory: Path,
    name: str,
    *arguments: str,
    report: bool = False,
    environment: Optional[Mapping[str, str]] = None,
) -> Played:
    """Run a playbook and return how it went, whatever its exit status.

    `name` is a playbook of the collection, or a path; `inventory` is the folder to run in; `report`
    asks the playbook for its report and fills `items`.
    """
    playbook = name if "/" in name else f"{COLLECTION}.{name}"
    program = shutil.which("ansible-playbook") or "ansible-playbook"
    records = inventory.parent / "report" / f"{Path(name).stem}.jsonl"
    words = [os.path.relpath(program, inventory), playbook, *arguments]
    if report:
        records.parent.mkdir(parents=True, exist_ok=True)
        records.unlink(missing_ok=True)
        words += ["-e", f"report_path={records}"]
    began = time.monotonic()
    done = subprocess.run(
        [program, *words[1:]],
        cwd=inventory,
        env=_environment() if environment is None else dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Played(
        command=f"cd {os.path.relpath(inventory)} && {shlex.join(words)}",
        status=done.returncode,
        output=done.stdout,
        seconds=time.monotonic() - began,
        recap=_recap(done.stdout),
        items=_items(records) if report else [],
    )


def must_play(inventory: Path, name: str, *arguments: str, report: bool = False) -> Played:
    """Run a playbook, keep its output in a log, and raise PlaybookFailed if it fails."""
    played = play(inventory, name, *arguments, report=report)
    log = inventory.parent / "log" / f"{Path(name).stem}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"{played.command}\n{played.output}", encoding="utf-8")
    if played.status:
        raise PlaybookFailed(played, log)
    return played


def _environment() -> dict[str, str]:
    """Return this program's environment; a proxy is not asked for loopback."""
    loopback = ",".join(filter(None, [os.environ.get("no_proxy"), "127.0.0.1", "localhost"]))
    return {**os.environ, "no_proxy": loopback, "NO_PROXY": loopback, "ANSIBLE_FORCE_COLOR": "0"}


def _recap(output: str) -> dict[str, dict[str, int]]:
    _head, _line, recap = output.partition("PLAY RECAP")
    return {
        host: {key: int(number) for key, number in (word.split("=") for word in counts.split())}
        for host, counts in RECAP.findall(recap)
    }


def _items(records: Path) -> list[dict[str, Any]]:
    lines: Sequence[str] = records.read_text().splitlines() if records.exists() else []
    return [item for item in map(json.loads, lines) if "number" in item]
