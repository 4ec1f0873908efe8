# SPDX-License-Identifier: Apache-2.0
"""Sync, promote and mirror once on Pulp servers, with the oldest and the newest ansible-core."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.plain_pulp import PlainPulp
from tests.e2e.rig import Rig, Servers
from tests.lab.demo.site import pulp_of
from tests.lab.pulp import launcher
from tests.lab.upstream.demo import publish_many
from tests.lab.upstream.server import UpstreamServer

COUNT = 2


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Yield a rig on the servers of the lab, and remove its objects afterwards."""
    publish_many(tmp_path / "upstream", COUNT, 0, 3, 0)
    servers = {name: pulp_of(name, one) for name, one in launcher.start("ark", "client").items()}
    with UpstreamServer(tmp_path / "upstream") as upstream:
        rig = Rig(Servers(**servers, upstream=upstream), tmp_path, f"s{secrets.token_hex(3)}")
        try:
            yield rig
        finally:
            for api in (rig.ark, rig.client):
                _remove(api, rig.prefix)


def _remove(api: PlainPulp, prefix: str) -> None:
    for kind in ("distributions", "repositories", "remotes", "contentguards"):
        for found in api.list(f"{kind}/", name__startswith=prefix):
            api.delete(found["pulp_href"])


@pytest.mark.smoke
def test_a_release_is_synced_from_upstream_to_a_client(rig: Rig) -> None:
    development, release = f"{rig.prefix}-development", f"{rig.prefix}-release"
    items = [rig.rpm(number) for number in range(1, COUNT + 1)]
    wanted = {
        "rpm_package_repos": items,
        "access_control_guards": [{"name": development}, {"name": release}],
        "access_control_groups": [],
        "access_control_namespaces": [],
        "package_guard_development": development,
        "package_guard_release": release,
    }

    rig.run("access_control", **wanted).succeeded()
    stamps = {
        line["short_name"]: line["stamp"]
        for line in rig.run("package_sync", **wanted).succeeded().report
    }
    for playbook in ("package_promote", "package_mirror"):
        rig.run(playbook, package_versions=stamps, **wanted).succeeded()
    for more in ({}, {"package_query": "pins", "package_versions": stamps}):
        asked = rig.run("package_query", **more, **wanted).succeeded().report
        assert {line["short_name"]: line["stamp"] for line in asked} == stamps
    groups = {**wanted, "package_query": "groups", "package_defaults_rpm": {"sync_group": "all"}}
    assert '\n["all"]\n' in rig.run("package_query", **groups).succeeded().output
    pins = {"distribution_list_pins": {"smoke": stamps}, "package_filter": rig.prefix}
    listed = rig.run("distribution_list", **pins, **wanted).succeeded().output
    assert listed.count("  smoke\n") == COUNT * 2

    guard = rig.ark.find("contentguards/core/rbac/", release)["pulp_href"]
    assert [found["content_guard"] for found in rig.ark.snapshots(rig.prefix)] == [guard] * COUNT
    client = rig.servers.client.as_user("")
    for item in items:
        served = client.content(f"{item['base_path']}{stamps[item['short_name']]}")
        assert client.get(f"{served}repodata/repomd.xml")[0] == 200
    for playbook in ("access_control", "package_sync", "package_promote", "package_mirror"):
        assert rig.run(playbook, package_versions=stamps, **wanted).succeeded().changed == 0
