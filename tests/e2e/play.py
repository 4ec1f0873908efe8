# SPDX-License-Identifier: Apache-2.0
"""What holds for every run of a playbook: no traceback and no secret is shown, ever."""

from __future__ import annotations

import base64
import json
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


class Play(playbook.Play):
    """A run in a directory of its own, with a report there, as verbose as users make it: -vvv."""

    def __init__(
        self, words: Sequence[str | Path], directory: Path, secrets: Iterable[Secret] = ()
    ) -> None:
        self._secrets = list(secrets)
        output, report = directory / "output", directory / "report"
        super().__init__([*words, "-vvv"], directory, output, report, longest=LONGEST)

    def wait(self) -> Run:
        """Return what came of it; whatever that is, it shows no traceback and no secret."""
        run, text = super().wait(), self.reported()
        assert "Traceback (most recent call last)" not in run.output, run.output
        for secret in self._secrets:
            for form in secret.forms:
                # The secret itself stays out of the message.
                assert form not in run.output + text, f"a secret of {secret.username} is shown"
        return run
