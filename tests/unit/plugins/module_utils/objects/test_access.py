# SPDX-License-Identifier: Apache-2.0
"""Content guards have exactly the listed groups, and are not deleted while they are in use."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.objects.access import manage_groups, manage_guards
from tests.unit.fake_pulp.accounts import roles_of, set_roles
from tests.unit.fake_pulp.pulp import FakePulp

READ, LOOK = "core.reader", "core.looker"
GUARDS = "contentguards/core/rbac/"


def pulp_with(roles: dict[str, list[str]] | None = None) -> FakePulp:
    """Return a Pulp with groups `a` to `c`, two roles, and the guard `g` with these roles."""
    pulp = FakePulp(concurrency=1)
    for name in "abc":
        pulp.add("groups/", name=name)
    for name in (READ, LOOK):
        pulp.add("roles/", name=name)
    if roles is not None:
        set_roles(pulp.add_guard("g"), roles)
    return pulp


def granted(pulp: FakePulp) -> dict[str, set[str]]:
    """Return role -> groups of the guard."""
    return roles_of(pulp.find(GUARDS, name="g"))


def guards(pulp: FakePulp, *items: dict[str, Any], check_mode: bool = False, **lists: Any) -> list:
    listed = [{"state": "present", **item} for item in items]
    return manage_guards(pulp.server(check_mode), {"rbac": listed, **lists})[0]


def roles(**groups: list[str] | None) -> list[dict[str, Any]]:
    names = {"read": READ, "look": LOOK}
    return [{"role": names[name], "groups": assigned} for name, assigned in groups.items()]


@pytest.mark.parametrize(
    ("assigned", "wanted", "expected"),
    [
        ({READ: ["a", "b"]}, roles(read=["b", "c"]), {READ: {"b", "c"}}),
        ({READ: ["a"], LOOK: ["a"]}, roles(read=["a"]), {READ: {"a"}}),
        ({READ: ["a"]}, roles(read=[]), {}),
        ({READ: ["a"]}, roles(read=None), {}),
        ({READ: ["a"]}, None, {}),
        ({}, roles(read=["a"]) + roles(read=["a", "b"]), {READ: {"a", "b"}}),
    ],
)
def test_a_content_guard_has_exactly_the_listed_groups(assigned, wanted, expected):
    pulp = pulp_with(assigned)
    [result] = guards(pulp, {"name": "g", "roles": wanted})
    assert (result.error, result.changed) == ("", True)
    assert granted(pulp) == expected


def test_a_content_guard_with_the_given_roles_is_not_changed():
    pulp = pulp_with({READ: ["a", "b"]})
    [result] = guards(pulp, {"name": "g", "roles": roles(read=["b", "a"], look=[])})
    assert (result.action, pulp.writes) == ("unchanged", [])


def test_a_role_that_another_run_assigned_first_is_no_error():
    pulp = pulp_with({})
    guard = pulp.find(GUARDS, name="g")
    pulp.on("POST", "add_role/", first=lambda: set_roles(guard, {READ: ["a"]}))
    [result] = guards(pulp, {"name": "g", "roles": roles(read=["a", "b"])})
    assert result.error == ""
    assert granted(pulp) == {READ: {"a", "b"}}


def test_check_mode_reports_a_new_guard_and_its_roles_and_writes_nothing():
    pulp = pulp_with()
    item = {"name": "g", "roles": roles(read=["a"])}
    [planned] = guards(pulp, item, check_mode=True)
    assert pulp.writes == []
    [created] = guards(pulp, item)
    assert (planned.action, planned.before, planned.after) == (
        created.action,
        created.before,
        created.after,
    )
    assert created.after == {"name": "g", "roles": {READ: ["a"]}}


def test_missing_groups_and_roles_are_reported_before_any_write():
    pulp = pulp_with({})
    first, second, third = guards(
        pulp,
        {"name": "g", "roles": roles(read=["nobody", "none"])},
        {"name": "h", "roles": [{"role": "core.nonsense", "groups": []}]},
        {"name": "g"},
    )
    assert first.error == "there is no group nobody, none: create it first"
    assert second.error == "there is no role core.nonsense"
    assert "given twice" in third.error
    assert pulp.writes == []


def test_a_content_guard_in_use_is_kept_and_its_distributions_are_reported():
    pulp = pulp_with({})
    pulp.add_distribution("rpm", "served", content_guard=pulp.find(GUARDS, name="g")["pulp_href"])
    [result] = guards(pulp, {"name": "g", "state": "absent"})
    assert "in use by the distributions served" in result.error
    assert pulp.writes == []


def test_content_guards_of_two_types_cannot_have_one_name():
    x509 = {"name": "g", "state": "present", "ca_certificate": "PEM"}
    first, second = guards(pulp_with({}), {"name": "g"}, x509=[x509])
    assert first.error == ""
    assert "given twice" in second.error


@pytest.mark.parametrize("name", ["", "a ", " a"])
def test_names_that_pulp_would_change_are_rejected(name):
    pulp = pulp_with()
    [result], _more = manage_groups(pulp.server(), {"groups": [{"name": name, "state": "present"}]})
    assert "leading or trailing spaces" in result.error
    assert pulp.writes == []


def test_a_description_changes_only_if_it_is_given():
    pulp = pulp_with({READ: ["a"]})
    pulp.find(GUARDS, name="g")["description"] = "of today"
    [result] = guards(pulp, {"name": "g", "description": None, "roles": roles(read=["a"])})
    assert (result.action, pulp.find(GUARDS, name="g")["description"]) == ("unchanged", "of today")
    [result] = guards(pulp, {"name": "g", "description": "new", "roles": roles(read=["a"])})
    assert (result.action, pulp.find(GUARDS, name="g")["description"]) == ("updated", "new")
