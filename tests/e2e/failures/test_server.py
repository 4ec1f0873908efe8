# SPDX-License-Identifier: Apache-2.0
"""Pulp servers that cannot be used, and a server that loses a worker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.rig import Rig, Servers, server_name
from tests.lab.demo.site import Pulp, pulp_of
from tests.lab.pulp import launcher

pytestmark = pytest.mark.slow

NAME = server_name("fail-worker")
LOST = "killed-01: the Pulp worker that runs its task is offline"


def test_an_unusable_server_is_reported_with_its_cause(rig: Rig) -> None:
    ark = rig.servers.ark
    unusable = {
        "elsewhere": (replace(ark, url=rig.upstream.url), "correct pulp_url"),
        "unknown": (
            replace(ark, url="http://pulp.invalid"),
            "http://pulp.invalid cannot be reached",
        ),
        "down": (replace(ark, url="http://127.0.0.1:9"), "http://127.0.0.1:9 cannot be reached"),
        "malformed": (replace(ark, url="ark.example.com"), "'ark.example.com' is not an http"),
        "denied": (ark.as_user("admin", "wrong-password"), "refused user 'admin'"),
    }
    for name, (server, _message) in unusable.items():
        rig.add_host("ark", name, server)
    limit = ["--limit", ",".join(unusable)]

    run = rig.run("package_sync", *limit, rpm_package_repos=[rig.rpm(1)]).failed()

    assert set(run.messages) == set(unusable)
    for name, (_server, message) in unusable.items():
        assert message in run.messages[name]
    assert rig.ark.snapshots(rig.prefix) == []
    rig.run("package_sync", "--limit", "ark1", rpm_package_repos=[rig.rpm(1)]).succeeded()


@pytest.fixture
def fragile(servers: Servers) -> Iterator[Pulp]:
    """Start a server that detects a lost worker within seconds instead of minutes."""
    try:
        yield pulp_of(NAME, launcher.start(NAME, worker_ttl=3)[NAME])
    finally:
        launcher.destroy(NAME)


def test_a_sync_whose_worker_is_killed_is_reported_and_retried(
    servers: Servers, fragile: Pulp, tmp_path: Path
) -> None:
    rig = Rig(replace(servers, ark=fragile), tmp_path, "killed")
    servers.upstream.fault("many/0001/repodata/repomd.xml", delay=20, times=1)

    play = rig.start("package_sync", rpm_package_repos=[rig.rpm(1)], package_guard_development="")
    # A new server has tasks of its own: a busy worker may not be that of the sync yet.
    syncs = {"name__contains": "synchroniz", "state": "running"}
    while play.is_running and not rig.ark.list("tasks/", **syncs):
        time.sleep(0.1)
    launcher.kill_worker(NAME, 60)
    while play.is_running and f"WARNING: {LOST}" not in play.output:
        time.sleep(0.2)
    assert LOST in play.reported()
    assert play.is_running
    run = play.wait().succeeded()

    assert LOST in run.output
    assert [found["name"] for found in rig.ark.snapshots("killed")] == [run.report[0]["snapshot"]]
    assert len(rig.ark.publications("killed-01")) == 1
    tasks = rig.ark.list("tasks/", name__contains="synchroniz")
    assert sorted(task["state"] for task in tasks) == ["completed", "failed"]
