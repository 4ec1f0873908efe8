# SPDX-License-Identifier: Apache-2.0
"""The installed tarball: playbooks run by name, by path, as hooks, and with a Kayobe inventory."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import Released
from tests.lab.demo.inventory import account_password, with_upstreams
from tests.lab.demo.kayobe import extra_variables
from tests.lab.demo.site import Site
from tests.lab.demo.walk import Walk
from tests.lab.paths import REPOSITORY, write_private
from tests.lab.playbook import Run, play

PLAYBOOKS = "ansible_collections/stackhpc/release_train/playbooks"

TASK = re.compile(r"^(?:ok|changed): \[(\S+)\]", re.MULTILINE)

NO_PULP = "http://127.0.0.1:1"

Runner = Callable[..., Run]


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the collection and install it, offline, into an empty directory."""
    directory = tmp_path_factory.mktemp("installed")
    for command in (
        ["build", "--output-path", str(directory)],
        ["install", "--offline", "--force", "--collections-path", str(directory / "collections")],
    ):
        tarballs = [str(path) for path in directory.glob("*.tar.gz")]
        subprocess.run(
            ["ansible-galaxy", "collection", *command, *tarballs],
            cwd=REPOSITORY,
            env=_only(directory / "collections"),
            check=True,
        )
    return directory / "collections"


@pytest.fixture(scope="module")
def environment(collections: Path) -> dict[str, str]:
    """Return an environment in which only the installed collection is found."""
    return _only(collections)


def _only(collections: Path) -> dict[str, str]:
    # Python or Ansible must not find another copy of the collection.
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    own = {"ANSIBLE_COLLECTIONS_PATH": str(collections), "HOME": str(collections.parent)}
    return {**kept, **own}


@pytest.fixture(scope="module")
def kayobe(walk: Walk, release: Released, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write an inventory like that of Kayobe: without Pulp hosts, with an implicit localhost."""
    assert release.after
    directory = tmp_path_factory.mktemp("kayobe") / "inventory"
    directory.mkdir()
    (directory / "hosts").write_text("[seed]\nseed0\n[controllers]\ncontroller0\ncontroller1\n")
    client = {f"pulp_{key}": getattr(walk.site.client, key) for key in ("url", "username")}
    client["pulp_password"] = walk.site.client.password
    write_private(directory / "pulp.json", json.dumps(client))
    return directory


@pytest.fixture(scope="module")
def as_kayobe(walk: Walk, kayobe: Path, environment: dict[str, str]) -> Runner:
    """Return a function that runs a playbook with the arguments of Kayobe."""

    def run(name: str, *arguments: str) -> Run:
        files = [*extra_variables(walk.site), "-e", f"@{kayobe / 'pulp.json'}"]
        return play(kayobe, name, "-i", "hosts", *files, *arguments, environment=environment)

    return run


@pytest.fixture(scope="module")
def fleet(walk: Walk, as_kayobe: Runner, environment: dict[str, str]) -> Runner:
    """Return a function that runs a playbook for two clients whose channels are up to date."""
    assert as_kayobe("client_sync").status == 0
    assert as_kayobe("client_promote").status == 0
    hosts = {"hosts": {name: client_variables(walk) for name in ("client1", "client2")}}
    directory = walk.site.directory / "fleet"
    directory.mkdir()
    write_private(directory / "hosts.yml", yaml.safe_dump({"client": hosts}))
    files = extra_variables(walk.site)

    def run(name: str, *arguments: str) -> Run:
        return play(directory, name, "-i", "hosts.yml", *files, *arguments, environment=environment)

    return run


def _fill_in(inventory: Path, site: Site) -> None:
    """Set the addresses and passwords in the inventory, as the README instructs."""
    values = {
        "group_vars/ark/pulp.yml": {"https://ark.example.com": site.ark.url},
        "host_vars/client1/pulp.yml": {"https://pulp.client1.example.com": site.client.url},
        "group_vars/ark/vault.yml": {"change-me": site.ark.password},
        "host_vars/client1/vault.yml": {
            "change-me-too": account_password(site),
            "change-me": site.client.password,
        },
    }
    for name, replaced in values.items():
        text = (inventory / name).read_text(encoding="utf-8")
        for old, new in replaced.items():
            text = text.replace(old, new)
        (inventory / name).write_text(text, encoding="utf-8")
    repositories = inventory / "group_vars" / "all" / "package_repos.yml"
    text = with_upstreams(repositories.read_text(encoding="utf-8"), site.upstreams)
    repositories.write_text(text, encoding="utf-8")


def client_variables(walk: Walk) -> dict[str, Any]:
    """Return the host variables of the client's Pulp."""
    client = walk.site.client
    keys = ("url", "username", "password", "ca_path")
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        **{f"release_train_pulp_{key}": getattr(client, key) or "" for key in keys},
    }


