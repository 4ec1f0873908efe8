# SPDX-License-Identifier: Apache-2.0
"""The example in the README of an object role is what its scenario runs."""

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
# What a reader replaces by an address of their own, a scenario does by one that answers.
UPSTREAM = ("https://download.example.com", "{{ release_train_test_upstream_url }}")


@pytest.mark.parametrize("role", ROLES)
def test_the_example_of_a_readme_is_run(role):
    readme = (COLLECTION / "roles" / role / "README.md").read_text(encoding="utf-8")
    plays = yaml.safe_load(readme.split("```yaml\n")[1].split("```")[0])
    [example] = json.loads(json.dumps(plays).replace(*UPSTREAM))
    scenario = COLLECTION / "extensions" / "molecule" / f"role_{role}" / "converge.yml"
    assert example in yaml.safe_load(scenario.read_text(encoding="utf-8"))
