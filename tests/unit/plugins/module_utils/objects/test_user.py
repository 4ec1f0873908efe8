# SPDX-License-Identifier: Apache-2.0
"""Membership is exact, a password in force is not written, and nobody locks himself out."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.objects import user as pulp_user
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import AuthenticationError, Conflict, InvalidItem
from plugins.module_utils.pulp.server import Server
from plugins.module_utils.report.report import Report

CONNECTION = Connection("http://pulp.example.com", "admin", "admin's own", concurrency=1)


class Desk:
    """A Pulp in memory that knows users and groups; a password that is written ends the session
    of that user, after which nothing else can be written."""

    connection = CONNECTION
    request_count = 0

    def __init__(self, **users: list[str]) -> None:
        self.passwords = {name: f"{name}'s own" for name in users}
        self.members = {name: set(groups) for name, groups in users.items()}
        self.active = dict.fromkeys(users, True)
        self.session_expired = False
        self.writes: list[str] = []

    def list(self, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        if path == "groups/":
            names = params["name__in"].split(",")
            return [{"name": one, "pulp_href": f"/groups/{one}/"} for one in "abc" if one in names]
        names = params["username__in"].split(",")
        return [self.entry(name) for name in self.members if name in names]

    def entry(self, name: str) -> dict[str, Any]:
        return {
            "username": name,
            "pulp_href": f"/users/{name}/",
            "is_active": self.active[name],
            "groups": [
                {"name": one, "pulp_href": f"/groups/{one}/"} for one in sorted(self.members[name])
            ],
        }

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.write(path)
        name = body["username"]
        if path == "users/":
            self.members[name], self.active[name] = set(), True
            self.passwords[name] = body.get("password", "")
            return self.entry(name)
        self.members[name].add(path.split("/")[2])
        return body

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.write(path)
        name = path.split("/")[2]
        self.active[name] = body.get("is_active", self.active[name])
        if "password" in body:
            self.passwords[name] = body["password"]
            self.session_expired = name == "admin"
        return self.entry(name)

    def delete(self, path: str) -> None:
        self.write(path)
        _empty, kind, name, *rest = path.rstrip("/").split("/")
        if kind == "groups":
            self.members[rest[1]].discard(name)
        else:
            del self.members[name]

    def write(self, path: str) -> None:
        if self.session_expired:
            raise AuthenticationError("the session is over")
        self.writes.append(path)


@pytest.fixture
def desk(monkeypatch):
    desk = Desk(admin=[], ann=["a"], bob=[])

    class Door:
        """Stands for the client that tries a password."""

        def __init__(self, connection: Connection) -> None:
            self.tried = connection

        def log_in(self) -> None:
            name = self.tried.username
            if desk.passwords[name] != self.tried.password or not desk.active[name]:
                raise AuthenticationError("refused")

    monkeypatch.setattr(pulp_user, "PulpClient", Door)
    return desk


def users(desk: Desk, *items: dict[str, Any], check_mode: bool = False) -> list:
    listed = [{"state": "present", **item} for item in items]
    return pulp_user.manage_users(Server(desk, Report(), check_mode), {"users": listed})[0]


@pytest.mark.parametrize(
    ("wanted", "left"), [(["b", "c"], {"b", "c"}), (["a", "b"], {"a", "b"}), ([], set())]
)
def test_groups_that_are_given_are_all_that_there_are(desk, wanted, left):
    [result] = users(desk, {"username": "ann", "groups": wanted})
    assert (result.error, result.action) == ("", "updated")
    assert desk.members["ann"] == left


def test_groups_that_are_not_given_are_left_alone(desk):
    [result] = users(desk, {"username": "ann", "groups": None})
    assert (result.action, desk.writes) == ("unchanged", [])


def test_a_password_in_force_is_not_written(desk):
    [result] = users(desk, {"username": "ann", "password": "ann's own"})
    assert (result.action, desk.writes) == ("unchanged", [])


def test_a_new_password_is_written_and_never_shown(desk):
    [result] = users(desk, {"username": "ann", "password": "new and secret"})
    assert (result.action, desk.passwords["ann"]) == ("updated", "new and secret")
    assert "new and secret" not in str(result.as_dict())


def test_the_password_of_an_inactive_user_is_written_when_the_user_becomes_active(desk):
    item = {"username": "ann", "password": "new", "is_active": False}
    assert [users(desk, item)[0].changed for _run in range(2)] == [True, False]
    [result] = users(desk, {"username": "ann", "password": "newer"})
    assert (result.changed, desk.passwords["ann"]) == (False, "new")
    [result] = users(desk, {"username": "ann", "password": "newest", "is_active": True})
    assert (result.changed, desk.passwords["ann"]) == (True, "newest")


def test_a_new_password_of_our_own_user_breaks_nothing_else(desk):
    results = users(
        desk,
        {"username": "admin", "password": "new", "groups": ["c"]},
        {"username": "ann", "password": "new", "groups": ["b"]},
        {"username": "cid", "password": "new", "groups": ["b"]},
    )
    assert [result.error for result in results] == ["", "", ""]
    assert [result.action for result in results] == ["updated", "updated", "created"]
    assert desk.passwords["admin"] == "new"
    assert desk.members == {"admin": {"c"}, "ann": {"b"}, "bob": set(), "cid": {"b"}}


def test_check_mode_writes_nothing_and_tells_the_same(desk):
    items = (
        {"username": "ann", "password": "new", "groups": ["b"]},
        {"username": "cid", "password": "new", "groups": ["b"]},
        {"username": "bob", "password": "ignored", "state": "absent"},
    )
    announced = users(desk, *items, check_mode=True)
    assert desk.writes == []
    for before, after in zip(announced, users(desk, *items)):
        assert (before.action, before.before, before.after) == (
            after.action,
            after.before,
            after.after,
        )


def test_a_missing_group_is_named_and_hides_no_other_user(desk):
    first, second = users(
        desk, {"username": "ann", "groups": ["nobody"]}, {"username": "bob", "groups": ["a"]}
    )
    assert first.error == "there is no group nobody: create it first"
    assert second.error == ""
    assert desk.members["bob"] == {"a"}


@pytest.mark.parametrize("item", [{"state": "absent"}, {"state": "present", "is_active": False}])
def test_nobody_locks_himself_out(item):
    with pytest.raises(Conflict, match="logged in as this user"):
        pulp_user.validate_user(item, is_ours=True)
    pulp_user.validate_user(item, is_ours=False)


@pytest.mark.parametrize("password", [" a", "a ", "\ta"])
def test_a_password_that_pulp_would_change_is_refused(password):
    with pytest.raises(InvalidItem, match="cut off"):
        pulp_user.validate_user({"state": "present", "password": password}, is_ours=False)
