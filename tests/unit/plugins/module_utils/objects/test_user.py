# SPDX-License-Identifier: Apache-2.0
"""Groups are exact, a current password is not written, and a run does not lock itself out."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.objects import user as pulp_user
from plugins.module_utils.pulp.errors import Conflict, InvalidItem
from tests.unit.fake_pulp.accounts import Account, add_user
from tests.unit.fake_pulp.pulp import FakePulp


@pytest.fixture
def pulp(monkeypatch):
    """Return a Pulp with the users admin, ann (in group `a`) and bob, and the groups `a` to `c`."""
    pulp = FakePulp(password="admin's own", concurrency=1)
    for name in "abc":
        pulp.add("groups/", name=name)
    add_user(pulp.store, "admin")
    add_user(pulp.store, "ann", ("a",))
    add_user(pulp.store, "bob")
    monkeypatch.setattr(pulp_user, "PulpClient", lambda connection: Account(pulp, connection))
    return pulp


def users(pulp: FakePulp, *items: dict[str, Any], check_mode: bool = False) -> list:
    listed = [{"state": "present", **item} for item in items]
    return pulp_user.manage_users(pulp.server(check_mode), {"users": listed})[0]


def members(pulp: FakePulp) -> dict[str, set[str]]:
    """Return the groups of each user."""
    entries = pulp.store.within("users/")
    return {one["username"]: {group["name"] for group in one["groups"]} for one in entries}


def password_of(pulp: FakePulp, name: str) -> str:
    return str(pulp.find("users/", username=name)["_secrets"]["password"])


@pytest.mark.parametrize(
    ("wanted", "expected"), [(["b", "c"], {"b", "c"}), (["a", "b"], {"a", "b"}), ([], set())]
)
def test_membership_is_exactly_the_given_groups(pulp, wanted, expected):
    [result] = users(pulp, {"username": "ann", "groups": wanted})
    assert (result.error, result.action) == ("", "updated")
    assert members(pulp)["ann"] == expected


def test_membership_is_unchanged_without_groups(pulp):
    [result] = users(pulp, {"username": "ann", "groups": None})
    assert (result.action, pulp.writes) == ("unchanged", [])


def test_a_current_password_is_not_written(pulp):
    [result] = users(pulp, {"username": "ann", "password": "ann's own"})
    assert (result.action, pulp.writes) == ("unchanged", [])


def test_a_new_password_is_written_and_never_shown(pulp):
    [result] = users(pulp, {"username": "ann", "password": "new and secret"})
    assert (result.action, password_of(pulp, "ann")) == ("updated", "new and secret")
    assert "new and secret" not in str(result.as_dict())


def test_the_password_of_an_inactive_user_is_written_when_the_user_becomes_active(pulp):
    item = {"username": "ann", "password": "new", "is_active": False}
    assert [users(pulp, item)[0].changed for _run in range(2)] == [True, False]
    [result] = users(pulp, {"username": "ann", "password": "newer"})
    assert (result.changed, password_of(pulp, "ann")) == (False, "new")
    [result] = users(pulp, {"username": "ann", "password": "newest", "is_active": True})
    assert (result.changed, password_of(pulp, "ann")) == (True, "newest")


def test_the_password_of_the_connection_user_is_written_last(pulp):
    results = users(
        pulp,
        {"username": "admin", "password": "new", "groups": ["c"]},
        {"username": "ann", "password": "new", "groups": ["b"]},
        {"username": "cid", "password": "new", "groups": ["b"]},
    )
    assert [result.error for result in results] == ["", "", ""]
    assert [result.action for result in results] == ["updated", "updated", "created"]
    assert password_of(pulp, "admin") == "new"
    assert members(pulp) == {"admin": {"c"}, "ann": {"b"}, "bob": set(), "cid": {"b"}}


def test_check_mode_writes_nothing_and_reports_the_same(pulp):
    items = (
        {"username": "ann", "password": "new", "groups": ["b"]},
        {"username": "cid", "password": "new", "groups": ["b"]},
        {"username": "bob", "password": "ignored", "state": "absent"},
    )
    planned = users(pulp, *items, check_mode=True)
    assert pulp.writes == []
    for before, after in zip(planned, users(pulp, *items)):
        assert (before.action, before.before, before.after) == (
            after.action,
            after.before,
            after.after,
        )


def test_a_missing_group_is_reported_and_other_users_are_created(pulp):
    first, second = users(
        pulp, {"username": "ann", "groups": ["nobody"]}, {"username": "bob", "groups": ["a"]}
    )
    assert first.error == "there is no group nobody: create it first"
    assert second.error == ""
    assert members(pulp)["bob"] == {"a"}


@pytest.mark.parametrize("item", [{"state": "absent"}, {"state": "present", "is_active": False}])
def test_the_connection_user_cannot_be_locked_out(item):
    with pytest.raises(Conflict, match="logged in as this user"):
        pulp_user.validate_user(item, is_own=True)
    pulp_user.validate_user(item, is_own=False)


@pytest.mark.parametrize("password", [" a", "a ", "\ta"])
def test_a_password_that_pulp_would_change_is_rejected(password):
    with pytest.raises(InvalidItem, match="which Pulp removes"):
        pulp_user.validate_user({"state": "present", "password": password}, is_own=False)


@pytest.mark.parametrize("password", ["change-me", "change-me-too", "Change_Me", " changeme1"])
def test_a_password_of_an_example_makes_no_account_and_changes_none(pulp, password):
    made, changed = users(
        pulp,
        {"username": "new", "password": password.strip()},
        {"username": "ann", "password": password.strip()},
    )
    for result in (made, changed):
        assert "a placeholder of the example vault" in result.error
        assert password.strip() not in result.error
    assert "new" not in members(pulp)
    assert password_of(pulp, "ann") == "ann's own"


def test_an_account_with_such_a_password_can_be_deleted(pulp):
    [result] = users(pulp, {"username": "bob", "password": "change-me", "state": "absent"})
    assert (result.error, result.action) == ("", "deleted")


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({"is_active": False}, "disabled"),
        ({"is_active": False, "groups": []}, "disabled"),
        ({"password": "new and secret"}, "new password"),
        ({"password": "new and secret", "groups": ["b", "c"]}, "new password, groups: b, c"),
        ({"groups": []}, "no groups"),
        ({"email": "ann@example.com"}, "email"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_an_update_is_described_in_words(pulp, item, told, check_mode):
    [result] = users(pulp, {"username": "ann", **item}, check_mode=check_mode)
    assert (result.action, result.as_dict()["told"]) == ("updated", told)


def test_a_disabled_user_is_enabled_with_a_new_password(pulp):
    users(pulp, {"username": "ann", "is_active": False})
    [result] = users(pulp, {"username": "ann", "is_active": True, "password": "newest"})
    assert result.as_dict()["told"] == "enabled, new password"


def test_only_an_update_is_described(pulp):
    results = users(
        pulp, {"username": "new", "password": "x"}, {"username": "bob", "state": "absent"}
    )
    assert [result.action for result in results] == ["created", "deleted"]
    assert all("told" not in result.as_dict() for result in results)
