# SPDX-License-Identifier: Apache-2.0
"""The example inventory, which users copy and the demo and the tests use, is valid."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from plugins.module_utils.inventory.repositories import parse_repositories
from plugins.module_utils.inventory.selection import Filters, select_repositories
from plugins.module_utils.inventory.values import PACKAGE_TYPES, converters

INVENTORY = Path(__file__).parents[2] / "docs" / "example-inventory"


@pytest.fixture(scope="module")
def listed():
    """Return the output of `ansible-inventory --list`."""
    process = subprocess.run(
        ["ansible-inventory", "-i", str(INVENTORY), "--list"],
        capture_output=True,
        check=True,
        env={**os.environ, "ANSIBLE_DEPRECATION_WARNINGS": "false"},
    )
    return json.loads(process.stdout), process.stderr.decode()


@pytest.fixture(scope="module")
def parsed(listed):
    variables = listed[0]["_meta"]["hostvars"]["ark1"]
    return parse_repositories(
        rpm=variables["rpm_package_repos"],
        deb=variables["deb_package_repos"],
        defaults={
            "rpm": variables["package_defaults_rpm"],
            "deb": variables["package_defaults_deb"],
        },
    )


def test_groups_and_hosts_are_defined_without_a_warning(listed):
    inventory, stderr = listed
    assert inventory["ark"]["hosts"] == ["ark1"]
    assert inventory["client"]["hosts"] == ["client1"]
    assert "Found both group and host" not in stderr
    assert "Unable to parse" not in stderr


@pytest.mark.parametrize("host", ["ark1", "client1"])
def test_each_host_is_a_pulp_server_with_a_local_connection(listed, host):
    variables = listed[0]["_meta"]["hostvars"][host]
    assert variables["ansible_connection"] == "local"
    assert variables["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"
    assert variables["release_train_pulp_url"].startswith("https://")
    assert variables["release_train_pulp_username"]
    assert variables["release_train_pulp_password"].startswith("{{ vault_")


def test_every_vaulted_variable_is_in_an_example_vault(listed):
    used = {
        value.strip("{} ")
        for variables in listed[0]["_meta"]["hostvars"].values()
        for value in variables.values()
        if isinstance(value, str) and value.startswith("{{ vault_")
    }
    process = {
        name
        for example in INVENTORY.rglob("vault.yml.example")
        for name in yaml.safe_load(example.read_text(encoding="utf-8"))
    }
    assert used == process


def test_the_steps_of_its_page_define_all_variables(tmp_path):
    directory = tmp_path / "inventory"
    shutil.copytree(INVENTORY, directory, ignore=shutil.ignore_patterns("vault.yml"))
    page = (INVENTORY / "README.md").read_text(encoding="utf-8")
    [steps] = re.findall(r"```shell\n(.*?)```", page, re.DOTALL)
    subprocess.run(["bash", "-ec", steps], cwd=directory, check=True)
    vaults = [
        directory / path for path in ("group_vars/ark/vault.yml", "host_vars/client1/vault.yml")
    ]
    assert [path.stat().st_mode & 0o777 for path in vaults] == [0o600, 0o600]
    names = [
        *("release_train_clients", "release_train_pulp_password"),
        *("stackhpc_release_pulp_password", "release_train_source"),
    ]
    values = [f"{{{{ lookup('ansible.builtin.vars', '{name}', default='') }}}}" for name in names]
    command = ["ansible", "all", "-m", "ansible.builtin.debug", "-a", json.dumps({"msg": values})]
    process = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.count("change-me") == 4


def test_the_readme_creates_the_same_password_files():
    root = (INVENTORY.parents[1] / "README.md").read_text(encoding="utf-8")
    page = (INVENTORY / "README.md").read_text(encoding="utf-8")
    step = re.compile(r"^install -m 600 .*$", re.MULTILINE)
    assert step.findall(root) == step.findall(page) != []


def test_hosts_of_ark_do_not_use_client_variables_of_kayobe(listed):
    assert "pulp_url" not in listed[0]["_meta"]["hostvars"]["ark1"]
    assert "{{ pulp_" not in json.dumps(listed[0]["_meta"]["hostvars"]["ark1"])


def test_all_repositories_are_read_without_a_warning(parsed):
    assert parsed.warnings == []
    assert parsed.errors == []
    assert all(repository.sync_group for repository in parsed.repositories)


def test_the_comment_of_the_repositories_lists_all_keys():
    path = INVENTORY / "group_vars" / "all" / "package_repos.yml"
    comment = path.read_text(encoding="utf-8").partition("\nrpm_package_repos:")[0]
    known = {key for name in PACKAGE_TYPES for key in converters(name)}
    assert known - set(re.findall(r"\w+", comment)) == set()


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        ("^rocky_9_(baseos|appstream|crb|extras|highavailability)$", 5),
        ("^rocky_10_(baseos|appstream|crb|extras|highavailability)$", 5),
        ("^epel_(9|10)$", 2),
        ("^docker_ce_(el9|el10|ubuntu_jammy|ubuntu_noble)$", 4),
        ("^ubuntu_(jammy|noble)(_security)?$", 4),
        ("^ubuntu_cloud_archive_(jammy|noble)$", 2),
    ],
)
def test_the_repositories_of_the_release_train_are_listed(parsed, expression, number):
    selection = select_repositories(parsed.repositories, Filters(package_filter=expression))
    assert len(selection.selected) == number


def test_deb_repositories_keep_the_signatures_of_upstream(parsed):
    modes = {item.mode for item in parsed.repositories if item.content_type == "deb"}
    assert modes == {"verbatim"}


def test_the_settings_of_ansible_point_to_this_inventory():
    settings = configparser.ConfigParser()
    settings.read(INVENTORY / "ansible.cfg")
    assert (INVENTORY / settings["defaults"]["inventory"]).is_file()


def test_the_settings_of_ansible_hide_skipped_hosts_and_print_results_as_yaml():
    settings = configparser.ConfigParser()
    settings.read(INVENTORY / "ansible.cfg")
    assert settings["defaults"].getboolean("display_skipped_hosts") is False
    assert settings["defaults"]["callback_result_format"] == "yaml"
