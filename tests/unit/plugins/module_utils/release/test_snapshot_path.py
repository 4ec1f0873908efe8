# SPDX-License-Identifier: Apache-2.0
"""The calls for an item of a snapshot, from the pool to the client, pass through few files."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from plugins.module_utils.release.snapshot import snapshot_packages
from tests.unit.fake_pulp.pulp import FakePulp

URL = "https://mirror.example.com/rocky/"
POOL = "pulp/pool.py"
PASSED_FILES = {
    "release/snapshot.py",
    "release/changes.py",
    "release/newest.py",
    "objects/repository.py",
    "objects/sync.py",
    "objects/publication.py",
    "objects/distribution.py",
    "pulp/server.py",
}


class TracingPulp(FakePulp):
    """A Pulp that records the files between the pool and the client for each request."""

    def __init__(self) -> None:
        super().__init__()
        self.files: set[str] = set()

    def trace(self) -> None:
        """Record the files of the callers up to the pool, in the thread of an item."""
        frame: Any = sys._getframe(2)
        files: list[str] = []
        while frame:
            before, found, file = frame.f_code.co_filename.partition("plugins/module_utils/")
            files += [file] if found and not before.endswith("tests/unit/") else []
            frame = frame.f_back
        if POOL in files and "release/snapshot.py" in files:
            self.files |= set(files[: files.index(POOL)])

    def get(self, path: str, params: Any = None) -> Any:
        self.trace()
        return super().get(path, params)

    def list(self, path: str, params: Any = None) -> Any:
        self.trace()
        return super().list(path, params)

    def post(self, path: str, body: Any = None) -> Any:
        self.trace()
        return super().post(path, body)

    def patch(self, path: str, body: Any) -> Any:
        self.trace()
        return super().patch(path, body)


def snapshot(pulp: FakePulp, policy: str) -> str:
    """Take a snapshot of one repository, and return the action."""
    item = {
        "name": "Rocky",
        "short_name": "rocky",
        "url": URL,
        "base_path": "rocky/",
        "distribution_name": "rocky-",
        "sync_policy": policy,
    }
    unset = dict.fromkeys(
        ("rpm_filter", "deb_filter", "package_filter", "sync_group", "retry", "stamp", "notable")
    )
    limits = {"shrink_limit": 30.0, "stale_after": 7.0, "storage_limit": 10.0}
    retries = {"retries": 0, "retry_delay": 0.0, "late_retry_delay": -1}
    params = {
        **{**unset, **limits, **retries, "rpm": [item], "deb": [], "rpm_defaults": None},
        **{"deb_defaults": None, "content_guard": "development", "optimize": True},
        "update_secrets": "always",
    }
    (result,), _more = snapshot_packages(pulp.server(), params)
    assert result.error == ""
    return result.action


@pytest.mark.parametrize("policy", ["mirror_complete", "mirror_content_only"])
def test_a_request_of_an_item_passes_at_most_eight_files(policy, monkeypatch):
    stamps = iter(f"2026112{day}T000000" for day in range(9))
    monkeypatch.setattr(
        "plugins.module_utils.release.snapshot.new_stamp", lambda _server, _wanted: next(stamps)
    )
    pulp = TracingPulp()
    pulp.add_guard("development")
    actions = []
    for packages in (["kernel 1-1", "bash 1-1"], ["kernel 1-1", "bash 1-1"], ["kernel 2-1"]):
        pulp.upstream[URL] = packages
        actions.append(snapshot(pulp, policy))
    assert actions == ["created", "unchanged", "synced"]
    assert pulp.files <= PASSED_FILES
    assert len(PASSED_FILES) <= 8
