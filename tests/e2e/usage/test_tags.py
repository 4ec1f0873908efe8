# SPDX-License-Identifier: Apache-2.0
"""`--tags` and `--skip-tags` select content types, and do not skip the validation or a whole
playbook. Also: misspelt keys in a client's lists.

`pulp_url` is invalid: a run that rejects it has started its work.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.e2e.play import run_in_one_line

COLLECTION = Path(__file__).resolve().parents[3]
PLAYBOOKS = [path.stem for path in sorted((COLLECTION / "playbooks").glob("*.yml"))]
TYPES = {
    "pulp_repository": ("container", "deb", "file", "python", "rpm"),
    "pulp_publication": ("deb", "file", "python", "rpm"),
    "pulp_distribution": ("container", "deb", "file", "python", "rpm"),
}
CONNECTION = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    "release_train_pulp_url": "nowhere",
    "release_train_pulp_username": "admin",
    "release_train_pulp_password": "not used",
}
VARIABLES = {
    "package_versions": {"one": "20250812T091848"},
    "package_mirror_source_url": "nowhere",
    "kolla_container_images": ["one"],
    "container_tags": {"one": "tag"},
    "release_name": "one",
    "release_directory": "/tmp",
    "image_kind": "other",
    "image_repository": "one",
    "image_version": "1",
    "image_path": "/dev/null",
    "image_download_path": "{{ playbook_dir }}",
    "image_download_files": ["one"],
    "rpm_package_repos": [
        {
            **{"name": "one", "short_name": "one", "distribution_name": "one-"},
            **{"base_path": "one/", "url": "http://127.0.0.1:1/one/"},
        }
    ],
    "stackhpc_pulp_repository_rpm_repos": [{"name": "one"}],
    "stackhpc_pulp_repository_container_repos": [{"name": "one"}],
    "stackhpc_pulp_distribution_rpm_production": [{"name": "one-production", "base_path": "one"}],
}
URL_REJECTED = "pulp_url 'nowhere' is not an http:// or https:// URL"
# The error of playbooks that fail for another reason before they use Pulp.
OTHER_ERRORS = {
    "kayobe_update": "Give kayobe_config_repo_path",
    "package_query": "package_versions gives pins",
}
# They run on the controller, and change files there or nothing.
WITHOUT_TARGETS = {"inventory_validate", "kolla_check", "release_diff", "release_record"}
WITH_TARGETS = [
    name for name in PLAYBOOKS if name not in {"run_end", "target_check", *WITHOUT_TARGETS}
]


def run(playbook: str, inventory: dict, directory: Path, *arguments: str) -> tuple[int, str]:
    """Run a playbook; returns its exit status, and its output in one line."""
    path = directory / "inventory.yml"
    path.write_text(json.dumps(inventory), encoding="utf-8")
    return run_in_one_line(playbook, "-i", path, *arguments)


def run_playbook(
    name: str, directory: Path, *arguments: str, **variables: object
) -> tuple[int, str]:
    """Run a playbook of the collection for an Ark and a client; `variables` override VARIABLES."""
    hosts = {"ark": "ark1", "client": "client1", "seed": "seed0"}
    groups = {group: {"hosts": {host: {}}} for group, host in hosts.items()}
    values = {**CONNECTION, **VARIABLES, **variables}
    inventory = {"all": {"children": groups, "vars": values}}
    return run(f"stackhpc.release_train.{name}", inventory, directory, *arguments)


def run_role(role: str, directory: Path, *arguments: str) -> tuple[int, set[str]]:
    """Run an object role with a misspelt key for each type; returns the types that it read."""
    ending = "_repos" if role == "pulp_repository" else ""
    named = {"name": "one", "repository": "one"} if role != "pulp_repository" else {"name": "one"}
    lists = {f"{role}_{name}{ending}": [{**named, f"misspelt_{name}": 1}] for name in TYPES[role]}
    return run_role_with(role, lists, directory, *arguments)


def run_role_with(role: str, lists: dict, directory: Path, *arguments: str) -> tuple[int, set[str]]:
    """Run a role with these variables; returns the exit status and the reported misspelt keys."""
    play = {
        "name": "Run the role",
        "hosts": "all",
        "gather_facts": False,
        "roles": [f"stackhpc.release_train.{role}"],
        "vars": {"pulp_url": "nowhere", "pulp_password": "not used", **lists},
    }
    path = directory / "play.yml"
    path.write_text(json.dumps([play]), encoding="utf-8")
    inventory = {"all": {"hosts": {"ark1": CONNECTION}}}
    status, output = run(str(path), inventory, directory, *arguments)
    return status, set(re.findall(r"\bmisspelt_(\w+)", output))


def test_every_playbook_validates_its_target_hosts_first():
    first = {
        name: yaml.safe_load((COLLECTION / "playbooks" / f"{name}.yml").read_text("utf-8"))[0]
        for name in WITH_TARGETS
    }
    checked = {name: play.get("ansible.builtin.import_playbook") for name, play in first.items()}
    assert set(checked.values()) == {"stackhpc.release_train.target_check"}, checked


@pytest.mark.parametrize("name", WITH_TARGETS)
def test_unrelated_tags_do_not_skip_the_tasks_of_a_playbook(name, tmp_path):
    status, output = run_playbook(name, tmp_path, "--tags", "hosts")
    assert OTHER_ERRORS.get(name, URL_REJECTED) in output
    assert status != 0


@pytest.mark.parametrize("name", ["client_sync", "package_sync", "target_check"])
def test_target_hosts_are_validated_with_any_tags(name, tmp_path):
    targets = {"target_hosts": ["ark1"]} if name == "target_check" else {}
    status, output = run_playbook(name, tmp_path, "--tags", "hosts", "--limit", "seed", **targets)
    assert "This playbook would touch no host" in output
    assert status != 0


def test_pins_are_validated_with_any_tags(tmp_path):
    both = {"kayobe_config_repo_path": "/nowhere"}
    status, output = run_playbook("package_promote", tmp_path, "--tags", "hosts", **both)
    assert "Pins come from exactly one" in output
    assert status != 0


@pytest.mark.parametrize("role", TYPES)
def test_a_tag_selects_a_content_type(role, tmp_path):
    assert run_role(role, tmp_path, "--tags", "rpm") == (2, {"rpm"})


@pytest.mark.parametrize(("tag", "seen"), [("container", (2, {"container"})), ("rpm", (0, set()))])
def test_the_tag_container_selects_container_content(tag, seen, tmp_path):
    role = "pulp_container_content"
    items = {role: [{"repository": "one", "tags": ["first"], "misspelt_container": 1}]}
    assert run_role_with(role, items, tmp_path, "--tags", tag) == seen


@pytest.mark.parametrize("role", TYPES)
def test_skip_tags_skips_only_its_content_type(role, tmp_path):
    left = set(TYPES[role]) - {"deb"}
    status, seen = run_role(role, tmp_path, "--skip-tags", "deb")
    assert (status, seen) == (2, left)


def test_an_unrelated_tag_does_not_run_an_object_role(tmp_path):
    assert run_role("pulp_repository", tmp_path, "--tags", "hosts") == (0, set())


def test_a_channel_with_a_misspelt_guard_key_is_rejected(tmp_path):
    key = "content_gaurd"
    channel = {"name": "one-development", "base_path": "one/development", "repository": "one"}
    lists = {"stackhpc_pulp_distribution_rpm_development": [{**channel, key: "development"}]}
    status, output = run_playbook("client_sync", tmp_path, **lists)
    assert f"rpm.{key}. Supported parameters include: base_path, content_guard" in output
    assert status != 0
