# SPDX-License-Identifier: Apache-2.0
"""Namespaces give groups exactly the rights that are listed, and go only when they are empty."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.objects.access import RIGHTS, manage_namespaces
from plugins.module_utils.pulp.server import Server
from plugins.module_utils.report.report import Report

PULL, PUSH = RIGHTS["pull"], RIGHTS["push"]
OWN = "container.containernamespace_owner"


class Registry:
    """A Pulp in memory with groups `a` and `b`, and the namespace `n` where `rights` are given."""

    class connection:  # noqa: N801, the client's attribute
        username = "admin"
        concurrency = 1

    def __init__(self, rights: dict[str, list[str]] | None = None) -> None:
        self.namespaces = [] if rights is None else ["n"]
        self.rights = {role: set(groups) for role, groups in (rights or {}).items()}
        self.inside: list[str] = []
        self.deleted: list[str] = []
        self.writes = 0

    def list(self, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        if path.startswith("distributions/"):
            assert params["namespace__name"] == "n"
            return [{"name": name} for name in self.inside]
        there = {"groups/": ["a", "b"], "pulp_container/namespaces/": self.namespaces}[path]
        asked = params["name__in"].split(",")
        return [{"name": name, "pulp_href": f"/{name}/"} for name in there if name in asked]

    def get(self, path: str) -> dict[str, Any]:
        assert path == "/n/list_roles/"
        held = self.rights.items()
        roles = [{"role": role, "users": [], "groups": list(groups)} for role, groups in held]
        return {"roles": [{"role": OWN, "users": ["admin"], "groups": []}, *roles]}

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.writes += 1
        if path == "pulp_container/namespaces/":
            self.namespaces.append(body["name"])
            return {**body, "pulp_href": f"/{body['name']}/"}
        held = self.rights.setdefault(body["role"], set())
        (held.update if path == "/n/add_role/" else held.difference_update)(body["groups"])
        return body

    def delete(self, path: str) -> None:
        self.deleted.append(path)


def make(registry: Registry, *items: dict[str, Any], check_mode: bool = False) -> list:
    server = Server(registry, Report(), check_mode)
    given = {"name": "n", "pull": None, "push": None, "state": "present"}
    return manage_namespaces(server, {"namespaces": [{**given, **item} for item in items]})[0]


@pytest.mark.parametrize(
    ("held", "item", "left"),
    [
        ({}, {"pull": ["b", "a", "a"]}, {PULL: {"a", "b"}}),
        ({PULL: ["a"]}, {"pull": ["b"]}, {PULL: {"b"}}),
        ({PULL: ["a"]}, {"pull": []}, {PULL: set()}),
        ({PULL: ["a"], PUSH: ["b"]}, {"push": []}, {PULL: {"a"}, PUSH: set()}),
        ({PULL: ["a"], OWN: ["b"]}, {"pull": ["b"]}, {PULL: {"b"}, OWN: {"b"}}),
    ],
)
def test_each_list_that_is_given_is_exact_and_nothing_else_is_touched(held, item, left):
    registry = Registry(held)
    [result] = make(registry, item)
    assert (result.error, result.action) == ("", "updated")
    assert registry.rights == left


@pytest.mark.parametrize("item", [{}, {"pull": ["a"]}, {"pull": ["a"], "push": []}])
def test_what_is_as_wanted_is_left_alone(item):
    registry = Registry({PULL: ["a"]})
    [result] = make(registry, item)
    assert (result.action, registry.writes) == ("unchanged", 0)


def test_check_mode_tells_of_a_new_namespace_and_its_rights_and_writes_nothing():
    registry, item = Registry(), {"pull": ["a"], "push": []}
    [announced] = make(registry, item, check_mode=True)
    assert registry.writes == 0
    [done] = make(registry, item)
    assert (announced.before, announced.after) == (done.before, done.after)
    assert done.action == "created"
    assert done.after == {"name": "n", "roles": {PULL: ["a"]}}


def test_mistakes_are_named_before_anything_is_written():
    registry = Registry({})
    first, second, third = make(registry, {"push": ["x", "a"]}, {"name": "a/b"}, {})
    assert first.error == "there is no group x: create it first"
    assert "no image can be named below it" in second.error
    assert "given twice" in third.error
    assert registry.writes == 0


def test_a_namespace_with_distributions_stays_and_they_are_named():
    registry = Registry({})
    registry.inside = ["nova", "glance"]
    [result] = make(registry, {"state": "absent", "pull": ["nobody"]})
    assert "container namespace 'n' is in use by the distributions glance, nova" in result.error
    assert registry.deleted == []


def test_an_empty_namespace_goes_and_one_that_is_not_there_is_fine():
    registry = Registry({})
    gone, never = make(registry, {"state": "absent"}, {"name": "A/B", "state": "absent"})
    assert (gone.action, never.action) == ("deleted", "unchanged")
    assert registry.deleted == ["/n/"]
