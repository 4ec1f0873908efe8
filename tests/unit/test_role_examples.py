# SPDX-License-Identifier: Apache-2.0
"""Scenarios run the examples of the READMEs; examples of specifications use existing options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

COLLECTION = Path(__file__).resolve().parents[2]
ROLES = [
    *("pulp_container_content", "pulp_content_guard", "pulp_distribution", "pulp_django_user"),
    *("pulp_group", "pulp_publication", "pulp_repository", "pulp_user"),
]
# The example URL, and the URL of the test upstream that replaces it in a scenario.
UPSTREAM = ("https://download.example.com", "{{ release_train_test_upstream_url }}")


@pytest.mark.parametrize("role", ROLES)
def test_the_example_of_a_readme_is_run(role):
    readme = (COLLECTION / "roles" / role / "README.md").read_text(encoding="utf-8")
    plays = yaml.safe_load(readme.split("```yaml\n")[1].split("```")[0])
    [example] = json.loads(json.dumps(plays).replace(*UPSTREAM))
    scenario = COLLECTION / "extensions" / "molecule" / f"role_{role}" / "converge.yml"
    assert example in yaml.safe_load(scenario.read_text(encoding="utf-8"))


def entry_points():
    """Yield role, name and specification of each entry point that users include."""
    for path in sorted(COLLECTION.glob("roles/*/meta/argument_specs.yml")):
        specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        yield from ((path.parents[1].name, name, spec) for name, spec in specs.items())


ENTRY_POINTS = [one for one in entry_points() if one[0] != "run"]


@pytest.mark.parametrize(
    ("role", "name", "spec"), ENTRY_POINTS, ids=[f"{one[0]}-{one[1]}" for one in ENTRY_POINTS]
)
def test_the_examples_of_an_entry_point_include_it_with_options_that_exist(role, name, spec):
    tasks = yaml.safe_load(spec["examples"])
    for task in tasks:
        included = {"tasks_from": "main", **task["ansible.builtin.include_role"]}
        assert included == {"name": f"stackhpc.release_train.{role}", "tasks_from": name}
        assert set(task["vars"]) <= set(spec["options"])
