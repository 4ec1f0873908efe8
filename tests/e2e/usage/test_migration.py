# SPDX-License-Identifier: Apache-2.0
"""Servers that today's roles filled: the playbooks take them over, and the roles still work."""

from __future__ import annotations

import pytest

from tests.e2e.existing_servers import (
    FILES,
    NEW,
    NEXT,
    Filled,
    client_variables,
    fill_ark,
    fill_client,
    fill_guards,
)
from tests.e2e.rig import Rig
from tests.e2e.stackhpc_pulp import TodaysRoles

pytestmark = pytest.mark.slow


@pytest.fixture
def ark_filled(rig: Rig) -> Filled:
    """Fill Ark the way today's roles do."""
    deb = rig.deb(mirror=True, mode="verbatim")
    items = {"rpm": rig.rpm(1, sync_policy="mirror_complete"), "deb": deb}
    filled = Filled(rig, items, fill_guards(rig))
    fill_ark(filled)
    return filled


@pytest.fixture(params=["mirror_content_only", "mirror_complete"])
def both_filled(ark_filled: Filled, request: pytest.FixtureRequest) -> Filled:
    """Fill the client, too."""
    ark_filled.channel_policy = request.param
    fill_client(ark_filled)
    return ark_filled


def test_the_playbooks_of_ark_change_only_what_is_new(ark_filled: Filled) -> None:
    rig, items, before = ark_filled.rig, ark_filled.items, ark_filled.on_ark()

    controlled = rig.run("access_control", **ark_filled.guards).succeeded()
    synced = rig.run("package_sync", **ark_filled.inventory).succeeded()

    assert controlled.changed == 0
    assert ark_filled.on_ark() == before
    assert {line["stamp"] for line in synced.report} == {NEW}
    assert rig.run("package_promote", **ark_filled.inventory).succeeded().changed == 1
    promoted = ark_filled.on_ark()
    changed = {name for name, seen in promoted.items() if seen != before[name]}
    assert changed == {f"{item['distribution_name']}{NEW}" for item in items.values()}
    for name, (_how, answers) in promoted.items():
        assert answers == before[name][1]

    items["rpm"]["url"] = f"{rig.upstream.url}/many/0002/"
    again = rig.run("package_sync", **ark_filled.inventory).succeeded()

    after = ark_filled.on_ark()
    assert set(after) - set(before) == {again.of(items["rpm"]["name"])["snapshot"]}
    assert {name: after[name] for name in before} == promoted


def test_the_playbooks_of_a_client_change_nothing_and_todays_roles_still_work(
    both_filled: Filled,
) -> None:
    rig, channels, before = both_filled.rig, client_variables(both_filled), both_filled.on_client()

    mirrored = rig.run("package_mirror", **both_filled.inventory).succeeded()
    synced = rig.run("client_sync", **channels).succeeded()
    promoted = rig.run("client_promote", **channels).succeeded()

    assert both_filled.on_client() == before
    assert (mirrored.changed, synced.changed, promoted.changed) == (0, 0, 0)

    rig.run("package_sync", **both_filled.inventory).succeeded()
    fill_ark(both_filled)
    fill_client(both_filled)
    for kind, item in both_filled.items.items():
        roles = TodaysRoles(rig.ark, kind)
        name, path = f"{item['distribution_name']}{NEXT}", f"{item['base_path']}{NEXT}"
        made = roles.distribute(name, path, publication=roles.publish(item["name"]))
        address = rig.servers.ark.content(made["base_path"], FILES[kind])
        assert rig.servers.ark.get(address)[0] == 200
