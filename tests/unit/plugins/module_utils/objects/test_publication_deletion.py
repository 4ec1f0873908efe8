# SPDX-License-Identifier: Apache-2.0
"""A publication that a distribution serves, directly or indirectly, is not deleted."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects.publication import (
    PublicationSpec,
    delete_duplicates,
    delete_publications,
)
from plugins.module_utils.pulp.errors import Conflict
from plugins.module_utils.pulp.references import Usage
from plugins.module_utils.pulp.types import CONTENT_TYPES
from plugins.module_utils.report.report import Result
from tests.unit.fake_pulp.pulp import FakePulp

RPM = CONTENT_TYPES["rpm"]


class Published:
    """A repository with two versions; the first has the publications `old` and `new`."""

    def __init__(self):
        self.pulp = FakePulp()
        repository = self.pulp.add_repository("rpm", "a", "kernel 1-1")
        self.repository = repository["pulp_href"]
        self.first = repository["latest_version_href"]
        self.second = self.pulp.add_version(repository, "kernel 2-1")["pulp_href"]
        self.first_version = PublicationSpec(RPM, self.first)
        self.hrefs = {}
        self.publish("old", self.first)
        self.publish("new", self.first)

    def publish(self, name, version):
        self.hrefs[name] = self.pulp.add_publication(version)["pulp_href"]

    @property
    def left(self):
        """The names of the remaining publications."""
        return [name for name, href in self.hrefs.items() if href in self.pulp.store.objects]

    def used(self, **names):
        """Return a usage in which a distribution uses each of these objects."""
        return Usage({self.hrefs.get(name) or getattr(self, name): ["served"] for name in names})


@pytest.fixture
def published():
    return Published()


@pytest.mark.parametrize(
    ("used", "left"),
    [([], ["new"]), (["old"], ["old", "new"]), (["new"], ["new"])],
)
def test_duplicates_are_deleted_unless_they_are_served(published, used, left):
    usage = published.used(**dict.fromkeys(used))
    delete_duplicates(
        published.pulp.server(),
        published.first_version,
        [published.hrefs["old"]],
        usage,
        Result("a", "rpm"),
    )
    assert published.left == left


@pytest.mark.parametrize("used", ["repository", "first"])
def test_a_distribution_of_a_repository_or_version_serves_the_newest_publication(published, used):
    usage = published.used(**{used: True})
    duplicates = list(published.hrefs.values())
    delete_duplicates(
        published.pulp.server(), published.first_version, duplicates, usage, Result("a", "rpm")
    )
    assert published.left == ["new"]


def test_a_distribution_of_a_repository_serves_its_newest_version_only(published):
    published.publish("second", published.second)
    usage = published.used(repository=True)
    delete_publications(published.pulp.server(), published.first_version, usage, Result("a", "rpm"))
    assert published.left == ["second"]
    with pytest.raises(Conflict, match="version 2 is in use by the distributions served"):
        delete_publications(
            published.pulp.server(),
            PublicationSpec(RPM, published.second),
            usage,
            Result("a", "rpm"),
        )
    assert published.left == ["second"]


def test_all_are_kept_if_one_is_served(published):
    result = Result("a", "rpm")
    with pytest.raises(Conflict):
        delete_publications(
            published.pulp.server(), published.first_version, published.used(new=True), result
        )
    assert published.left == ["old", "new"]
    assert not result.changed


def test_check_mode_reports_what_would_be_deleted_and_keeps_it(published):
    result = Result("a", "rpm")
    delete_publications(
        published.pulp.server(check_mode=True), published.first_version, Usage(), result
    )
    assert sorted(result.before["publications"]) == sorted(published.hrefs.values())
    assert published.left == ["old", "new"]
