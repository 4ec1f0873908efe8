# SPDX-License-Identifier: Apache-2.0
"""Playbooks of the collection, run as a user runs them: under way, and what came of them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from .paths import LabError

COLLECTION = "stackhpc.release_train"

_RECAP = re.compile(r"^(\S+) +: (ok=\d+ .*)$", re.MULTILINE)
_FAILED = re.compile(r"^fatal: \[(\S+)\]: FAILED! => (\{.*?^\})", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Run:
    """One finished run: the command that repeats it, its exit status, all that it printed, and the
    items and warnings of its report, if it was asked for one."""

    command: str
    status: int
    output: str
    seconds: float
    report: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    report_path: str = ""

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        """Ansible's own counts by host."""
        _head, _line, recap = self.output.partition("PLAY RECAP")
        return {
            host: {key: int(number) for key, number in (word.split("=") for word in counts.split())}
            for host, counts in _RECAP.findall(recap)
        }

    @property
    def changed(self) -> int:
        """How many tasks changed something, on all hosts."""
        return sum(counts["changed"] for counts in self.recap.values())

    @property
    def changed_items(self) -> list[dict[str, Any]]:
        """The items that changed."""
        return [item for item in self.report if item["changed"]]

    @property
    def errors(self) -> dict[str, str]:
        """Name -> what went wrong with it, of each item that failed."""
        return {line["name"]: line["error"] for line in self.report if line["error"]}

    @property
    def messages(self) -> dict[str, str]:
        """Host -> what its failed task says, as its user reads it with -vvv."""
        return {host: json.loads(text)["msg"] for host, text in _FAILED.findall(self.output)}

    @property
    def message(self) -> str:
        """What the failed task says when there is one host."""
        (text,) = self.messages.values()
        return text

    def of(self, name: str) -> dict[str, Any]:
        """Return the result of the item of this name."""
        return next(line for line in self.report if line["name"] == name)

    def succeeded(self) -> Run:
        """Return this run, which must have exit status 0."""
        assert self.status == 0, self._end
        return self

    def failed(self) -> Run:
        """Return this run, which must have failed in words, not in a crash of Ansible's."""
        assert self.status == 2, self._end
        return self

    @property
    def _end(self) -> str:
        return "\n".join(self.messages.values()) or self.output[-3000:]


class PlaybookFailed(LabError):
    """A playbook failed: its last lines and the command that repeats it."""

    def __init__(self, run: Run, log: Path) -> None:
        lines = run.output.strip().splitlines()
        super().__init__("\n".join([*lines[-25:], "", f"all of it: {log}", run.command]))


class Play:
    """A run under way in `folder`, in a process group of its own, which prints into `output`.

    `words` are those of ansible-playbook; `report` is the file that it is asked to report to;
    `longest` is the number of seconds after which it is killed.
    """

    def __init__(
        self,
        words: Sequence[str | Path],
        folder: Path,
        output: Path,
        report: Optional[Path] = None,
        environment: Optional[Mapping[str, str]] = None,
        longest: Optional[float] = None,
    ) -> None:
        self.folder = folder
        self._output, self._report, self._longest = output, report, longest
        self._began = time.monotonic()
        asked = ["-e", f"report_path={shlex.quote(str(report))}"] if report else []
        program = shutil.which("ansible-playbook") or "ansible-playbook"
        arguments = [*map(str, words), *asked]
        self._command = shlex.join([os.path.relpath(program, folder), *arguments])
        with output.open("wb") as stream:
            self._process = subprocess.Popen(
                [program, *arguments],
                env=loopback() if environment is None else dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_heed_interrupts,
            )

    @property
    def output(self) -> str:
        """What was printed up to now."""
        return self._output.read_text(encoding="utf-8")

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def reported(self) -> str:
        """What the report has up to now."""
        there = self._report and self._report.exists()
        return self._report.read_text(encoding="utf-8") if self._report and there else ""

    def peaks(self, program: str) -> list[int]:
        """The most memory that each process below has had whose command names `program`, in KiB."""
        found = []
        for process in _descendants(self._process.pid):
            with contextlib.suppress(OSError, IndexError, ValueError):
                folder = Path(f"/proc/{process}")
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if program.encode() in words[1] and b"python" in words[0]:
                    status = (folder / "status").read_text(encoding="utf-8")
                    found.append(int(status.partition("VmHWM:")[2].split()[0]))
        return found

    def kill(self) -> None:
        """End every process of the run at once, as a runner does that is out of time."""
        for process in [*_descendants(self._process.pid), self._process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait()

    def interrupt(self) -> None:
        """Do what Ctrl-C does: every process of the run gets the signal."""
        os.killpg(self._process.pid, signal.SIGINT)

    def wait(self) -> Run:
        """Return what came of it. Raises TimeoutExpired when it takes too long."""
        try:
            status = self._process.wait(self._longest)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        except KeyboardInterrupt:
            self.interrupt()
            self._process.wait()
            raise
        lines = [json.loads(line) for line in self.reported().splitlines()]
        return Run(
            f"cd {os.path.relpath(self.folder)} && {self._command}",
            status,
            self.output,
            time.monotonic() - self._began,
            tuple(line for line in lines if "number" in line),
            tuple(line["warning"] for line in lines if "warning" in line),
            str(self._report or ""),
        )


def play(
    inventory: Path,
    name: str,
    *arguments: str,
    report: bool = False,
    environment: Optional[Mapping[str, str]] = None,
) -> Run:
    """Run a playbook in the folder of an inventory; return how it went, whatever its exit status.

    `name` is a playbook of the collection, or a path; `report` asks the playbook for its report;
    `environment` replaces this program's.
    """
    playbook = name if "/" in name else f"{COLLECTION}.{name}"
    records = inventory.parent / "report" / f"{Path(name).stem}.jsonl" if report else None
    if records:
        records.parent.mkdir(parents=True, exist_ok=True)
        records.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="playbook-") as place:
        output = Path(place) / "output"
        return Play([playbook, *arguments], inventory, output, records, environment).wait()


def must_play(inventory: Path, name: str, *arguments: str, report: bool = False) -> Run:
    """Run a playbook, keep its output in a log, and raise PlaybookFailed if it fails."""
    run = play(inventory, name, *arguments, report=report)
    log = inventory.parent / "log" / f"{Path(name).stem}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"{run.command}\n{run.output}", encoding="utf-8")
    if run.status:
        raise PlaybookFailed(run, log)
    return run


def loopback() -> dict[str, str]:
    """Return this program's environment without colours; a proxy is not asked for loopback."""
    local = ",".join(filter(None, [os.environ.get("no_proxy"), "127.0.0.1", "localhost"]))
    plain = {"ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"}
    return {**os.environ, **plain, "no_proxy": local, "NO_PROXY": local}


def _heed_interrupts() -> None:
    """Undo that a runner in the background hands down: its children ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _descendants(process: int) -> list[int]:
    """All processes below one; Ansible's workers are leaders of sessions of their own."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = status.read_text(encoding="utf-8").rpartition(")")[2].split()[1]
            children.setdefault(int(parent), []).append(int(status.parent.name))
    found = children.get(process, [])
    return [*found, *(one for child in found for one in _descendants(child))]
