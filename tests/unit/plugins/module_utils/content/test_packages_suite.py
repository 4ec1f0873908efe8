# SPDX-License-Identifier: Apache-2.0
"""Packages get their places in a suite, and no place twice."""

from __future__ import annotations

import pytest

from plugins.module_utils.content.packages import assign_component

WANTED = {"suite": "noble", "component": "main", "architectures": ["arm64"]}
PACKAGES = [
    {"pulp_href": "/packages/1/", "architecture": "amd64"},
    {"pulp_href": "/packages/2/", "architecture": "all"},
]


class Shelf:
    """Units by endpoint; `held`: those that the version has."""

    def __init__(self, check_mode=False):
        self.client = self
        self.check_mode = check_mode
        self.units = {}
        self.held = set()

    def get(self, endpoint, params):
        version = params.pop("repository_version", None)
        own = {key: value for key, value in params.items() if key not in ("fields", "limit")}
        found = [
            href
            for href, unit in self.units.items()
            if unit == (endpoint, own) and (version is None or href in self.held)
        ]
        return {"results": [{"pulp_href": href} for href in found]}

    def post(self, endpoint, body):
        self.units[f"/{len(self.units) + 1}/"] = (endpoint, body)

    def write(self, request, subject):
        request()


@pytest.fixture
def shelf():
    return Shelf()


def kinds(shelf, hrefs):
    return [shelf.units[href][0].split("/")[2] for href in hrefs]


def test_a_new_suite_gets_component_architectures_and_places(shelf):
    made = assign_component(shelf, PACKAGES, WANTED, "", "a")
    places = ["package_release_components"] * 2
    expected = ["release_components", "release_architectures", "release_architectures", *places]
    assert kinds(shelf, made) == expected
    names = [unit[1].get("architecture") for unit in shelf.units.values()]
    assert [name for name in names if name] == ["amd64", "arm64"]


def test_what_the_version_has_is_not_added_and_nothing_is_made_twice(shelf):
    made = assign_component(shelf, PACKAGES, WANTED, "", "a")
    shelf.held = set(made)
    assert assign_component(shelf, PACKAGES, WANTED, "/v/1/", "a") == []
    shelf.held = {made[0]}
    assert assign_component(shelf, PACKAGES, WANTED, "/v/1/", "a") == made[1:]
    assert len(shelf.units) == len(made)


def test_check_mode_makes_nothing():
    shelf = Shelf(check_mode=True)
    assert len(assign_component(shelf, PACKAGES, WANTED, "", "a")) == 5
    assert shelf.units == {}
