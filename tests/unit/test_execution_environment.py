# SPDX-License-Identifier: Apache-2.0
"""ansible-builder finds what the collection requires: what the code imports and runs."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import yaml

COLLECTION = Path(__file__).resolve().parents[2]
DEPENDENCIES = yaml.safe_load(
    (COLLECTION / "meta" / "execution-environment.yml").read_text(encoding="utf-8")
)["dependencies"]


def lines(kind):
    """Return the requirements in the file that the metadata names, without comments."""
    text = (COLLECTION / DEPENDENCIES[kind]).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


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
    assert imported - present - sys.stdlib_module_names == set(lines("python"))


def test_the_system_requirements_are_bindep_entries_for_both_families():
    found = [re.fullmatch(r"([\w.+-]+) \[platform:(rpm|dpkg)\]", line) for line in lines("system")]
    assert [match and match.groups() for match in found] == [("skopeo", "rpm"), ("skopeo", "dpkg")]


def test_the_files_are_in_the_tarball():
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))
    needed = {"meta", *DEPENDENCIES.values()}
    assert needed.isdisjoint(galaxy["build_ignore"])
