# SPDX-License-Identifier: Apache-2.0
"""Servers with objects that the roles of stackhpc.pulp created, and the inventory for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.e2e.plain_pulp import PlainPulp
from tests.e2e.rig import Rig
from tests.e2e.stackhpc_pulp import StackhpcPulpRoles
from tests.lab.demo.site import Pulp

OLD, NEW, EMPTY, NEXT = "20240101T000000", "20240201T000000", "20240301T000000", "20240401T000000"
GUARDS = ("development", "release")
FILES = {"rpm": "repodata/repomd.xml", "deb": "dists/noble/InRelease"}
EXPIRY_LABEL = "release_train_valid_until"
FIELDS = ("name", "base_path", "publication", "repository", "content_guard", "pulp_labels")


@dataclass
class ExistingServers:
    """Items of an inventory whose objects exist on Ark and on the client.

    The channels of the client have the RPM sync policy `channel_policy`.
    """

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

    def served(self, server: Pulp, api: PlainPulp) -> dict[str, Any]:
        """Return each distribution: its fields, and the responses for a file below it.

        Of the labels, that of the expiry is left out: it records what was read.
        """
        served = {}
        for found in api.snapshots(self.rig.prefix):
            kind = "deb" if "/deb/" in found["pulp_href"] else "rpm"
            address = server.content(found["base_path"], FILES[kind])
            responses = server.as_user("").get(address), server.get(address)
            found["pulp_labels"].pop(EXPIRY_LABEL, None)
            served[found["name"]] = ({key: found[key] for key in FIELDS}, responses)
        return served

    def on_ark(self) -> dict[str, Any]:
        """The distributions of Ark."""
        return self.served(self.rig.servers.ark, self.rig.ark)

    def on_client(self) -> dict[str, Any]:
        """The distributions of the client."""
        return self.served(self.rig.servers.client, self.rig.client)


def create_guards(rig: Rig) -> dict[str, Any]:
    """Create a group and two content guards; returns the variables that describe them."""
    guards = [{"name": f"{rig.prefix}-{guard}"} for guard in GUARDS]
    role = {"role": "core.rbaccontentguard_downloader", "groups": [f"{rig.prefix}-group"]}
    rig.ark.post("groups/", name=f"{rig.prefix}-group")
    for guard in guards:
        created = rig.ark.post("contentguards/core/rbac/", **guard)
        rig.ark.post(f"{created['pulp_href']}add_role/", users=[], **role)
    return {
        "access_control_groups": [{"name": f"{rig.prefix}-group"}],
        "access_control_namespaces": [],
        "access_control_guards": [{**guard, "roles": [role]} for guard in guards],
        **{f"package_guard_{guard}": f"{rig.prefix}-{guard}" for guard in GUARDS},
    }


def create_on_ark(existing: ExistingServers) -> None:
    """Create two snapshots of one version, each with its own publication, the older one released,
    and a third snapshot that serves nothing."""
    api, prefix = existing.rig.ark, existing.rig.prefix
    development, release = (
        api.find("contentguards/core/rbac/", f"{prefix}-{guard}")["pulp_href"] for guard in GUARDS
    )
    for kind, item in existing.items.items():
        roles, name, path = StackhpcPulpRoles(api, kind), item["name"], item["base_path"]
        roles.repository(name, **_remote(item))
        roles.sync(name, **_sync_options(item))
        for stamp, guard in ((OLD, release), (NEW, development)):
            serving = {"publication": roles.publish(name), "content_guard": guard}
            roles.distribute(f"{item['distribution_name']}{stamp}", f"{path}{stamp}", **serving)
        empty = {"content_guard": development}
        roles.distribute(f"{item['distribution_name']}{EMPTY}", f"{path}{EMPTY}", **empty)
        existing.pins[item["short_name"]] = NEW


def create_on_client(existing: ExistingServers) -> None:
    """Create the mirror of the pinned snapshot, and the two channels of the site."""
    api = existing.rig.client
    for kind, item in existing.items.items():
        roles = StackhpcPulpRoles(api, kind)
        path, prefix = item["base_path"], item["distribution_name"]
        source = _from_ark(existing, item)
        mirror = {**source, "name": f"{item['name']} (ark)"}
        roles.repository(mirror["name"], **_remote(mirror))
        roles.sync(mirror["name"], **_sync_options(item))
        serving = {"publication": roles.publish(mirror["name"])}
        roles.distribute(f"{prefix}{NEW}-ark", f"{path}{NEW}", **serving)
        roles.repository(source["name"], **_remote(source))
        roles.sync(source["name"], **_sync_options(source))
        serving = {"publication": roles.publish(source["name"])}
        for channel in ("development", "production"):
            roles.distribute(f"{prefix}{channel}", f"{path}{channel}", **serving)


def _from_ark(existing: ExistingServers, item: dict[str, Any]) -> dict[str, Any]:
    """Return an item as a client configures it, with Ark as its upstream."""
    ark = existing.rig.servers.ark
    keys = ("name", "sync_policy", "distributions", "mirror")
    own = {"sync_policy": existing.channel_policy} if "sync_policy" in item else {}
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


def _sync_options(item: dict[str, Any]) -> dict[str, Any]:
    return {key: item[key] for key in ("sync_policy", "mirror") if key in item}


def client_variables(existing: ExistingServers) -> dict[str, Any]:
    """Return the variables of a Kayobe configuration for the same channels."""
    variables: dict[str, Any] = {}
    for kind, item in existing.items.items():
        path, prefix = item["base_path"], item["distribution_name"]
        mode = {"mode": item["mode"]} if "mode" in item else {}
        served = {"repository": item["name"], **mode}
        development, production = (
            {"name": f"{prefix}{channel}", "base_path": f"{path}{channel}"}
            for channel in ("development", "production")
        )
        lists = {
            f"repository_{kind}_repos": _from_ark(existing, item),
            f"publication_{kind}_development": served,
            f"distribution_{kind}_development": {**development, **served},
            f"distribution_{kind}_production": {**production, "distribution": development["name"]},
        }
        variables.update({f"stackhpc_pulp_{name}": [entry] for name, entry in lists.items()})
    return variables
