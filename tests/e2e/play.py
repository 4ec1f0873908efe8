# SPDX-License-Identifier: Apache-2.0
"""One run of ansible-playbook, and what holds for every run: no traceback, no secret, ever."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COLLECTION = "stackhpc.release_train"
LONGEST = 300.0
_LINES = re.MULTILINE | re.DOTALL


@dataclass(frozen=True)
class Secret:
    """A password and the user it belongs to."""

    username: str
    password: str

    @property
    def forms(self) -> set[str]:
        """The ways in which it could be written somewhere."""
        plain = self.password
        pair = f"{self.username}:{plain}"
        encodings = ("utf-8", "latin-1")
        encoded = {
            base64.b64encode(text.encode(how)) for text in (plain, pair) for how in encodings
        }
        return {
            plain,
            json.dumps(plain)[1:-1],
            json.dumps(plain, ensure_ascii=False)[1:-1],
            urllib.parse.quote(plain, safe=""),
            urllib.parse.quote_plus(plain),
            *(text.decode().rstrip("=") for text in encoded),
        }


@dataclass(frozen=True)
class Run:
    """What came of a run: exit status, all that it printed, and the items and warnings of its
    report."""

    status: int
    output: str
    report: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    report_path: str = ""

    @property
    def changed(self) -> int:
        """How many tasks changed something."""
        return sum(int(number) for number in re.findall(r" changed=(\d+)", self.output))

    @property
    def errors(self) -> dict[str, str]:
        """Name -> what went wrong with it, of each item that failed."""
        return {line["name"]: line["error"] for line in self.report if line["error"]}

    @property
    def messages(self) -> dict[str, str]:
        """Host -> what its failed task says, as its user reads it."""
        found = re.findall(r"^fatal: \[(\S+)\]: FAILED! => (\{.*?^\})", self.output, _LINES)
        return {host: json.loads(text)["msg"] for host, text in found}

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


@dataclass
class Play:
    """A run under way, in a process group of its own, as verbose as users make it: -vvv."""

    words: Sequence[str | Path]
    folder: Path
    secrets: Iterable[Secret] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._output = self.folder / "output"
        self._report = self.folder / "report"
        settings = {"ANSIBLE_NOCOLOR": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        extra = ["--extra-vars", json.dumps({"report_path": str(self._report)}), "-vvv"]
        with self._output.open("wb") as stream:
            self._process = subprocess.Popen(
                ["ansible-playbook", *map(str, self.words), *extra],
                env={**os.environ, **settings, **self.variables},
                cwd=self.folder,
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
        return self._report.read_text(encoding="utf-8") if self._report.exists() else ""

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
        """Return what came of it; whatever that is, it shows no traceback and no secret."""
        try:
            status = self._process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            raise
        text = self.reported()
        lines = [json.loads(line) for line in text.splitlines()]
        run = Run(
            status,
            self.output,
            tuple(line for line in lines if "number" in line),
            tuple(line["warning"] for line in lines if "warning" in line),
            str(self._report),
        )
        assert "Traceback (most recent call last)" not in run.output, run.output
        for secret in self.secrets:
            for form in secret.forms:
                # The secret itself stays out of the message.
                assert form not in run.output + text, f"a secret of {secret.username} is shown"
        return run
