# SPDX-License-Identifier: Apache-2.0
"""A variable that cannot be templated is not `defined`: roles must not leave out work for that.

Options are templated when a role is included, so that they fail there. Other variables are looked
up by name, with `varnames`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROLES = sorted((Path(__file__).resolve().parents[2] / "roles").iterdir())
_CONDITION = re.compile(r"\b([a-z]\w*) is (?:not )?defined")
# Words of messages, and names of registered results, begin differently.
_OF_USERS = (
    *("stackhpc_", "kolla_", "rpm_", "deb_", "deprecated_"),
    *("package_", "container_", "image_"),
)
# Strings of Ansible, of Kayobe and of another role, which select no content.
_PLAIN = {
    "ansible_limit",
    "kayobe_config_path",
    "package_mirror_source_password",
    "package_mirror_source_username",
}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_only_options_are_tested_by_whether_they_are_defined(role):
    specification = role / "meta" / "argument_specs.yml"
    entries = yaml.safe_load(specification.read_text(encoding="utf-8"))["argument_specs"].values()
    options = {name for entry in entries for name in entry.get("options") or {}}
    texts = {
        path: "\n".join(
            line for line in path.read_text(encoding="utf-8").splitlines() if "_msg" not in line
        )
        for path in role.rglob("*.yml")
        if path != specification
    }
    tested = {name for text in texts.values() for name in _CONDITION.findall(text)}
    unknown = {name for name in tested - options - _PLAIN if name.startswith(_OF_USERS)}
    assert not unknown


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_no_template_calls_the_function_that_an_option_hides(role):
    """`-e query=pins` of package_query replaces the function `query` in all templates."""
    calls = re.compile(r"(?<![\w.])query\(")
    files = [*role.glob("tasks/*.yml"), *role.glob("vars/*.yml"), *role.glob("defaults/*.yml")]
    assert [path.name for path in files if calls.search(path.read_text(encoding="utf-8"))] == []
