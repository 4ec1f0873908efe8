# SPDX-License-Identifier: Apache-2.0
"""A publication that a distribution serves is not deleted, in whichever way it is referred to."""

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
        """The names of the publications that there are."""
        return [name for name, href in self.hrefs.items() if href in self.pulp.store.objects]

    def used(self, **names):
        """Distributions by what they use: a publication or something else of this class."""
        return Usage({self.hrefs.get(name) or getattr(self, name): ["served"] for name in names})


@pytest.fixture
def there():
    return Published()


@pytest.mark.parametrize(
    ("used", "left"),
    [([], ["new"]), (["old"], ["old", "new"]), (["new"], ["new"])],
)
def test_duplicates_are_deleted_unless_they_are_served(there, used, left):
    usage = there.used(**dict.fromkeys(used))
    delete_duplicates(
        there.pulp.server(), there.first_version, [there.hrefs["old"]], usage, Result("a", "rpm")
    )
    assert there.left == left


@pytest.mark.parametrize("used", ["repository", "first"])
def test_a_distribution_of_a_repository_or_version_serves_the_newest_publication(there, used):
    usage = there.used(**{used: True})
    duplicates = list(there.hrefs.values())
    delete_duplicates(
        there.pulp.server(), there.first_version, duplicates, usage, Result("a", "rpm")
    )
    assert there.left == ["new"]


def test_a_distribution_of_a_repository_serves_its_newest_version_only(there):
    there.publish("second", there.second)
    usage = there.used(repository=True)
    delete_publications(there.pulp.server(), there.first_version, usage, Result("a", "rpm"))
    assert there.left == ["second"]
    with pytest.raises(Conflict, match="version 2 is in use by the distributions served"):
        delete_publications(
            there.pulp.server(), PublicationSpec(RPM, there.second), usage, Result("a", "rpm")
        )
    assert there.left == ["second"]


def test_when_one_of_them_is_served_all_are_kept(there):
    result = Result("a", "rpm")
    with pytest.raises(Conflict):
        delete_publications(there.pulp.server(), there.first_version, there.used(new=True), result)
    assert there.left == ["old", "new"]
    assert not result.changed


def test_check_mode_reports_what_would_be_deleted_and_keeps_it(there):
    result = Result("a", "rpm")
    delete_publications(there.pulp.server(check_mode=True), there.first_version, Usage(), result)
    assert sorted(result.before["publications"]) == sorted(there.hrefs.values())
    assert there.left == ["old", "new"]
