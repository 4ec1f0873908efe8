# SPDX-License-Identifier: Apache-2.0
"""What the role `package` makes of its variables, and whom its playbooks are for; no Pulp."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

LOCAL = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
}
NO_PULP = "http://127.0.0.1:1"


def run(folder: Path, groups: dict[str, Any], playbook: Any, *arguments: str) -> str:
    """Run a playbook, by name or as a list of plays, on these groups of hosts; its output."""
    inventory = {name: {"hosts": hosts} for name, hosts in groups.items()}
    (folder / "hosts.json").write_text(json.dumps({"all": {"children": inventory, "vars": LOCAL}}))
    if not isinstance(playbook, str):
        (folder / "play.yml").write_text(json.dumps(playbook))
        playbook = "play.yml"
    done = subprocess.run(
        ["ansible-playbook", "-i", "hosts.json", playbook, *arguments],
        cwd=folder,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout


def said(output: str) -> dict[str, Any]:
    """Host -> `msg` of the task that showed it or failed."""
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
def test_a_mirror_is_for_localhost_only_where_neither_group_is(tmp_path, groups, hosts):
    groups = {name: dict.fromkeys(members, {}) for name, members in groups.items()}
    output = run(tmp_path, groups, "stackhpc.release_train.package_mirror", "--list-hosts")
    listed = output.rpartition("hosts (")[2].split()[1:]
    assert set(listed) == hosts, output


def test_a_test_pulp_without_an_address_never_becomes_the_client_of_kayobe(tmp_path):
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
    messages = said(output)
    assert re.search(r"release_train_pulp_\w+' is undefined", messages["test1"]), output
    assert f"{NO_PULP} cannot be reached" in messages["client1"], output
