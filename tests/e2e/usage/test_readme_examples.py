# SPDX-License-Identifier: Apache-2.0
"""The examples of the roles' READMEs, in a play of the user's own: no playbook of ours sets the
connection, and module defaults of the play override that of the host."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.rig import SPECIAL_PASSWORD, Rig
from tests.lab.playbook import Run

COLLECTION = Path(__file__).resolve()
while not (COLLECTION / "galaxy.yml").exists():
    COLLECTION = COLLECTION.parent


def run_example(rig: Rig, role: str, *paths: tuple[str, Path], **variables: Any) -> Run:
    """Run the play in the README of a role, with these paths in place of those that it names."""
    text = (COLLECTION / "roles" / role / "README.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    for name, path in paths:
        assert name in example
        example = example.replace(name, str(path))
    play = rig.directory / f"{role}.yml"
    play.write_text(json.dumps(yaml.safe_load(example)), encoding="utf-8")
    return rig.run(str(play), **variables)


def test_roles_take_the_connection_from_the_variables_of_the_host(rig: Rig) -> None:
    item = rig.rpm(1)
    run_example(rig, "package", rpm_package_repos=[item]).succeeded()
    listed = run_example(rig, "distribution", rpm_package_repos=[item]).succeeded()
    assert "selected 0 of " in listed.output
    assert rig.ark.snapshots(rig.prefix)

    image = rig.directory / "overcloud.qcow2"
    image.write_bytes(b"bits")
    given = ("/var/lib/images/overcloud.qcow2", image)
    run_example(rig, "image", given).succeeded()
    (path,) = rig.ark.list("distributions/file/file/", name="kayobe-images-2025.1-rocky-9_latest")
    assert path["base_path"].endswith("/latest")

    missing = run_example(rig, "container").failed()
    assert "stackhpc-dev/nova-api" in missing.message
    assert "pulp_url" not in missing.message


def test_access_control_takes_the_connection_from_the_variables_of_the_host(rig: Rig) -> None:
    run = run_example(
        rig, "access_control", vault_client1_ark_password=SPECIAL_PASSWORD
    ).succeeded()
    assert run.of("client1")["action"] in {"created", "updated", "unchanged"}


def test_a_client_takes_the_connection_that_kayobe_passes(rig: Rig) -> None:
    item = rig.rpm(1)
    client = rig.servers.client
    rig.hosts.pop("client")
    kayobe = {
        "pulp_url": client.url,
        "pulp_username": client.username,
        "pulp_password": client.password,
        "release_train_pulp_ca_path": client.ca_path,
    }
    name, path = f"{rig.prefix}-development", f"{rig.prefix}/development"
    lists = {
        "stackhpc_pulp_repository_rpm_repos": [{"name": item["name"], "url": item["url"]}],
        "stackhpc_pulp_publication_rpm_development": [{"repository": item["name"]}],
        "stackhpc_pulp_distribution_rpm_development": [
            {"name": name, "base_path": path, "repository": item["name"]}
        ],
        "stackhpc_pulp_distribution_rpm_production": [
            {"name": f"{rig.prefix}-production", "base_path": f"{rig.prefix}/production"}
        ],
    }
    rig.run("client_sync", **kayobe, **lists).succeeded()
    run_example(rig, "client", **kayobe, **lists).succeeded()
    names = {found["name"] for found in rig.client.snapshots(rig.prefix)}
    assert names == {name, f"{rig.prefix}-production"}


def test_roles_without_a_server_need_no_connection(rig: Rig) -> None:
    root = rig.directory / "configuration"
    directory = root / "etc" / "kayobe"
    directory.mkdir(parents=True)
    pins = directory / "pulp-repo-versions.yml"
    pins.write_text("stackhpc_pulp_repo_rocky_9_baseos_version: 20250101T000000\n", "utf-8")
    run_example(rig, "kayobe", ("/src/kayobe-config", root)).succeeded()
    assert "20261122T200001" in pins.read_text("utf-8")
    validated = run_example(rig, "inventory", rpm_package_repos=[rig.rpm(1)])
    assert "1 repository in " in validated.output

    tags = "kolla_image_tags: {openstack: {rocky-9: 2025.1-rocky-9-20260101T000000}}\n"
    (directory / "kolla-image-tags.yml").write_text(tags, "utf-8")
    defaults = rig.directory / "kolla-ansible" / "ansible" / "roles" / "nova" / "defaults"
    defaults.mkdir(parents=True)
    given = COLLECTION / "extensions" / "molecule" / "role_kolla" / "files" / "nova.yml"
    shutil.copy(given, defaults / "main.yml")
    paths = (("/src/kayobe-config", root), ("/src/kolla-ansible", rig.directory / "kolla-ansible"))
    run_example(rig, "kolla", *paths, kolla_container_images=["nova-api"]).succeeded()


def test_a_release_takes_the_connection_from_the_variables_of_the_host(rig: Rig) -> None:
    item = rig.rpm(1)
    stamp = rig.snapshot(item)[item["short_name"]]
    root = rig.directory / "configuration"
    (root / "etc" / "kayobe").mkdir(parents=True)
    pins = f"stackhpc_pulp_repo_{item['short_name']}_version: {stamp}\n"
    (root / "etc" / "kayobe" / "pulp-repo-versions.yml").write_text(pins, "utf-8")
    settings = {"release_directory": str(rig.directory), "rpm_package_repos": [item]}

    run_example(rig, "release", ("/src/kayobe-config", root), **settings).succeeded()

    lock = yaml.safe_load((rig.directory / "2026.1-20261122T093000.yml").read_text("utf-8"))
    assert lock["packages"]["rpm"][item["short_name"]]["stamp"] == stamp


@pytest.mark.parametrize("where", ["play", "group"])
def test_module_defaults_of_the_caller_override_the_connection_of_the_host(
    rig: Rig, where: str
) -> None:
    """The host has the client's Pulp; the play takes snapshots on Ark, or fails without it."""
    item, ark = rig.rpm(1), rig.servers.ark
    group = "group/stackhpc.release_train.pulp"
    account = {"username": ark.username, "password": ark.password, "ca_path": ark.ca_path}
    connection = {"pulp_url": ark.url, **{key: one for key, one in account.items() if one}}
    include = {"name": "stackhpc.release_train.package", "tasks_from": "sync"}
    task = {"name": "Take snapshots", "ansible.builtin.include_role": include}
    play = {"name": "Sync", "hosts": "client1", "gather_facts": False, "tasks": [task]}
    target = play if where == "play" else {"name": "Group", "block": [task]}
    if where == "group":
        play["tasks"] = [target]
    target["module_defaults"] = {group: connection}
    path = rig.directory / "own.yml"
    path.write_text(json.dumps([play]), encoding="utf-8")

    rig.run(str(path), rpm_package_repos=[item]).succeeded()

    assert rig.ark.snapshots(rig.prefix)
    assert rig.client.snapshots(rig.prefix) == []
