# SPDX-License-Identifier: Apache-2.0
"""Namespaces have exactly the listed groups, and are deleted only when they are empty."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.objects.access import NAMESPACE_ROLES, manage_namespaces
from tests.unit.fake_pulp.accounts import roles_of, set_roles
from tests.unit.fake_pulp.pulp import FakePulp

PULL, PUSH = NAMESPACE_ROLES["pull"], NAMESPACE_ROLES["push"]
OWN = "container.containernamespace_owner"


NAMESPACES = "pulp_container/namespaces/"


def pulp_with(roles: dict[str, list[str]] | None = None, *distributions: str) -> FakePulp:
    """Return a Pulp with groups `a` and `b`, and the namespace `n` with these roles."""
    pulp = FakePulp(concurrency=1)
    for name in "ab":
        pulp.add("groups/", name=name)
    if roles is not None:
        set_roles(pulp.add(NAMESPACES, name="n"), {OWN: [], **roles})
    for name in distributions:
        pulp.add_distribution("container", name, base_path=f"n/{name}")
    return pulp


def manage(pulp: FakePulp, *items: dict[str, Any], check_mode: bool = False) -> list:
    given = {"name": "n", "pull": None, "push": None, "state": "present"}
    namespaces = [{**given, **item} for item in items]
    return manage_namespaces(pulp.server(check_mode), {"namespaces": namespaces})[0]


@pytest.mark.parametrize(
    ("assigned", "item", "expected"),
    [
        ({}, {"pull": ["b", "a", "a"]}, {PULL: {"a", "b"}}),
        ({PULL: ["a"]}, {"pull": ["b"]}, {PULL: {"b"}}),
        ({PULL: ["a"]}, {"pull": []}, {}),
        ({PULL: ["a"], PUSH: ["b"]}, {"push": []}, {PULL: {"a"}}),
        ({PULL: ["a"], OWN: ["b"]}, {"pull": ["b"]}, {PULL: {"b"}, OWN: {"b"}}),
    ],
)
def test_each_given_list_is_exact_and_other_roles_are_left_alone(assigned, item, expected):
    pulp = pulp_with(assigned)
    [result] = manage(pulp, item)
    assert (result.error, result.action) == ("", "updated")
    assert roles_of(pulp.find(NAMESPACES, name="n")) == expected


@pytest.mark.parametrize("item", [{}, {"pull": ["a"]}, {"pull": ["a"], "push": []}])
def test_a_namespace_with_the_given_roles_is_not_changed(item):
    pulp = pulp_with({PULL: ["a"]})
    [result] = manage(pulp, item)
    assert (result.action, pulp.writes) == ("unchanged", [])


def test_check_mode_reports_a_new_namespace_and_its_roles_and_writes_nothing():
    pulp, item = pulp_with(), {"pull": ["a"], "push": []}
    [planned] = manage(pulp, item, check_mode=True)
    assert pulp.writes == []
    [created] = manage(pulp, item)
    assert (planned.before, planned.after) == (created.before, created.after)
    assert created.action == "created"
    assert created.after == {"name": "n", "roles": {PULL: ["a"]}}


def test_invalid_items_are_reported_before_any_write():
    pulp = pulp_with({})
    first, second, third = manage(pulp, {"push": ["x", "a"]}, {"name": "a/b"}, {})
    assert first.error == "there is no group x: create it first"
    assert "no client can name an image in this namespace" in second.error
    assert "given twice" in third.error
    assert pulp.writes == []


def test_a_namespace_in_use_is_kept_and_its_distributions_are_reported():
    pulp = pulp_with({}, "nova", "glance")
    [result] = manage(pulp, {"state": "absent", "pull": ["nobody"]})
    assert "container namespace 'n' is in use by the distributions glance, nova" in result.error
    assert pulp.writes == []


def test_an_empty_namespace_is_deleted_and_a_missing_one_is_no_error():
    pulp = pulp_with({})
    deleted, missing = manage(pulp, {"state": "absent"}, {"name": "A/B", "state": "absent"})
    assert (deleted.action, missing.action) == ("deleted", "unchanged")
    assert pulp.by_name(NAMESPACES) == {}
