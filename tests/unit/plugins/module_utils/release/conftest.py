# SPDX-License-Identifier: Apache-2.0
"""Fixtures for the tests of releases."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.release import health


class FakeFetcher:
    """Reads from `files`: URL -> text, or an error to raise. Other files do not exist."""

    files: dict[str, Any]
    requests: list[str]

    def __init__(self, _connection: Connection) -> None:
        pass

    def beginning(self, url: str, _size: int) -> str | None:
        """Return the text of a file."""
        self.requests.append(url)
        found = self.files.get(url)
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture(autouse=True)
def content(monkeypatch: pytest.MonkeyPatch) -> type[FakeFetcher]:
    """Replace the files that a FakePulp serves."""
    fake = type("Bound", (FakeFetcher,), {"files": {}, "requests": []})
    monkeypatch.setattr(health, "Fetcher", fake)
    return fake
