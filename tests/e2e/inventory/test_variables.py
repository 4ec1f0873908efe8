# SPDX-License-Identifier: Apache-2.0
"""Variables of the role `package`, and the target hosts of its playbooks; needs no Pulp server."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROLE = Path(__file__).parents[3] / "roles" / "package"
LOCAL = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
}
NO_PULP = "http://127.0.0.1:1"


def run(directory: Path, groups: dict[str, Any], playbook: Any, *arguments: str) -> str:
    """Run a playbook, a name or a list of plays, on groups of hosts; returns its output."""
    inventory = {name: {"hosts": members} for name, members in groups.items()}
    hosts = {"all": {"children": inventory, "vars": LOCAL}}
    (directory / "hosts.json").write_text(json.dumps(hosts))
    if not isinstance(playbook, str):
        (directory / "play.yml").write_text(json.dumps(playbook))
        playbook = "play.yml"
    done = subprocess.run(
        ["ansible-playbook", "-i", "hosts.json", playbook, *arguments],
        cwd=directory,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout


def messages_of(output: str) -> dict[str, Any]:
    """Return the `msg` of the task that printed it or failed, by host."""
    read = json.JSONDecoder().raw_decode
    begins = re.finditer(r"^\w+: \[(\S+)\](?:: FAILED!)? => (?=\{)", output, re.MULTILINE)
    return {begin[1]: read(output, begin.end())[0]["msg"] for begin in begins}


@pytest.mark.parametrize(
    ("groups", "hosts"),
    [
        ({"test": ["test1"], "client": ["client1"]}, {"test1", "client1"}),
        ({"test": ["test1"]}, {"test1"}),
        ({"client": ["client1"]}, {"client1"}),
        ({"seed": ["seed1"]}, {"localhost"}),
    ],
)
def test_package_mirror_targets_localhost_only_without_its_groups(tmp_path, groups, hosts):
    groups = {name: dict.fromkeys(members, {}) for name, members in groups.items()}
    output = run(tmp_path, groups, "stackhpc.release_train.package_mirror", "--list-hosts")
    listed = output.rpartition("hosts (")[2].split()[1:]
    assert set(listed) == hosts, output


def test_a_test_pulp_without_a_url_does_not_use_the_url_of_kayobe(tmp_path):
    kayobe = {
        "pulp_url": NO_PULP,
        "pulp_username": "administrator",
        "pulp_password": "hidden",
        "package_versions": {"a": "20260101T000000"},
        "package_mirror_source_url": NO_PULP,
        "package_mirror_source_username": "administrator",
        "package_mirror_source_password": "hidden",
        "rpm_package_repos": [
            {"name": "a", "short_name": "a", "base_path": "a/", "distribution_name": "a-"}
        ],
    }
    arguments = ("stackhpc.release_train.package_mirror", "-e", json.dumps(kayobe))
    groups = {"test": {"test1": {}}, "client": {"client1": {}}}
    output = run(tmp_path, groups, *arguments, "-e", "release_train_fleet=true")
    messages = messages_of(output)
    assert "host 'test1' has no release_train_pulp_url" in messages["test1"], output
    assert f"{NO_PULP} cannot be reached" in messages["client1"], output


ARK = {"release_train_pulp_username": "admin", "release_train_pulp_password": "hidden"}
RELEASE = {"stackhpc_release_pulp_username": "client", "stackhpc_release_pulp_password": "own"}


SHOW_ACCOUNT = {
    "hosts": "client",
    "gather_facts": False,
    "vars_files": [str(ROLE / "defaults/main.yml"), str(ROLE / "vars/main.yml")],
    "tasks": [
        {
            "debug": {
                "msg": "{{ package_mirror_source_username }}/{{ package_mirror_source_password }}"
            }
        }
    ],
}


def test_a_clients_account_has_precedence_over_arks_administrator(tmp_path):
    clients = {
        "own": RELEASE,
        "half": {"stackhpc_release_pulp_username": "client"},
        "blank": {**RELEASE, "stackhpc_release_pulp_password": ""},
        "none": {},
        "other": {**RELEASE, "release_train_source": "test1"},
    }
    test = {"release_train_pulp_username": "tester", "release_train_pulp_password": "tested"}
    groups = {"ark": {"ark1": ARK}, "test": {"test1": test}, "client": clients}
    assert messages_of(run(tmp_path, groups, [SHOW_ACCOUNT])) == {
        "own": "client/own",
        "half": "admin/hidden",
        "blank": "admin/hidden",
        "none": "admin/hidden",
        "other": "tester/tested",
    }


def test_a_client_without_ark_in_its_inventory_uses_its_account(tmp_path):
    assert messages_of(run(tmp_path, {"client": {"seed": RELEASE}}, [SHOW_ACCOUNT])) == {
        "seed": "client/own"
    }


def test_pins_come_from_exactly_one_variable_that_is_not_empty(tmp_path):
    pins, path = {"package_versions": {"a": "1"}}, {"kayobe_config_repo_path": "/kayobe"}
    empty = {"package_versions": {}, "kayobe_config_repo_path": ""}
    derived = {"kayobe_config_path": "/kayobe/etc/kayobe"}
    hosts = {
        "pins": {**empty, **pins},
        "path": {**empty, **path},
        "derived": {**empty, **derived},
        "both": {**pins, **path, **derived},
        "neither": empty,
        "null": {"package_versions": None},
    }
    role = {"name": "stackhpc.release_train.package", "tasks_from": "check_pins"}
    play = {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [{"include_role": role}, {"debug": {"msg": "checked"}}],
    }
    error = "Pins come from exactly one of package_versions and kayobe_config_repo_path, given are"
    assert messages_of(run(tmp_path, {"any": hosts}, [play])) == {
        **dict.fromkeys(["pins", "path", "derived"], "checked"),
        "both": f"{error} package_versions and kayobe_config_repo_path",
        **dict.fromkeys(["neither", "null"], f"{error} neither of them"),
    }
