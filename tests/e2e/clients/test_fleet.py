# SPDX-License-Identifier: Apache-2.0
"""Several clients in one run: an unreachable one does not stop the others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.plain_pulp import PlainPulp
from tests.e2e.rig import Rig, server_name
from tests.lab.demo.site import Pulp, pulp_of
from tests.lab.pulp import launcher

NAME = server_name("fleet-client")


@pytest.fixture(scope="module")
def second_client() -> Iterator[Pulp]:
    """Start the Pulp server of a second client."""
    try:
        yield pulp_of("client2", launcher.start(NAME)[NAME])
    finally:
        launcher.destroy(NAME)


@pytest.mark.parametrize("serial", [{}, {"release_train_serial": 1}])
def test_an_unreachable_client_does_not_stop_the_others(
    rig: Rig, second_client: Pulp, serial: dict[str, int]
) -> None:
    items = [rig.rpm(1), rig.rpm(2)]
    wanted = {"rpm_package_repos": items, "package_versions": rig.snapshot(*items)}
    # It is the first of its group, so that with serial the others follow it.
    clients = rig.hosts.pop("client")
    rig.add_host("client", "client0", replace(second_client, url="http://127.0.0.1:9"))
    rig.hosts["client"].update(clients)
    rig.add_host("client", "client2", second_client)
    summary = rig.directory / "all.md"

    rejected = rig.run("package_mirror", **wanted).failed()
    assert "3 Pulps, client0, client1, client2" in rejected.output
    arguments = [
        "-e",
        json.dumps({"release_train_fleet": True, "summary_path": str(summary), **serial}),
    ]
    run = rig.run("package_mirror", *arguments, **wanted).failed()

    assert set(run.messages) == {"client0"}
    assert "http://127.0.0.1:9 cannot be reached" in run.messages["client0"]
    for server in (rig.client, PlainPulp(second_client)):
        assert len(server.snapshots(rig.prefix)) == 2
    assert "3 Pulps: 1 failed, 2 ok" in run.output
    assert re.search(rf"^client1: \[1/2\] {rig.prefix}_0[12]  ", run.output, re.MULTILINE)
    report = Path(run.report_path)
    hosts = [json.loads(line)["host"] for line in report.read_text().splitlines()]
    assert sorted(hosts) == ["client0", "client1", "client1", "client2", "client2"]
    own_lines = report.with_name("report.client1").read_text().splitlines()
    assert sum("number" in json.loads(line) for line in own_lines) == 2
    assert "**client0**" in summary.read_text()
    assert "**client2**" in (rig.directory / "all.client2.md").read_text()
