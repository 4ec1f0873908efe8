# SPDX-License-Identifier: Apache-2.0
"""ansible-builder finds what the collection requires: what the code imports and runs.

`make lint` runs ansible-builder itself.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml

from scripts.execution_environment import COLLECTIONS, problems, read_requirements

COLLECTION = Path(__file__).resolve().parents[2]
DEPENDENCIES = yaml.safe_load(
    (COLLECTION / "meta" / "execution-environment.yml").read_text(encoding="utf-8")
)["dependencies"]
REQUIRED = read_requirements(COLLECTION)
FOUND = {
    kind: [f"{line}  # from collection stackhpc.release_train" for line in lines]
    for kind, lines in REQUIRED.items()
}


def test_the_python_requirements_are_what_the_modules_import():
    imported = set()
    for path in (COLLECTION / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(node.module.partition(".")[0])
    # What ansible-core requires is installed with it, and urllib3 with requests.
    present = {"ansible", "ansible_collections", "yaml", "jinja2", "urllib3"}
    assert imported - present - sys.stdlib_module_names == set(REQUIRED["python"])


def test_the_system_requirements_are_bindep_entries_for_both_families():
    found = [
        re.fullmatch(r"([\w.+-]+) \[platform:(rpm|dpkg)\]", line) for line in REQUIRED["system"]
    ]
    assert [match and match.groups() for match in found] == [
        ("skopeo", "rpm"),
        ("skopeo", "dpkg"),
        ("zstd", "rpm"),
        ("zstd", "dpkg"),
        ("gnupg2", "rpm"),
        ("gnupg", "dpkg"),
        ("git", "rpm"),
        ("git", "dpkg"),
    ]


def test_the_files_are_in_the_tarball():
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))
    needed = {"meta", *DEPENDENCIES.values()}
    assert needed.isdisjoint(galaxy["build_ignore"])


def test_what_ansible_builder_finds_is_compared_with_what_is_required():
    assert problems(FOUND, REQUIRED) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"python": []}, "python: expected ['requests'], found []"),
        ({"python": None}, "python: expected ['requests'], found []"),
        ({"python": [*FOUND["python"], "rpm  # from x"]}, "found ['requests', 'rpm']"),
        ({"system": FOUND["system"][:1]}, "found ['skopeo [platform:rpm]']"),
        ({"galaxy": ["a.b"]}, "galaxy: expected [], found ['a.b']"),
    ],
)
def test_each_difference_is_a_problem(change, problem):
    (found,) = problems({**FOUND, **change}, REQUIRED)
    assert problem in found


def test_the_introspection_is_a_check_of_the_collection():
    checks = (COLLECTION / "scripts" / "lint.py").read_text(encoding="utf-8")
    assert '"ansible-builder": ["python", "scripts/execution_environment.py"],' in checks
    assert (COLLECTIONS / "ansible_collections" / "stackhpc" / "release_train") == COLLECTION
    tools = COLLECTION / "tests" / "requirements" / "tools.in"
    assert "ansible-builder" in tools.read_text(encoding="utf-8").splitlines()
