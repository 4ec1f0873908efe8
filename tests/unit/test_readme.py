# SPDX-License-Identifier: Apache-2.0
"""The first page lists what there is: each playbook, role with its entry points, and module."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

COLLECTION = Path(__file__).resolve().parents[2]
README = (COLLECTION / "README.md").read_text(encoding="utf-8")
# Part of every playbook, and no job of its own.
NO_JOB = {"run_end", "target_check"}


def table(title: str) -> dict[str, str]:
    """Return the second cell of each row below a heading, by each name in its first cell."""
    section = README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    rows = [
        line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")
    ]
    return {name: cells[1] for cells in rows for name in re.findall(r"`(\w+)`", cells[0])}


def test_the_first_page_lists_the_modules():
    modules = {path.stem for path in COLLECTION.glob("plugins/modules/[!_]*.py")}
    assert set(table("Modules")) == modules


def test_the_first_page_lists_the_playbooks_and_whom_they_touch():
    listed = table("Playbooks")
    playbooks = {path.stem: path for path in COLLECTION.glob("playbooks/*.yml")}
    assert set(listed) == set(playbooks) - NO_JOB
    # The first play is a check, and what sums up at the end has no hosts of its own.
    plays = {name: yaml.safe_load(playbooks[name].read_text("utf-8")) for name in listed}
    hosts = {
        name: next(play["hosts"] for play in plays[name] if "hosts" in play) for name in listed
    }
    kinds = {
        "ark": "Ark",
        "{{ groups['client'] | default(['localhost'], true) }}": "client",
        "{{ groups['ark'] | default(['localhost'], true) }}": "controller",
        "{{ 'localhost' if ansible_limit is not defined else 'all:localhost' }}": "controller",
        "{{ groups['ark'] | default([]) or ['localhost'] }}": "Ark",
        hosts["distribution_list"]: "any Pulp",
    }
    assert listed == {name: kinds.get(hosts[name], "any other Pulp") for name in listed}


def test_the_first_page_leads_to_every_page():
    pages = {path.name for path in COLLECTION.glob("docs/*.md")} - {"index.md"}
    assert set(re.findall(r"\(docs/([\w-]+\.md)\)", README)) == pages


def test_the_first_page_lists_the_roles():
    assert set(table("Roles")) == {path.name for path in COLLECTION.glob("roles/*")}


@pytest.mark.parametrize("role", table("Roles"))
def test_the_first_page_lists_the_entry_points_of_a_role(role):
    path = COLLECTION / "roles" / role / "meta" / "argument_specs.yml"
    specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
    listed = re.findall(r"`(\w+)`", table("Roles")[role].partition(":")[0])
    assert sorted(listed) == sorted(specs)
    assert all((path.parents[1] / "tasks" / f"{name}.yml").exists() for name in specs)
