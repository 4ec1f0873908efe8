# SPDX-License-Identifier: Apache-2.0
"""Servers filled the way today's roles do it, and inventories that say the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.e2e.plain_pulp import PlainPulp
from tests.e2e.rig import Rig
from tests.e2e.stackhpc_pulp import TodaysRoles
from tests.lab.demo.site import Pulp

OLD, NEW, EMPTY, NEXT = "20240101T000000", "20240201T000000", "20240301T000000", "20240401T000000"
GUARDS = ("development", "release")
FILES = {"rpm": "repodata/repomd.xml", "deb": "dists/noble/InRelease"}
SERVED = ("name", "base_path", "publication", "repository", "content_guard", "pulp_labels")


@dataclass
class Filled:
    """Items of an inventory, and what was made for them on Ark and on the client, whose channels
    have the RPM sync policy `channel_policy`."""

    rig: Rig
    items: dict[str, dict[str, Any]]
    guards: dict[str, Any]
    pins: dict[str, str] = field(default_factory=dict)
    channel_policy: str = "mirror_content_only"

    @property
    def inventory(self) -> dict[str, Any]:
        """The variables of the inventory."""
        suffixes = {
            "package_mirror_repository_suffix": " (ark)",
            "package_mirror_distribution_suffix": "-ark",
        }
        lists = {f"{kind}_package_repos": [item] for kind, item in self.items.items()}
        return {**lists, **suffixes, **self.guards, "package_versions": self.pins}

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


def fill_guards(rig: Rig) -> dict[str, Any]:
    """A group and two content guards; returns the variables that say the same."""
    guards = [{"name": f"{rig.prefix}-{guard}"} for guard in GUARDS]
    role = {"role": "core.rbaccontentguard_downloader", "groups": [f"{rig.prefix}-group"]}
    rig.ark.post("groups/", name=f"{rig.prefix}-group")
    for guard in guards:
        made = rig.ark.post("contentguards/core/rbac/", **guard)
        rig.ark.post(f"{made['pulp_href']}add_role/", users=[], **role)
    return {
        "access_control_groups": [{"name": f"{rig.prefix}-group"}],
        "access_control_namespaces": [],
        "access_control_guards": [{**guard, "roles": [role]} for guard in guards],
        **{f"package_guard_{guard}": f"{rig.prefix}-{guard}" for guard in GUARDS},
    }


def fill_ark(filled: Filled) -> None:
    """Two snapshots of one version, published again for each, the older one released; one that
    serves nothing."""
    api, prefix = filled.rig.ark, filled.rig.prefix
    development, release = (
        api.find("contentguards/core/rbac/", f"{prefix}-{guard}")["pulp_href"] for guard in GUARDS
    )
    for kind, item in filled.items.items():
        roles, name, path = TodaysRoles(api, kind), item["name"], item["base_path"]
        roles.repository(name, **_remote(item))
        roles.sync(name, **_how(item))
        for stamp, guard in ((OLD, release), (NEW, development)):
            made = {"publication": roles.publish(name), "content_guard": guard}
            roles.distribute(f"{item['distribution_name']}{stamp}", f"{path}{stamp}", **made)
        empty = {"content_guard": development}
        roles.distribute(f"{item['distribution_name']}{EMPTY}", f"{path}{EMPTY}", **empty)
        filled.pins[item["short_name"]] = NEW


def fill_client(filled: Filled) -> None:
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
    """An item as a client's configuration has it: from Ark."""
    ark = filled.rig.servers.ark
    keys = ("name", "sync_policy", "distributions", "mirror")
    own = {"sync_policy": filled.channel_policy} if "sync_policy" in item else {}
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


def client_variables(filled: Filled) -> dict[str, Any]:
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