def test_the_quickstart_of_the_readme_works_as_written(
    walk: Walk, release: Released, tmp_path: Path
) -> None:
    assert release.after
    clone = tmp_path / "clone"
    shutil.copytree(REPOSITORY, clone, ignore=shutil.ignore_patterns(".git", ".cache"))
    readme = (clone / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Quickstart\n")[2].partition("\n## ")[0]
    install, first, then = re.findall(r"```shell\n(.*?)```", section, re.DOTALL)
    _shell(install, clone)
    inventory = clone / "inventory"
    _fill_in(inventory, walk.site)
    output = _shell(first + then, inventory)
    assert output.count("PLAY RECAP") == 5
    assert set(re.findall(r"failed=(\d+)", output)) == {"0"}


def _shell(steps: str, directory: Path) -> str:
    """Run shell commands until one fails; returns their output."""
    environment = {key: value for key, value in _only(directory).items() if "ANSIBLE" not in key}
    done = subprocess.run(
        ["bash", "-ec", steps],
        cwd=directory,
        env={**environment, "HOME": str(directory.parent)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_playbook_runs_by_name_by_path_and_as_a_hook(
    walk: Walk, collections: Path, environment: dict[str, str], release: Released, tmp_path: Path
) -> None:
    path = collections / PLAYBOOKS / "package_promote.yml"
    hook = tmp_path / "hooks" / "overcloud-host-configure" / "post.d" / "50-release.yml"
    hook.parent.mkdir(parents=True)
    hook.symlink_to(path)
    for playbook in ("package_promote", str(path), str(hook)):
        played = play(walk.site.inventory, playbook, report=True, environment=environment)
        assert played.status == 0, played.output
        assert {item["short_name"]: item["stamp"] for item in played.report} == release.stamps
        assert played.changed == 0


def test_a_playbook_can_be_imported(
    walk: Walk, environment: dict[str, str], release: Released, tmp_path: Path
) -> None:
    assert release.after
    outer = tmp_path / "site.yml"
    outer.write_text(
        "---\n- name: Release\n"
        "  ansible.builtin.import_playbook: stackhpc.release_train.package_promote\n"
    )
    played = play(walk.site.inventory, str(outer), environment=environment)
    assert played.status == 0, played.output
    assert list(played.recap) == ["ark1"]


@pytest.mark.parametrize("name", ["client_sync", "client_promote", "package_mirror"])
def test_client_playbooks_target_localhost_in_a_kayobe_inventory(
    as_kayobe: Runner, name: str, walk: Walk, inventory: Path
) -> None:
    lists = inventory / "group_vars" / "all"
    arguments = ["-e", f"kayobe_config_repo_path={walk.site.kayobe}"]
    for file in ("package_repos.yml", "package_defaults.yml"):
        arguments += ["-e", f"@{lists / file}"]
    played = as_kayobe(name, *arguments)
    assert played.status == 0, played.output
    check, *others = played.output.partition("PLAY RECAP")[0].split("PLAY [")[1:]
    assert set(TASK.findall(check)) == {"seed0"}
    assert {host for play in others for host in TASK.findall(play)} == {"localhost"}


def test_playbooks_for_ark_ignore_the_variables_of_the_client(
    walk: Walk, environment: dict[str, str], release: Released
) -> None:
    wrong = json.dumps({"pulp_url": NO_PULP, "pulp_username": "nobody", "pulp_password": "wrong"})
    for name in ("access_control", "package_promote"):
        played = play(walk.site.inventory, name, "-e", wrong, environment=environment)
        assert played.status == 0, played.output
        assert played.changed == 0


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("client_promote", ["--limit", "seed"], "--limit seed leaves none of them"),
        ("client_sync", ["--limit", "controllers"], "it is for localhost"),
        ("package_sync", [], "the group ark, which the inventory does not have"),
    ],
)
def test_a_run_without_target_hosts_fails_with_the_reason(
    as_kayobe: Runner, name: str, arguments: list[str], message: str
) -> None:
    played = as_kayobe(name, *arguments)
    assert played.status != 0
    assert "This playbook would touch no host" in played.output
    assert message in played.output


def test_two_clients_are_rejected_by_default(fleet: Runner) -> None:
    played = fleet("client_promote")
    assert played.status != 0
    assert "would write to 2 Pulps, client1, client2" in played.output


@pytest.mark.parametrize(
    ("arguments", "hosts"),
    [
        (["-l", "client2"], {"client2"}),
        (["-e", "release_train_fleet=true"], {"client1", "client2"}),
    ],
)
def test_a_limit_or_release_train_fleet_selects_clients(
    fleet: Runner, arguments: list[str], hosts: set[str]
) -> None:
    played = fleet("client_promote", *arguments)
    assert played.status == 0, played.output
    assert set(played.recap) == hosts
