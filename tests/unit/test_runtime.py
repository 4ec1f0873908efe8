# SPDX-License-Identifier: Apache-2.0
"""An action group of meta/runtime.yml has exactly the modules with its options."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

COLLECTION = Path(__file__).resolve().parents[2]
OURS = "stackhpc.release_train."
# Action group -> the documentation fragments of its options.
FRAGMENTS = {
    "pulp": {f"{OURS}pulp"},
    "host_connection": {f"{OURS}pulp"},
    "packages": {f"{OURS}packages.{name}" for name in ("access", "mirror", "names", "snapshot")},
    "deprecated_packages": {f"{OURS}packages.{name}" for name in ("access", "mirror", "names")},
}


def documentation(module: Path) -> dict:
    """Return the parsed DOCUMENTATION block of a module file."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION":
            return yaml.safe_load(ast.literal_eval(node.value))
    return {}


@pytest.mark.parametrize("group", FRAGMENTS)
def test_an_action_group_has_exactly_the_modules_with_its_options(group):
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    members = {
        module.stem
        for module in (COLLECTION / "plugins" / "modules").glob("[!_]*.py")
        if FRAGMENTS[group] & set(documentation(module).get("extends_documentation_fragment", []))
    }
    assert sorted(runtime["action_groups"][group]) == sorted(members)


def test_every_action_group_is_tested():
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert set(runtime["action_groups"]) == set(FRAGMENTS)
