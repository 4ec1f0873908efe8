# SPDX-License-Identifier: Apache-2.0
"""The README lists the playbooks, roles and modules of the tree, and its examples are current."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

COLLECTION = Path(__file__).resolve().parents[2]
README = (COLLECTION / "README.md").read_text(encoding="utf-8")
# Imported by every playbook, and not run on their own.
PARTS = {"run_end", "target_check"}
MAX_LINES = 275
REPLACED = {path.name for path in COLLECTION.glob("roles/pulp_*")}


def section(title: str) -> str:
    """Return the text below a heading of the second level."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """Return the cells of each row of the tables in a section."""
    lines = section(title).splitlines()
    return [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]


def names(cell: str) -> list[str]:
    """Return the names in a cell."""
    return re.findall(r"`(\w+)`", cell)


PLAYBOOKS = {names(cells[0])[0]: cells[1] for cells in rows("Playbooks") if names(cells[0])}
ROLES = {name: cells[1] for cells in rows("Roles and modules") for name in names(cells[0])}


def test_the_readme_is_short():
    length = len(README.splitlines())
    assert length <= MAX_LINES, (
        f"README.md has {length} lines. A user reads it in one go: move details to a page in docs/"
    )


def test_the_modules_match_the_tree():
    tables = section("Roles and modules").partition("| Modules for |")[2]
    modules = [path.stem for path in COLLECTION.glob("plugins/modules/[!_]*.py")]
    assert sorted(names(tables.partition("\n\n")[0])) == sorted(modules)


def test_the_playbooks_and_their_hosts_match_the_tree():
    playbooks = {path.stem: path for path in COLLECTION.glob("playbooks/*.yml")}
    assert set(PLAYBOOKS) == set(playbooks) - PARTS
    plays = {name: yaml.safe_load(playbooks[name].read_text("utf-8")) for name in PLAYBOOKS}
    # The first play validates the targets, and an imported playbook has no key `hosts`.
    hosts = {
        name: next(play["hosts"] for play in plays[name] if "hosts" in play) for name in PLAYBOOKS
    }
    kinds = {
        "ark": "Ark",
        "{{ groups['client'] | default(['localhost'], true) }}": "client",
        "{{ groups['ark'] | default(['localhost'], true) }}": "controller",
        "{{ 'localhost' if ansible_limit is not defined else 'all:localhost' }}": "controller",
        "{{ groups['ark'] | default([]) or ['localhost'] }}": "Ark",
        hosts["distribution_list"]: "any Pulp server",
        hosts["release_prune"]: "any Pulp server",
        hosts["container_check"]: "Ark, client",
    }
    assert {name: kinds.get(hosts[name], "test, client") for name in PLAYBOOKS} == PLAYBOOKS


def test_the_roles_match_the_tree():
    assert set(ROLES) == {path.name for path in COLLECTION.glob("roles/*")}


@pytest.mark.parametrize("role", ROLES)
def test_the_entry_points_of_a_role_match_the_tree(role):
    path = COLLECTION / "roles" / role / "meta" / "argument_specs.yml"
    specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
    assert sorted(names(ROLES[role])) == sorted(specs)
    assert all((path.parents[1] / "tasks" / f"{name}.yml").exists() for name in specs)


def test_all_replaced_roles_of_stackhpc_pulp_are_listed():
    text = section("Replace stackhpc.pulp").partition("To change over")[0]
    assert set(names(text)) == REPLACED
    assert len(REPLACED) == 8


def test_the_requirements_of_kayobe_name_the_released_version():
    [text] = re.findall(r"```yaml\n(.*?)```", section("With Kayobe"), re.DOTALL)
    [collection] = yaml.safe_load(text)["collections"]
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))
    assert collection["version"] == f"v{galaxy['version']}"
    assert collection["name"] == f"{galaxy['repository']}.git"


def test_the_sample_output_has_the_steps_of_the_demo():
    titles = re.findall(r"^ ?\d+/15 (.*)$", section("Demo"), re.MULTILINE)
    demo = (COLLECTION / "tests" / "lab" / "demo" / "__main__.py").read_text(encoding="utf-8")
    assert len(titles) >= 4
    assert [title for title in titles if f'"{title}"' not in demo] == []


def test_every_page_is_linked():
    pages = {path.name for path in COLLECTION.glob("docs/*.md")} - {"index.md"}
    assert pages <= set(re.findall(r"/docs/([\w-]+\.md)$", README, re.MULTILINE))
