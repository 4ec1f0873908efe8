# SPDX-License-Identifier: Apache-2.0
"""Packages are assigned to a suite and component once."""

from __future__ import annotations

import pytest

from plugins.module_utils.content.packages import assign_component
from tests.unit.fake_pulp.pulp import FakePulp

WANTED = {"suite": "noble", "component": "main", "architectures": ["arm64"]}


@pytest.fixture
def pulp():
    return FakePulp()


@pytest.fixture
def packages(pulp):
    """Return two packages on the server, one of them for all architectures."""
    names = ("amd64", "all")
    return [pulp.add("content/deb/packages/", architecture=name) for name in names]


def suite_units(pulp):
    """Return the existing units of suites."""
    units = pulp.store.within("content/deb/")
    return [one for one in units if "/packages/" not in one["pulp_href"]]


def kinds(hrefs):
    return [href.split("/")[-3] for href in hrefs]


def test_a_new_suite_has_its_component_architectures_and_packages(pulp, packages):
    units = assign_component(pulp.server(), packages, WANTED, "", "a")
    members = ["package_release_components"] * 2
    expected = ["release_components", "release_architectures", "release_architectures", *members]
    assert kinds(units) == expected
    names = [unit.get("architecture") for unit in suite_units(pulp)]
    assert [name for name in names if name] == ["amd64", "arm64"]


def test_existing_units_are_neither_added_nor_created_again(pulp, packages):
    server = pulp.server()
    units = assign_component(server, packages, WANTED, "", "a")
    repository = pulp.add_repository("deb", "a", *units)
    version = repository["latest_version_href"]
    assert assign_component(server, packages, WANTED, version, "a") == []
    version = pulp.add_version(repository, units[0])["pulp_href"]
    assert assign_component(server, packages, WANTED, version, "a") == units[1:]
    assert len(suite_units(pulp)) == len(units)


def test_check_mode_creates_nothing(pulp, packages):
    server = pulp.server(check_mode=True)
    assert len(assign_component(server, packages, WANTED, "", "a")) == 5
    assert suite_units(pulp) == []
