# SPDX-License-Identifier: Apache-2.0
"""Extra variables that Ansible cuts or that are misspelt fail a run before it does anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.play import run_in_one_line

VALUES = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    "release_train_pulp_url": "nowhere",
    "release_train_pulp_username": "admin",
    "release_train_pulp_password": "not used",
    "rpm_package_repos": [
        {"name": name, "short_name": name, "distribution_name": f"{name}-", "base_path": f"{name}/"}
        for name in ("one", "two", "three")
    ],
}


def run(name: str, directory: Path, *arguments: str) -> tuple[int, str]:
    """Run a playbook for an Ark that is nowhere; its exit status, and its output in one line."""
    inventory = directory / "inventory.yml"
    content = {"all": {"children": {"ark": {"hosts": {"ark1": {}}}}, "vars": VALUES}}
    inventory.write_text(json.dumps(content), encoding="utf-8")
    return run_in_one_line(f"stackhpc.release_train.{name}", "-i", inventory, *arguments)


@pytest.mark.parametrize("name", ["package_sync", "inventory_validate", "kolla_check"])
def test_half_a_filter_fails_with_the_right_quotes(name, tmp_path):
    status, output = run(name, tmp_path, "-e", "package_filter=^one ^two")
    assert "Ansible splits -e name=value at spaces and ignores '^two'" in output
    assert "package_filter='^one ^two'" in output
    assert status != 0


def test_a_misspelt_filter_does_not_select_everything(tmp_path):
    status, output = run("package_promote", tmp_path, "-e", "package_filtre=^one")
    assert "-e package_filtre: unknown variable, did you mean package_filter?" in output
    assert status != 0


def test_a_misspelt_name_in_a_file_of_variables_is_found(tmp_path):
    path = tmp_path / "values.json"
    path.write_text(json.dumps({"package_filtre": "^one"}), encoding="utf-8")
    status, output = run("package_promote", tmp_path, "-e", f"@{path}")
    assert "package_filtre of -e @" in output
    assert "did you mean package_filter?" in output
    assert status != 0


@pytest.mark.parametrize("given", ["package_filter='^one ^two'", "package_filter=^one,^two"])
def test_the_right_quotes_select_all_of_it(given, tmp_path):
    _status, output = run("package_query", tmp_path, "-e", "package_query=groups", "-e", given)
    assert "selected 2 of 3" in output
