# SPDX-License-Identifier: Apache-2.0
"""Namespaces give groups exactly the listed rights, and are deleted only when they are empty."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.objects.access import NAMESPACE_ROLES, manage_namespaces
from tests.unit.fake_pulp.accounts import give_roles, roles_of
from tests.unit.fake_pulp.pulp import FakePulp

PULL, PUSH = NAMESPACE_ROLES["pull"], NAMESPACE_ROLES["push"]
OWN = "container.containernamespace_owner"


NAMESPACES = "pulp_container/namespaces/"


def pulp_with(roles: dict[str, list[str]] | None = None, *distributions: str) -> FakePulp:
    """A Pulp with groups `a` and `b`, and the namespace `n` where groups have `roles`."""
    pulp = FakePulp(concurrency=1)
    for name in "ab":
        pulp.add("groups/", name=name)
    if roles is not None:
        give_roles(pulp.add(NAMESPACES, name="n"), {OWN: [], **roles})
    for name in distributions:
        pulp.add_distribution("container", name, base_path=f"n/{name}")
    return pulp


def make(pulp: FakePulp, *items: dict[str, Any], check_mode: bool = False) -> list:
    given = {"name": "n", "pull": None, "push": None, "state": "present"}
    namespaces = [{**given, **item} for item in items]
    return manage_namespaces(pulp.server(check_mode), {"namespaces": namespaces})[0]


@pytest.mark.parametrize(
    ("held", "item", "left"),
    [
        ({}, {"pull": ["b", "a", "a"]}, {PULL: {"a", "b"}}),
        ({PULL: ["a"]}, {"pull": ["b"]}, {PULL: {"b"}}),
        ({PULL: ["a"]}, {"pull": []}, {}),
        ({PULL: ["a"], PUSH: ["b"]}, {"push": []}, {PULL: {"a"}}),
        ({PULL: ["a"], OWN: ["b"]}, {"pull": ["b"]}, {PULL: {"b"}, OWN: {"b"}}),
    ],
)
def test_each_given_list_is_exact_and_other_roles_are_left_alone(held, item, left):
    pulp = pulp_with(held)
    [result] = make(pulp, item)
    assert (result.error, result.action) == ("", "updated")
    assert roles_of(pulp.find(NAMESPACES, name="n")) == left


@pytest.mark.parametrize("item", [{}, {"pull": ["a"]}, {"pull": ["a"], "push": []}])
def test_a_namespace_whose_roles_are_as_wanted_is_not_changed(item):
    pulp = pulp_with({PULL: ["a"]})
    [result] = make(pulp, item)
    assert (result.action, pulp.writes) == ("unchanged", [])


def test_check_mode_reports_a_new_namespace_and_its_roles_and_writes_nothing():
    pulp, item = pulp_with(), {"pull": ["a"], "push": []}
    [announced] = make(pulp, item, check_mode=True)
    assert pulp.writes == []
    [done] = make(pulp, item)
    assert (announced.before, announced.after) == (done.before, done.after)
    assert done.action == "created"
    assert done.after == {"name": "n", "roles": {PULL: ["a"]}}


def test_mistakes_are_named_before_anything_is_written():
    pulp = pulp_with({})
    first, second, third = make(pulp, {"push": ["x", "a"]}, {"name": "a/b"}, {})
    assert first.error == "there is no group x: create it first"
    assert "no client can name an image in this namespace" in second.error
    assert "given twice" in third.error
    assert pulp.writes == []


def test_a_namespace_with_distributions_is_kept_and_they_are_named():
    pulp = pulp_with({}, "nova", "glance")
    [result] = make(pulp, {"state": "absent", "pull": ["nobody"]})
    assert "container namespace 'n' is in use by the distributions glance, nova" in result.error
    assert pulp.writes == []


def test_an_empty_namespace_is_deleted_and_a_missing_one_is_no_failure():
    pulp = pulp_with({})
    gone, never = make(pulp, {"state": "absent"}, {"name": "A/B", "state": "absent"})
    assert (gone.action, never.action) == ("deleted", "unchanged")
    assert pulp.there(NAMESPACES) == {}
