# SPDX-License-Identifier: Apache-2.0
"""Publications that go: never one that a distribution serves, by whichever way it names it."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects.publication import clean_up, remove
from plugins.module_utils.pulp.errors import Conflict
from plugins.module_utils.pulp.references import Usage
from plugins.module_utils.pulp.types import CONTENT_TYPES
from plugins.module_utils.report.report import Result

RPM = CONTENT_TYPES["rpm"]
REPOSITORY = "/repositories/rpm/rpm/1/"
FIRST, SECOND = f"{REPOSITORY}versions/1/", f"{REPOSITORY}versions/2/"


def publication(href, version, created):
    return {"pulp_href": href, "repository_version": version, "pulp_created": created}


class Server:
    """Holds publications: two of the first version, one of the second."""

    def __init__(self, *more):
        self.client = self
        self.check_mode = False
        self.there = [publication("/old/", FIRST, "1"), publication("/new/", FIRST, "2"), *more]

    def list(self, path, params):
        version = params.get("repository_version")
        return [one for one in self.there if version in (None, one["repository_version"])]

    def delete(self, href, subject=""):
        self.there = [one for one in self.there if one["pulp_href"] != href]

    def write(self, request, subject):
        request()

    @property
    def left(self):
        return [one["pulp_href"] for one in self.there]


@pytest.mark.parametrize(
    ("users", "left"),
    [
        ({}, ["/new/"]),
        ({"/old/": ["served"]}, ["/old/", "/new/"]),
        ({"/new/": ["served"]}, ["/new/"]),
    ],
)
def test_duplicates_go_unless_they_are_served(users, left):
    server = Server()
    clean_up(server, RPM, FIRST, ["/old/"], Usage(users), Result("a", "rpm"))
    assert server.left == left


@pytest.mark.parametrize("named", [REPOSITORY, FIRST])
def test_the_newest_is_what_a_distribution_of_a_repository_or_version_serves(named):
    server = Server()
    usage = Usage({named: ["served"]})
    clean_up(server, RPM, FIRST, ["/old/", "/new/"], usage, Result("a", "rpm"))
    assert server.left == ["/new/"]


def test_a_distribution_of_a_repository_serves_its_newest_version_only():
    server = Server(publication("/second/", SECOND, "3"))
    usage = Usage({REPOSITORY: ["served"]})
    remove(server, RPM, None, FIRST, usage, Result("a", "rpm"))
    assert server.left == ["/second/"]
    with pytest.raises(Conflict, match="version 2 is in use by the distributions served"):
        remove(server, RPM, None, SECOND, usage, Result("a", "rpm"))
    assert server.left == ["/second/"]


def test_when_one_of_them_is_served_all_stay():
    server, result = Server(), Result("a", "rpm")
    with pytest.raises(Conflict):
        remove(server, RPM, None, FIRST, Usage({"/new/": ["served"]}), result)
    assert server.left == ["/old/", "/new/"]
    assert not result.changed


def test_check_mode_says_what_would_go_and_leaves_it():
    server, result = Server(), Result("a", "rpm")
    server.check_mode = True
    remove(server, RPM, None, FIRST, Usage(), result)
    assert result.before == {"publications": ["/old/", "/new/"]}
    assert server.left == ["/old/", "/new/"]
