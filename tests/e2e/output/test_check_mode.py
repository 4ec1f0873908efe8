# SPDX-License-Identifier: Apache-2.0
"""`--check --diff` of every playbook that writes: it writes nothing, and predicts the changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.plain_pulp import PlainPulp
from tests.e2e.rig import SPECIAL_PASSWORD, Rig

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
# Every object or task that is created or deleted changes one of these lists.
ENDPOINTS = (
    *("tasks/", "repositories/", "remotes/", "publications/", "distributions/"),
    *("contentguards/", "groups/", "users/"),
)


def _everything(*servers: PlainPulp) -> list[Any]:
    return [server.get(endpoint, limit=10000) for server in servers for endpoint in ENDPOINTS]


def _inventory(rig: Rig) -> dict[str, Any]:
    """Return the variables that take a repository from upstream to both channels of a client."""
    item = rig.rpm(1)
    prefix, path = item["distribution_name"], item["base_path"]
    pin = "{{ package_versions." + item["short_name"] + " }}"
    source = {
        "name": f"{item['name']} channel",
        "url": rig.servers.ark.content(f"{path}{pin}"),
        "policy": "on_demand",
        "remote_username": rig.servers.ark.username,
        "remote_password": rig.servers.ark.password,
    }
    development, production = (
        {"name": f"{prefix}{channel}", "base_path": f"{path}{channel}"}
        for channel in ("development", "production")
    )
    image = rig.directory / "tool.img"
    image.write_bytes(rig.prefix.encode())
    return {
        "image_kind": "other",
        "image_repository": f"{rig.prefix}-images",
        "image_version": "2025.1-20261122T200001",
        "image_path": str(image),
        "image_download_path": str(rig.directory / "images"),
        "image_download_files": [image.name],
        "access_control_groups": [{"name": rig.prefix}],
        "access_control_client_groups": [rig.prefix],
        "access_control_namespaces": [{"name": f"{rig.prefix}-images", "pull": [rig.prefix]}],
        "release_train_clients": [{"name": f"{rig.prefix}-site", "password": SPECIAL_PASSWORD}],
        "rpm_package_repos": [item],
        "stackhpc_pulp_repository_rpm_repos": [source],
        "stackhpc_pulp_publication_rpm_development": [{"repository": source["name"]}],
        "stackhpc_pulp_distribution_rpm_development": [
            {**development, "repository": source["name"]}
        ],
        "stackhpc_pulp_distribution_rpm_production": [
            {**production, "distribution": development["name"]}
        ],
    }


def test_check_mode_of_every_playbook_writes_nothing_and_predicts_changes(rig: Rig) -> None:
    inventory, servers, checked = _inventory(rig), (rig.ark, rig.client), []
    for name in (
        *("access_control", "package_sync", "package_promote", "package_mirror"),
        *("client_sync", "client_promote"),
        *("image_upload", "image_promote", "image_mirror", "image_download"),
        *("release_promote", "release_rollback"),
    ):
        before = _everything(*servers)
        planned = rig.run(name, "--check", "--diff", **inventory).succeeded()
        assert _everything(*servers) == before, name
        done = rig.run(name, "--diff", **inventory).succeeded()
        assert planned.changed == done.changed > 0, name
        assert rig.run(name, "--check", "--diff", **inventory).succeeded().changed == 0, name
        checked.append(name)
        if name == "package_sync":
            stamps = {line["short_name"]: line["stamp"] for line in done.report}
            inventory["package_versions"] = stamps
            inventory |= {"release_name": rig.prefix, "release_directory": str(rig.directory)}
            inventory["release_cache_path"] = str(rig.directory / "cache")
            rig.run("release_lock", **inventory).succeeded()

    # Playbooks that do not write to Pulp have their own tests, as has client_update.
    others = {"access_check", "client_update", "inventory_validate", "kayobe_update"}
    others |= {"distribution_clean", "distribution_list", "package_query", "run_end"}
    others |= {"target_check", "kolla_check", "package_withdraw"}
    others |= {f"release_{verb}" for verb in ("diff", "lock", "prune", "record", "verify")}
    others |= {"release_lock", "release_diff", "release_record", "release_verify"}
    # These are tested by the scenarios of the roles container and client, which have images.
    others |= {path.stem for path in PLAYBOOKS.glob("*container_*.yml")}
    assert set(checked) == {path.stem for path in PLAYBOOKS.glob("*.yml")} - others


@pytest.mark.parametrize("name", ["package_sync", "client_sync"])
def test_check_mode_predicts_changes_on_an_empty_server(rig: Rig, name: str) -> None:
    inventory = {**_inventory(rig), "package_versions": {rig.rpm(1)["short_name"]: "0"}}
    before = _everything(rig.ark, rig.client)

    run = rig.run(name, "--check", "--diff", **inventory).succeeded()

    assert _everything(rig.ark, rig.client) == before
    assert f"+++ after: rpm {rig.prefix}" in run.output
