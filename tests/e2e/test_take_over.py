# SPDX-License-Identifier: Apache-2.0
"""Servers that today's roles filled: the playbooks take them over, and the roles still work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.lab.demo_site import Pulp

from .plain_pulp import PlainPulp
from .rig import Rig
from .todays_roles import TodaysRoles

OLD, NEW, EMPTY, NEXT = "20240101T000000", "20240201T000000", "20240301T000000", "20240401T000000"
FILES = {"rpm": "repodata/repomd.xml", "deb": "dists/noble/InRelease"}
SERVED = ("name", "base_path", "publication", "repository", "content_guard", "pulp_labels")


@dataclass
class Filled:
    """Items of an inventory, and what was made for them on Ark and on the client."""

    rig: Rig
    items: dict[str, dict[str, Any]]
    pins: dict[str, str] = field(default_factory=dict)

    @property
    def inventory(self) -> dict[str, Any]:
        """The variables of the inventory."""
        suffixes = {
            "package_mirror_repository_suffix": " (ark)",
            "package_mirror_distribution_suffix": "-ark",
        }
        lists = {f"{kind}_package_repos": [item] for kind, item in self.items.items()}
        return {**lists, **suffixes, "package_versions": self.pins}

    def seen(self, server: Pulp, api: PlainPulp) -> dict[str, Any]:
        """Return everything that is served: how it is defined, and what comes of it."""
        seen = {}
        for found in api.snapshots(self.rig.prefix):
            kind = "deb" if "/deb/" in found["pulp_href"] else "rpm"
            address = server.content(found["base_path"], FILES[kind])
            answers = server.as_user("").get(address), server.get(address)
            seen[found["name"]] = ({key: found[key] for key in SERVED}, answers)
        return seen

    def on_ark(self) -> dict[str, Any]:
        """What Ark serves."""
        return self.seen(self.rig.servers.ark, self.rig.ark)

    def on_client(self) -> dict[str, Any]:
        """What the client serves."""
        return self.seen(self.rig.servers.client, self.rig.client)


def _fill_ark(filled: Filled) -> None:
    """Two snapshots of one version, published again for each, the older one released; one that
    serves nothing."""
    api = filled.rig.ark
    guards = {
        name: api.find("contentguards/core/rbac/", name)["pulp_href"]
        for name in ("development", "release")
    }
    for kind, item in filled.items.items():
        roles, name, path = TodaysRoles(api, kind), item["name"], item["base_path"]
        roles.repository(name, **_remote(item))
        roles.sync(name, **_how(item))
        for stamp, guard in ((OLD, "release"), (NEW, "development")):
            made = {"publication": roles.publish(name), "content_guard": guards[guard]}
            roles.distribute(f"{item['distribution_name']}{stamp}", f"{path}{stamp}", **made)
        empty = {"content_guard": guards["development"]}
        roles.distribute(f"{item['distribution_name']}{EMPTY}", f"{path}{EMPTY}", **empty)
        filled.pins[item["short_name"]] = NEW


def _fill_client(filled: Filled) -> None:
    """The pinned snapshot under its own name, and as the site's two channels."""
    api = filled.rig.client
    for kind, item in filled.items.items():
        roles, path, prefix = TodaysRoles(api, kind), item["base_path"], item["distribution_name"]
        source = _from_ark(filled, item)
        mirror = {**source, "name": f"{item['name']} (ark)"}
        roles.repository(mirror["name"], **_remote(mirror))
        roles.sync(mirror["name"], **_how(item))
        made = {"publication": roles.publish(mirror["name"])}
        roles.distribute(f"{prefix}{NEW}-ark", f"{path}{NEW}", **made)
        roles.repository(source["name"], **_remote(source))
        roles.sync(source["name"], **_how(source))
        made = {"publication": roles.publish(source["name"])}
        for channel in ("development", "production"):
            roles.distribute(f"{prefix}{channel}", f"{path}{channel}", **made)


