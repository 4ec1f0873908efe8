# SPDX-License-Identifier: Apache-2.0
"""All distributions with what they serve, of all content types, in few requests."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects import listing as pulp_listing
from plugins.module_utils.objects.listing import list_distributions, read_all_guards, read_served
from plugins.module_utils.pulp.errors import ResponseError
from plugins.module_utils.report.report import Report

REPOSITORIES = "/pulp/api/v3/repositories/{}/{}/"
PUBLICATIONS = "/pulp/api/v3/publications/{}/{}/"
RPM, APT, IMAGE = (
    REPOSITORIES.format(*one)
    for one in (("rpm/rpm", "r"), ("deb/apt", "d"), ("container/container", "c"))
)
UNITS = {RPM: "rpm.package", APT: "deb.package", IMAGE: "container.tag"}


def distribution(name, **fields):
    return {
        "pulp_href": f"/{name}/",
        "pulp_created": "2026-11-16T02:00:00.123456Z",
        "name": name,
        "base_path": f"paths/{name}",
        **fields,
    }


class Shelf:
    """A Pulp in memory with the plugins rpm, deb and container. A version has ten packages more
    than its number says; version 4 of the RPM repository has none."""

    def __init__(self, **distributions):
        self.client = self
        self.report = Report()
        self.asked = []
        self.distributions = {
            f"distributions/{name}/": there
            for name, there in zip(
                ("rpm/rpm", "deb/apt", "container/container"),
                (distributions.get(kind, []) for kind in ("rpm", "deb", "container")),
            )
        }
        self.others = distributions.get("others", 0)
        self.broken = ""

    def has_version(self, component, version):
        return component in ("core", "rpm", "deb", "container")

    def write_concurrency(self):
        return 2

    def get(self, path, params=None):
        assert path == "distributions/"
        own = 1
        if "pulp_type" in params:
            return {"count": own}
        return {"count": own + self.others + sum(map(len, self.distributions.values()))}

    def list(self, path, params=None):
        params = params or {}
        self.asked.append(path)
        if path in self.distributions:
            return self.distributions[path]
        if path == "contentguards/":
            return [{"pulp_href": "/guards/1/", "name": "release"}]
        if path == "repositories/":
            wanted = params["pulp_id__in"].split(",")
            return [
                {"pulp_href": href, "name": f"name of {href[-2]}", "latest_version_href": latest}
                for href, latest in ((href, f"{href}versions/9/") for href in UNITS)
                if href[-2] in wanted
            ]
        if path.startswith("publications/"):
            kind = path[len("publications/") : -1]
            owner = RPM if kind == "rpm/rpm" else APT
            numbers = params["pulp_id__in"].split(",") if "pulp_id__in" in params else "1234"
            return [
                {
                    "pulp_href": PUBLICATIONS.format(kind, number),
                    "repository_version": f"{owner}versions/{number}/",
                }
                for number in numbers
            ]
        return self._versions(path, *map(int, params["number__range"].split(",")))

    def _versions(self, path, first, last):
        owner = path[: -len("versions/")]
        if owner == self.broken:
            raise ResponseError(500, "out of order")
        return [
            {
                "pulp_href": f"{path}{number}/",
                "content_summary": {
                    "present": {} if number == 4 else {UNITS[owner]: {"count": 10 + number}}
                },
            }
            for number in range(first, last + 1)
        ]


def listed(shelf):
    found = list_distributions(shelf, read_all_guards(shelf))
    read_served(shelf, found)
    return {one.name: one for one in found}


def published(name, number, kind="rpm/rpm"):
    return distribution(name, publication=PUBLICATIONS.format(kind, number))


def test_each_way_to_serve_something_is_told():
    shelf = Shelf(
        rpm=[
            published("snapshot", 3),
            published("emptied", 4),
            distribution("following", repository=RPM),
            distribution("nothing", publication=None, repository=None),
            distribution("fetched", remote="/remotes/1/"),
        ],
        deb=[published("simple", 1, "deb/apt"), published("as upstream", 2, "deb/verbatim")],
        container=[
            distribution("image", repository=IMAGE, content_guard="/guards/1/"),
            distribution("tagged", repository_version=f"{IMAGE}versions/5/"),
        ],
    )
    found = listed(shelf)
    keys = ("content_type", "serves", "repository", "version", "packages")
    assert {name: tuple(getattr(one, key) for key in keys) for name, one in found.items()} == {
        "snapshot": ("rpm", "publication", "name of r", 3, 13),
        "emptied": ("rpm", "publication", "name of r", 4, 0),
        "following": ("rpm", "repository", "name of r", None, None),
        "nothing": ("rpm", "nothing", None, None, None),
        "fetched": ("rpm", "remote", None, None, None),
        "simple": ("deb", "publication", "name of d", 1, 11),
        "as upstream": ("deb", "publication", "name of d", 2, 12),
        "image": ("container", "repository", "name of c", 9, 19),
        "tagged": ("container", "repository_version", "name of c", 5, 15),
    }
    assert [(one.guard, one.base_path) for one in found.values() if one.guard] == [
        ("release", "paths/image")
    ]
    assert shelf.report.warnings == []


def test_a_plugin_that_the_server_lacks_is_not_asked_for():
    shelf = Shelf(rpm=[published("snapshot", 3)])
    listed(shelf)
    assert not any("file" in path or "python" in path for path in shelf.asked)


def test_what_is_of_another_type_is_counted():
    shelf = Shelf(rpm=[published("snapshot", 3)], others=2)
    assert list(listed(shelf)) == ["snapshot"]
    assert shelf.report.warnings == ["2 distributions of other types are not listed"]


def test_a_pulp_that_serves_nothing_has_an_empty_list():
    assert listed(Shelf()) == {}


@pytest.mark.parametrize(("private", "guard"), [(True, "private"), (False, "")])
def test_who_may_pull_an_image_is_told_in_place_of_its_guard(private, guard):
    fields = {"content_guard": "/contentguards/core/content_redirect/1/", "private": private}
    shelf = Shelf(container=[distribution("image", **fields)])
    assert listed(shelf)["image"].guard == guard


def test_a_guard_that_may_not_be_seen_is_shown_as_it_is():
    shelf = Shelf(rpm=[distribution("a", content_guard="/guards/9/")])
    assert listed(shelf)["a"].guard == "/guards/9/"


def test_versions_that_are_near_to_each_other_are_one_request():
    numbers = [*range(1, 60, 3), 200, 205]
    versions = [
        distribution(str(number), repository_version=f"{IMAGE}versions/{number}/")
        for number in numbers
    ]
    shelf = Shelf(container=versions)
    packages = [one.packages for one in listed(shelf).values()]
    assert packages == [0 if number == 4 else 10 + number for number in numbers]
    assert len([path for path in shelf.asked if path.endswith("versions/")]) == 2


def test_many_publications_are_read_in_pages_and_few_by_themselves(monkeypatch):
    shelf = Shelf(rpm=[published(str(number), number) for number in (1, 2, 3)])
    few = {name: one.version for name, one in listed(shelf).items()}
    monkeypatch.setattr(pulp_listing, "_MANY", 3)
    many = {name: one.version for name, one in listed(shelf).items()}
    assert few == many == {"1": 1, "2": 2, "3": 3}


@pytest.mark.parametrize("broken", [RPM, IMAGE])
def test_packages_that_cannot_be_counted_are_a_warning(broken):
    shelf = Shelf(rpm=[published("a", 3)], container=[distribution("b", repository=IMAGE)])
    shelf.broken = broken
    found = listed(shelf)
    assert [one.packages is None for one in found.values()] == [broken == RPM, broken == IMAGE]
    assert [one.version for one in found.values()] == [3, 9]
    assert "cannot be counted: out of order" in shelf.report.warnings[0]
