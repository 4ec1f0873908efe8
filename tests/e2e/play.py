# SPDX-License-Identifier: Apache-2.0
"""Runs of playbooks, each of which is checked to print no traceback and no secret."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import urllib.parse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab import playbook
from tests.lab.playbook import Run

LONGEST = 300.0


@dataclass(frozen=True)
class Secret:
    """A password and the user it belongs to."""

    username: str
    password: str

    @property
    def forms(self) -> set[str]:
        """The encodings in which the password could be printed."""
        plain = self.password
        pair = f"{self.username}:{plain}"
        encodings = ("utf-8", "latin-1")
        encoded = {
            base64.b64encode(text.encode(name)) for text in (plain, pair) for name in encodings
        }
        return {
            plain,
            json.dumps(plain)[1:-1],
            json.dumps(plain, ensure_ascii=False)[1:-1],
            urllib.parse.quote(plain, safe=""),
            urllib.parse.quote_plus(plain),
            *(text.decode().rstrip("=") for text in encoded),
        }


def run_in_one_line(name: str, *arguments: str | Path) -> tuple[int, str]:
    """Run a playbook (a path or a full name) without servers; returns its exit status, and its
    output in one line."""
    finished = subprocess.run(
        ["ansible-playbook", name, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=LONGEST,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "COLUMNS": "1000"},
    )
    return finished.returncode, " ".join(finished.stdout.split())


class Play(playbook.Play):
    """A run with -vvv in a separate directory, which also has its report."""

    def __init__(
        self, arguments: Sequence[str | Path], directory: Path, secrets: Iterable[Secret] = ()
    ) -> None:
        self._secrets = list(secrets)
        output, report = directory / "output", directory / "report"
        super().__init__([*arguments, "-vvv"], directory, output, report, longest=LONGEST)

    def wait(self) -> Run:
        """Return the finished run, failed or not, after a check of what it printed and reported."""
        run, text = super().wait(), self.reported()
        assert "Traceback (most recent call last)" not in run.output, run.output
        for secret in self._secrets:
            for form in secret.forms:
                # The message must not contain the secret.
                assert form not in run.output + text, f"a secret of {secret.username} is shown"
        return run