def _from_ark(filled: Filled, item: dict[str, Any]) -> dict[str, Any]:
    """An item as a client's configuration has it: from Ark, and RPM metadata by its own Pulp."""
    ark = filled.rig.servers.ark
    keys = ("name", "sync_policy", "distributions", "mirror")
    own = {"sync_policy": "mirror_content_only"} if "sync_policy" in item else {}
    return {
        **{key: item[key] for key in keys if key in item},
        **own,
        "url": ark.content(f"{item['base_path']}{NEW}"),
        "policy": "on_demand",
        "remote_username": ark.username,
        "remote_password": ark.password,
    }


def _remote(item: dict[str, Any]) -> dict[str, Any]:
    renamed = {"remote_username": "username", "remote_password": "password"}
    keys = ("url", "policy", "distributions", "components", "architectures", *renamed)
    return {renamed.get(key, key): item[key] for key in keys if key in item}


def _how(item: dict[str, Any]) -> dict[str, Any]:
    return {key: item[key] for key in ("sync_policy", "mirror") if key in item}


@pytest.fixture
def ark_filled(rig: Rig) -> Filled:
    """Fill Ark the way today's roles do."""
    name = f"{rig.prefix}-deb"
    deb = {
        "name": name,
        "short_name": name.replace("-", "_"),
        "distribution_name": f"{name}-",
        "base_path": f"{rig.prefix}/deb/",
        "url": f"{rig.upstream.url}/many-deb/0001/",
        "distributions": "noble",
        "mirror": True,
        "mode": "verbatim",
        "policy": "immediate",
    }
    filled = Filled(rig, {"rpm": rig.rpm(1, sync_policy="mirror_complete"), "deb": deb})
    _fill_ark(filled)
    return filled


@pytest.fixture
def both_filled(ark_filled: Filled) -> Filled:
    """Fill the client, too."""
    _fill_client(ark_filled)
    return ark_filled


def _client_variables(filled: Filled) -> dict[str, Any]:
    """What a Kayobe configuration says of the same channels."""
    variables: dict[str, Any] = {}
    for kind, item in filled.items.items():
        path, prefix = item["base_path"], item["distribution_name"]
        mode = {"mode": item["mode"]} if "mode" in item else {}
        served = {"repository": item["name"], **mode}
        development, production = (
            {"name": f"{prefix}{channel}", "base_path": f"{path}{channel}"}
            for channel in ("development", "production")
        )
        lists = {
            f"repository_{kind}_repos": _from_ark(filled, item),
            f"publication_{kind}_development": served,
            f"distribution_{kind}_development": {**development, **served},
            f"distribution_{kind}_production": {**production, "distribution": development["name"]},
        }
        variables.update({f"stackhpc_pulp_{name}": [entry] for name, entry in lists.items()})
    return variables


def test_the_playbooks_of_ark_change_only_what_is_new(ark_filled: Filled) -> None:
    rig, items, before = ark_filled.rig, ark_filled.items, ark_filled.on_ark()

    rig.run("access_control").succeeded()
    synced = rig.run("package_sync", **ark_filled.inventory).succeeded()

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
    rig, channels, before = both_filled.rig, _client_variables(both_filled), both_filled.on_client()

    mirrored = rig.run("package_mirror", **both_filled.inventory).succeeded()
    synced = rig.run("client_sync", **channels).succeeded()
    promoted = rig.run("client_promote", **channels).succeeded()

    assert both_filled.on_client() == before
    assert (mirrored.changed, synced.changed, promoted.changed) == (0, 0, 0)

    rig.run("package_sync", **both_filled.inventory).succeeded()
    _fill_ark(both_filled)
    _fill_client(both_filled)
    for kind, item in both_filled.items.items():
        roles = TodaysRoles(rig.ark, kind)
        name, path = f"{item['distribution_name']}{NEXT}", f"{item['base_path']}{NEXT}"
        made = roles.distribute(name, path, publication=roles.publish(item["name"]))
        address = rig.servers.ark.content(made["base_path"], FILES[kind])
        assert rig.servers.ark.get(address)[0] == 200
