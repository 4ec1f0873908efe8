# SPDX-License-Identifier: Apache-2.0
"""The action group of meta/runtime.yml holds exactly the modules that take connection options."""

from __future__ import annotations

import ast
from pathlib import Path

import yaml

COLLECTION = Path(__file__).resolve().parents[2]
FRAGMENT = "stackhpc.release_train.pulp"


def documentation(module: Path) -> dict:
    """Return the parsed DOCUMENTATION block of a module file."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION":
            return yaml.safe_load(ast.literal_eval(node.value))
    return {}


def test_the_action_group_is_the_set_of_modules_that_connect_to_pulp():
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    connected = {
        module.stem
        for module in (COLLECTION / "plugins" / "modules").glob("[!_]*.py")
        if FRAGMENT in documentation(module).get("extends_documentation_fragment", [])
    }
    assert sorted(runtime["action_groups"]["pulp"]) == sorted(connected)
