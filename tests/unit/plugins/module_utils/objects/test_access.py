# SPDX-License-Identifier: Apache-2.0
"""Guards get exactly the groups that are listed; what is served is not deleted."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.objects.access import manage_groups, manage_guards
from plugins.module_utils.pulp.errors import ResponseError
from plugins.module_utils.pulp.server import Server
from plugins.module_utils.report.report import Report

READ, LOOK = "core.reader", "core.looker"
GUARDS = "contentguards/core/rbac/"


class Desk:
    """A Pulp in memory that knows guards, groups, roles and distributions.

    `rights`: of the guard `g`, role -> groups. `meanwhile`: what another run does just before
    the first write of a right.
    """

    class connection:  # noqa: N801, the client's attribute
        username = "admin"
        concurrency = 1

    request_count = 0

    def __init__(self, rights: dict[str, list[str]] | None = None) -> None:
        self.objects: dict[str, list[dict[str, Any]]] = {
            "groups/": [{"name": name, "pulp_href": f"/groups/{name}/"} for name in "abc"],
            "roles/": [{"name": name, "pulp_href": f"/roles/{name}/"} for name in (READ, LOOK)],
            "distributions/": [],
        }
        if rights is not None:
            self.objects[GUARDS] = [{"name": "g", "description": None, "pulp_href": "/guards/g/"}]
        self.rights = {role: set(groups) for role, groups in (rights or {}).items()}
        self.meanwhile: dict[str, str] = {}
        self.deleted: list[str] = []
        self.writes = 0

    def list(self, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        names = params.get("name__in", "").split(",")
        entries = self.objects.get(path, [])
        return [one for one in entries if "name__in" not in params or one["name"] in names]

    def get(self, path: str) -> dict[str, Any]:
        assert path.endswith("/list_roles/")
        roles = [
            {"role": role, "users": ["somebody"], "groups": sorted(groups)}
            for role, groups in self.rights.items()
        ]
        return {"roles": roles}

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.writes += 1
        verb = path.rstrip("/").rsplit("/", 1)[-1]
        if verb not in ("add_role", "remove_role"):
            if any(one["name"] == body["name"] for one in self.objects.get(path, [])):
                raise ResponseError(400, "name: This field must be unique.")
            self.objects.setdefault(path, []).append({**body, "pulp_href": "/guards/g/"})
            return self.objects[path][-1]
        for role, group in self.meanwhile.items():
            self.rights.setdefault(role, set()).add(group)
        self.meanwhile = {}
        held, named = self.rights.setdefault(body["role"], set()), set(body["groups"])
        if named & held if verb == "add_role" else named - held:
            raise ResponseError(400, "The role is already, or not, assigned")
        self.rights[body["role"]] = held | named if verb == "add_role" else held - named
        return body

    def patch(self, _path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.writes += 1
        return body

    def delete(self, path: str) -> None:
        self.deleted.append(path)


def guards(desk: Desk, *items: dict[str, Any], check_mode: bool = False, **lists: Any) -> list:
    server = Server(desk, Report(), check_mode)
    listed = [{"state": "present", **item} for item in items]
    return manage_guards(server, {"rbac": listed, **lists})[0]


def roles(**groups: list[str] | None) -> list[dict[str, Any]]:
    names = {"read": READ, "look": LOOK}
    return [{"role": names[name], "groups": held} for name, held in groups.items()]


@pytest.mark.parametrize(
    ("held", "wanted", "left"),
    [
        ({READ: ["a", "b"]}, roles(read=["b", "c"]), {READ: {"b", "c"}}),
        ({READ: ["a"], LOOK: ["a"]}, roles(read=["a"]), {READ: {"a"}, LOOK: set()}),
        ({READ: ["a"]}, roles(read=[]), {READ: set()}),
        ({READ: ["a"]}, roles(read=None), {READ: set()}),
        ({READ: ["a"]}, None, {READ: set()}),
        ({}, roles(read=["a"]) + roles(read=["a", "b"]), {READ: {"a", "b"}}),
    ],
)
def test_groups_of_a_guard_are_exactly_those_that_are_listed(held, wanted, left):
    desk = Desk(held)
    [result] = guards(desk, {"name": "g", "roles": wanted})
    assert (result.error, result.changed) == ("", True)
    assert desk.rights == left


def test_a_guard_with_the_rights_that_it_is_to_have_is_left_alone():
    desk = Desk({READ: ["a", "b"]})
    [result] = guards(desk, {"name": "g", "roles": roles(read=["b", "a"], look=[])})
    assert (result.action, desk.writes) == ("unchanged", 0)


def test_a_right_that_another_run_gave_first_is_no_failure():
    desk = Desk({})
    desk.meanwhile = {READ: "a"}
    [result] = guards(desk, {"name": "g", "roles": roles(read=["a", "b"])})
    assert result.error == ""
    assert desk.rights == {READ: {"a", "b"}}


def test_check_mode_tells_of_a_new_guard_and_its_rights_and_writes_nothing():
    desk = Desk()
    item = {"name": "g", "roles": roles(read=["a"])}
    [announced] = guards(desk, item, check_mode=True)
    assert desk.writes == 0
    [done] = guards(desk, item)
    assert (announced.action, announced.before, announced.after) == (
        done.action,
        done.before,
        done.after,
    )
    assert done.after == {"name": "g", "roles": {READ: ["a"]}}


def test_missing_groups_and_roles_are_named_before_anything_is_written():
    desk = Desk({})
    first, second, third = guards(
        desk,
        {"name": "g", "roles": roles(read=["nobody", "none"])},
        {"name": "h", "roles": [{"role": "core.nonsense", "groups": []}]},
        {"name": "g"},
    )
    assert first.error == "there is no group nobody, none: create it first"
    assert second.error == "there is no role core.nonsense"
    assert "given twice" in third.error
    assert desk.writes == 0


def test_a_guard_in_use_stays_and_its_users_are_named():
    desk = Desk({})
    desk.objects["distributions/"] = [{"name": "served", "content_guard": "/guards/g/"}]
    [result] = guards(desk, {"name": "g", "state": "absent"})
    assert "in use by the distributions served" in result.error
    assert desk.deleted == []


def test_guards_of_two_types_cannot_have_one_name():
    x509 = {"name": "g", "state": "present", "ca_certificate": "PEM"}
    first, second = guards(Desk({}), {"name": "g"}, x509=[x509])
    assert first.error == ""
    assert "given twice" in second.error


@pytest.mark.parametrize("name", ["", "a ", " a"])
def test_names_that_pulp_would_change_are_refused(name):
    desk = Desk()
    [result], _more = manage_groups(
        Server(desk, Report()), {"groups": [{"name": name, "state": "present"}]}
    )
    assert "leading or trailing spaces" in result.error
    assert desk.writes == 0
