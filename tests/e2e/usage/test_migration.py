# SPDX-License-Identifier: Apache-2.0
"""Migration from stackhpc.pulp: playbooks adopt existing objects, and its roles still work."""

from __future__ import annotations

import pytest

from tests.e2e.existing_servers import (
    FILES,
    NEW,
    NEXT,
    ExistingServers,
    client_variables,
    create_guards,
    create_on_ark,
    create_on_client,
)
from tests.e2e.rig import Rig
from tests.e2e.stackhpc_pulp import StackhpcPulpRoles

pytestmark = pytest.mark.slow


@pytest.fixture
def existing_ark(rig: Rig) -> ExistingServers:
    """Create objects on Ark as the roles of stackhpc.pulp do."""
    deb = rig.deb(mirror=True, mode="verbatim")
    items = {"rpm": rig.rpm(1, sync_policy="mirror_complete"), "deb": deb}
    existing = ExistingServers(rig, items, create_guards(rig))
    create_on_ark(existing)
    return existing


@pytest.fixture(params=["mirror_content_only", "mirror_complete"])
def existing_both(existing_ark: ExistingServers, request: pytest.FixtureRequest) -> ExistingServers:
    """Create objects on Ark and on the client."""
    existing_ark.channel_policy = request.param
    create_on_client(existing_ark)
    return existing_ark


def test_playbooks_for_ark_adopt_existing_snapshots(existing_ark: ExistingServers) -> None:
    rig, items, before = existing_ark.rig, existing_ark.items, existing_ark.on_ark()

    access = rig.run("access_control", **existing_ark.guards).succeeded()
    synced = rig.run("package_sync", **existing_ark.inventory).succeeded()

    assert access.changed == 0
    assert existing_ark.on_ark() == before
    assert {line["stamp"] for line in synced.report} == {NEW}
    assert rig.run("package_promote", **existing_ark.inventory).succeeded().changed == 1
    promoted = existing_ark.on_ark()
    changed = {name for name, served in promoted.items() if served != before[name]}
    assert changed == {f"{item['distribution_name']}{NEW}" for item in items.values()}
    for name, (_fields, responses) in promoted.items():
        assert responses == before[name][1]

    items["rpm"]["url"] = f"{rig.upstream.url}/many/0002/"
    again = rig.run("package_sync", **existing_ark.inventory).succeeded()

    after = existing_ark.on_ark()
    assert set(after) - set(before) == {again.of(items["rpm"]["name"])["snapshot"]}
    assert {name: after[name] for name in before} == promoted


def test_playbooks_for_clients_adopt_existing_channels(existing_both: ExistingServers) -> None:
    rig, channels = existing_both.rig, client_variables(existing_both)
    before = existing_both.on_client()

    mirrored = rig.run("package_mirror", **existing_both.inventory).succeeded()
    synced = rig.run("client_sync", **channels).succeeded()
    promoted = rig.run("client_promote", **channels).succeeded()

    assert existing_both.on_client() == before
    assert (mirrored.changed, synced.changed, promoted.changed) == (0, 0, 0)

    rig.run("package_sync", **existing_both.inventory).succeeded()
    create_on_ark(existing_both)
    create_on_client(existing_both)
    for kind, item in existing_both.items.items():
        roles = StackhpcPulpRoles(rig.ark, kind)
        name, path = f"{item['distribution_name']}{NEXT}", f"{item['base_path']}{NEXT}"
        served = roles.distribute(name, path, publication=roles.publish(item["name"]))
        address = rig.servers.ark.content(served["base_path"], FILES[kind])
        assert rig.servers.ark.get(address)[0] == 200
