# SPDX-License-Identifier: Apache-2.0
"""The last line of kolla_check does not count containers that nothing is known of."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
import yaml

VARIABLES = yaml.safe_load(
    (Path(__file__).parents[2] / "roles/kolla/vars/main.yml").read_text(encoding="utf-8")
)
UNKNOWN = "containers unknown (no built-in tables for this OpenStack release)"


@pytest.mark.parametrize(
    ("images", "containers", "expected"),
    [
        (["a"], [], f"c: 1 images, {UNKNOWN}, 0 problems"),
        (["a"], ["a", "b"], "c: 1 images, 2 containers, 0 problems"),
        ([], [], "c: 0 images, 0 containers, 0 problems"),
    ],
)
def test_containers_are_unknown_without_tables(images, containers, expected):
    result = {"release": "2023.1", "images": images, "containers": containers, "problems": []}
    text = {}
    for name in ("__kolla_containers", "__kolla_counts"):
        template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(VARIABLES[name])
        text[name] = template.render(kolla_check_config="c", kolla_check_result=result, **text)
    assert text["__kolla_counts"] == expected
