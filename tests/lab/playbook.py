# SPDX-License-Identifier: Apache-2.0
"""Runs of the collection's playbooks, started as users start them, and their results."""

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
    """One finished run: the command that repeats it, its exit status and output, and the items and
    warnings of its report, if one was requested."""

    command: str
    status: int
    output: str
    seconds: float
    report: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    report_path: str = ""

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        """The counts of Ansible's play recap, by host."""
        _head, _line, recap = self.output.partition("PLAY RECAP")
        return {
            host: {key: int(number) for key, number in (word.split("=") for word in counts.split())}
            for host, counts in _RECAP.findall(recap)
        }

    @property
    def changed(self) -> int:
        """The number of tasks that changed something, on all hosts."""
        return sum(counts["changed"] for counts in self.recap.values())

    @property
    def changed_items(self) -> list[dict[str, Any]]:
        """The items that changed."""
        return [item for item in self.report if item["changed"]]

    @property
    def errors(self) -> dict[str, str]:
        """The error of each failed item, by name."""
        return {line["name"]: line["error"] for line in self.report if line["error"]}

    @property
    def messages(self) -> dict[str, str]:
        """The error message of each failed host, as a user reads it with -vvv."""
        return {host: json.loads(text)["msg"] for host, text in _FAILED.findall(self.output)}

    @property
    def message(self) -> str:
        """The error message of the only failed host."""
        (text,) = self.messages.values()
        return text

    def of(self, name: str) -> dict[str, Any]:
        """Return the result of the item with this name."""
        return next(line for line in self.report if line["name"] == name)

    def succeeded(self) -> Run:
        """Return this run; fail unless its exit status is 0."""
        assert self.status == 0, self._failure
        return self

    def failed(self) -> Run:
        """Return this run; fail unless its exit status is 2: a task failed, not Ansible itself."""
        assert self.status == 2, self._failure
        return self

    @property
    def _failure(self) -> str:
        return "\n".join(self.messages.values()) or self.output[-3000:]


class PlaybookFailed(LabError):
    """A playbook failed: its last lines and the command that repeats it."""

    def __init__(self, run: Run, log: Path) -> None:
        lines = run.output.strip().splitlines()
        super().__init__("\n".join([*lines[-25:], "", f"complete output: {log}", run.command]))


class Play:
    """A run of a playbook in `directory`, in its own process group, with its output in a file.

    `arguments` are those of ansible-playbook; `report` is the path of the report to request, if
    any; after `longest` seconds the run is killed.
    """

    def __init__(
        self,
        arguments: Sequence[str | Path],
        directory: Path,
        output: Path,
        report: Optional[Path] = None,
        environment: Optional[Mapping[str, str]] = None,
        longest: Optional[float] = None,
    ) -> None:
        self.directory = directory
        self._output, self._report, self._longest = output, report, longest
        self._began = time.monotonic()
        extra = ["-e", f"report_path={shlex.quote(str(report))}"] if report else []
        program = shutil.which("ansible-playbook") or "ansible-playbook"
        words = [*map(str, arguments), *extra]
        self._command = shlex.join([os.path.relpath(program, directory), *words])
        with output.open("wb") as stream:
            self._process = subprocess.Popen(
                [program, *words],
                env=plain_environment() if environment is None else dict(environment),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_restore_interrupts,
            )

    @property
    def output(self) -> str:
        """The output up to now."""
        return self._output.read_text(encoding="utf-8")

    @property
    def is_running(self) -> bool:
        """Whether the run has not ended yet."""
        return self._process.poll() is None

    def reported(self) -> str:
        """Return the content of the report up to now."""
        exists = self._report and self._report.exists()
        return self._report.read_text(encoding="utf-8") if self._report and exists else ""

    def peaks(self, program: str) -> list[int]:
        """Return the peak memory, in KiB, of each descendant whose command contains `program`."""
        found = []
        for process in _descendants(self._process.pid):
            with contextlib.suppress(OSError, IndexError, ValueError):
                directory = Path(f"/proc/{process}")
                words = (directory / "cmdline").read_bytes().split(b"\0")
                if program.encode() in words[1] and b"python" in words[0]:
                    status = (directory / "status").read_text(encoding="utf-8")
                    found.append(int(status.partition("VmHWM:")[2].split()[0]))
        return found

    def kill(self) -> None:
        """Kill all processes of the run at once, as a CI runner does after its timeout."""
        for process in [*_descendants(self._process.pid), self._process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait()

    def interrupt(self) -> None:
        """Send SIGINT to all processes of the run, as Ctrl-C does."""
        os.killpg(self._process.pid, signal.SIGINT)

    def wait(self) -> Run:
        """Wait until the run ends, and return it. Raises TimeoutExpired after `longest` seconds."""
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
            f"cd {os.path.relpath(self.directory)} && {self._command}",
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
    """Run a playbook in the directory of an inventory; return the run, whatever its exit status.

    `name` is a playbook of the collection, or a path; `report` requests a report; `environment`
    replaces the environment of this program.
    """
    playbook = name if "/" in name else f"{COLLECTION}.{name}"
    records = inventory.parent / "report" / f"{Path(name).stem}.jsonl" if report else None
    if records:
        records.parent.mkdir(parents=True, exist_ok=True)
        records.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="playbook-") as scratch:
        output = Path(scratch) / "output"
        return Play([playbook, *arguments], inventory, output, records, environment).wait()


def play_checked(inventory: Path, name: str, *arguments: str, report: bool = False) -> Run:
    """Run a playbook and write its output to a log; raise PlaybookFailed if it fails."""
    run = play(inventory, name, *arguments, report=report)
    log = inventory.parent / "log" / f"{Path(name).stem}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"{run.command}\n{run.output}", encoding="utf-8")
    if run.status:
        raise PlaybookFailed(run, log)
    return run


def plain_environment() -> dict[str, str]:
    """Return this program's environment, without colours, without a job of GitHub Actions and
    without a proxy for loopback."""
    local = ",".join(filter(None, [os.environ.get("no_proxy"), "127.0.0.1", "localhost"]))
    plain = {"ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"}
    own = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    return {**own, **plain, "no_proxy": local, "NO_PROXY": local}


def _restore_interrupts() -> None:
    """Restore the default action of SIGINT: children of background jobs inherit to ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _descendants(process: int) -> list[int]:
    """Return all descendants of a process; Ansible's workers have their own sessions."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = status.read_text(encoding="utf-8").rpartition(")")[2].split()[1]
            children.setdefault(int(parent), []).append(int(status.parent.name))
    found = children.get(process, [])
    return [*found, *(one for child in found for one in _descendants(child))]
