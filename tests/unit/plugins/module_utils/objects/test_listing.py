# SPDX-License-Identifier: Apache-2.0
"""All distributions are listed with their content, in few requests."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects import listing as pulp_listing
from plugins.module_utils.objects.listing import list_distributions, read_all_guards, read_served
from plugins.module_utils.pulp.errors import ResponseError
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.fake_pulp.repositories import unit


class ListedPulp:
    """A Pulp with a repository of each of three types.

    Version `n` has `n` + 10 packages, but version 4 of the RPM repository has none.
    """

    def __init__(self):
        self.pulp = FakePulp()
        del self.pulp.versions["file"], self.pulp.versions["python"]
        self.pulp.add("distributions/core/artifact/", name="made by Pulp", base_path="core")
        self.versions = {}
        self.report = None

    def repository(self, kind, newest=9):
        """Return the href of a repository with at least this version."""
        if kind not in self.versions:
            text = {"container": "tag{0} sha256:0"}.get(kind, "package{0} 1-1")
            units = [unit(self.pulp.store, kind, text.format(one)) for one in range(newest + 10)]
            repository = self.versions[kind] = self.pulp.add_repository(kind, f"name of {kind}")
            for number in range(1, newest + 1):
                count = 0 if (kind, number) == ("rpm", 4) else 10 + number
                self.pulp.add_version(repository, *units[:count])
        return self.versions[kind]["pulp_href"]

    def serve(self, kind, name, **fields):
        return self.pulp.add_distribution(kind, name, base_path=f"paths/{name}", **fields)

    def publish(self, kind, name, number, path=""):
        version = f"{self.repository(kind)}versions/{number}/"
        publication = self.pulp.add_publication(version, path)["pulp_href"]
        self.serve(kind, name, publication=publication)

    def listed(self):
        server = self.pulp.server()
        self.report = server.report
        found = list_distributions(server, read_all_guards(server))
        read_served(server, found)
        return {one.name: one for one in found}


@pytest.fixture
def server():
    return ListedPulp()


def test_each_kind_of_served_content_is_reported(server):
    guard = server.pulp.add_guard("release")["pulp_href"]
    rpm, image = server.repository("rpm"), server.repository("container")
    server.publish("rpm", "snapshot", 3)
    server.publish("rpm", "emptied", 4)
    server.serve("rpm", "following", repository=rpm)
    server.serve("rpm", "nothing")
    server.serve("rpm", "fetched", remote="/remotes/1/")
    server.publish("deb", "simple", 1)
    server.publish("deb", "as upstream", 2, "deb/verbatim")
    server.serve("container", "image", repository=image, content_guard=guard)
    server.serve("container", "tagged", repository_version=f"{image}versions/5/")
    found = server.listed()
    keys = ("content_type", "serves", "repository", "version", "packages")
    assert {name: tuple(getattr(one, key) for key in keys) for name, one in found.items()} == {
        "snapshot": ("rpm", "publication", "name of rpm", 3, 13),
        "emptied": ("rpm", "publication", "name of rpm", 4, 0),
        "following": ("rpm", "repository", "name of rpm", None, None),
        "nothing": ("rpm", "nothing", None, None, None),
        "fetched": ("rpm", "remote", None, None, None),
        "simple": ("deb", "publication", "name of deb", 1, 11),
        "as upstream": ("deb", "publication", "name of deb", 2, 12),
        "image": ("container", "repository", "name of container", 9, 19),
        "tagged": ("container", "repository_version", "name of container", 5, 15),
    }
    assert [(one.guard, one.base_path) for one in found.values() if one.guard] == [
        ("release", "paths/image")
    ]
    assert server.report.warnings == []


def test_missing_plugins_are_not_queried(server):
    server.publish("rpm", "snapshot", 3)
    server.listed()
    assert server.pulp.sent(path="/(file|python)/") == []


def test_distributions_of_other_types_are_counted(server):
    server.publish("rpm", "snapshot", 3)
    for name in ("one", "another"):
        server.pulp.add("distributions/ostree/ostree/", name=name, base_path=name)
    assert list(server.listed()) == ["snapshot"]
    assert server.report.warnings == ["2 distributions of other types are not listed"]


def test_a_server_without_distributions_has_an_empty_list(server):
    assert server.listed() == {}


@pytest.mark.parametrize(("private", "guard"), [(True, "private"), (False, "")])
def test_a_private_image_is_reported_as_private_instead_of_its_guard(server, private, guard):
    redirect = server.pulp.add("contentguards/core/content_redirect/", name="redirect")
    server.serve("container", "image", content_guard=redirect["pulp_href"], private=private)
    assert server.listed()["image"].guard == guard


def test_an_invisible_content_guard_is_shown_as_href(server):
    server.serve("rpm", "a", content_guard="/guards/9/")
    assert server.listed()["a"].guard == "/guards/9/"


def test_neighbouring_versions_are_read_in_one_request(server):
    numbers = [*range(1, 60, 3), 200, 205]
    image = server.repository("container", newest=205)
    for number in numbers:
        version = f"{image}versions/{number}/"
        server.serve("container", f"{number:03}", repository_version=version)
    packages = [one.packages for one in server.listed().values()]
    assert packages == [10 + number for number in numbers]
    assert len(server.pulp.sent("GET", "versions/$")) == 2


def test_many_publications_are_read_in_pages_and_few_by_their_hrefs(server, monkeypatch):
    for number in (1, 2, 3):
        server.publish("rpm", str(number), number)
    few = {name: one.version for name, one in server.listed().items()}
    monkeypatch.setattr(pulp_listing, "_MANY", 3)
    many = {name: one.version for name, one in server.listed().items()}
    assert few == many == {"1": 1, "2": 2, "3": 3}


@pytest.mark.parametrize("broken", ["rpm", "container"])
def test_uncountable_packages_are_a_warning(server, broken):
    server.publish("rpm", "a", 3)
    server.serve("container", "b", repository=server.repository("container"))
    error = ResponseError(500, "out of order")
    server.pulp.on("GET", f"{server.repository(broken)}versions/", raises=error)
    found = server.listed()
    unknown = [one.packages is None for one in found.values()]
    assert unknown == [broken == "rpm", broken == "container"]
    assert [one.version for one in found.values()] == [3, 9]
    assert "cannot be counted: out of order" in server.report.warnings[0]
