# SPDX-License-Identifier: Apache-2.0
"""Promotions report the content guards before and after, and in check mode the content."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.pulp.errors import InvalidItem, LostResponse, ResponseError
from plugins.module_utils.release.promote import promote_packages
from tests.unit.fake_pulp.pulp import FakePulp

STAMP, OLDER = "20260101T000000", "20251201T000000"


class Ark:
    """A Pulp with a snapshot of each name, which has this content guard and three packages."""

    def __init__(self, **guards: str | None) -> None:
        self.pulp = FakePulp(pulp_url="https://ark.example.com/", concurrency=1)
        self.names = list(guards)
        self.hrefs = {
            name: self.pulp.add_guard(name)["pulp_href"] for name in ("development", "release")
        }
        for name, guard in guards.items():
            self.pulp.add_repository("rpm", name)
            href = self.hrefs[guard] if guard else None
            self.pulp.add_distribution("rpm", f"{name}-{STAMP}", content_guard=href)
            self.set_packages(name, 3)

    def set_packages(self, name: str, number: int) -> None:
        """Set the number of packages of a snapshot."""
        repository = self.pulp.find("repositories/", name=name)
        packages = [f"package{index} 1-1" for index in range(number)]
        version = self.pulp.add_version(repository, *packages)["pulp_href"]
        publication = self.pulp.add_publication(version)["pulp_href"]
        for entry in self.pulp.store.within("distributions/"):
            if entry["name"] == f"{name}-{STAMP}":
                entry["publication"] = publication

    def guard(self, name: str) -> str | None:
        """Return the content guard of a snapshot."""
        href = self.pulp.by_name("distributions/")[f"{name}-{STAMP}"]["content_guard"]
        return next((guard for guard, one in self.hrefs.items() if one == href), None)

    @property
    def package_counts(self) -> int:
        """How often packages were counted."""
        return len(self.pulp.sent("GET", r"/versions/\d+/$"))


def promote(
    ark: Ark, check_mode: bool = False, diff: bool = False, **more: Any
) -> tuple[list[Any], list[str]]:
    no_selection = {
        f"{kind}_{what}": None for kind in ("rpm", "deb") for what in ("filter", "defaults")
    }
    params = {
        **no_selection,
        "rpm": [
            {
                "name": name,
                "short_name": name,
                "base_path": f"{name}/",
                "distribution_name": f"{name}-",
                **more.get(name, {}),
            }
            for name in ark.names
        ],
        **{"package_filter": None, "sync_group": None, "retry": None, "pins_strict": False},
        "package_versions": dict.fromkeys(ark.names, STAMP),
        "content_guard": "release",
        "allow_empty": more.get("allow_empty", False),
    }
    results, more = promote_packages(ark.pulp.server(check_mode, diff), params)
    return results, more["lines"]


def test_a_run_reports_the_guards_by_name_and_counts_what_changes():
    ark = Ark(a="development", b="release", c=None)
    results, lines = promote(ark)
    assert lines == [
        f"a  {STAMP}  development -> release",
        f"c  {STAMP}  everybody -> release",
    ]
    assert results[0].after == {"content_guard": "release"}
    assert results[0].as_dict()["told"] == "development -> release"
    assert "told" not in results[1].more
    assert ark.package_counts == 2


@pytest.mark.parametrize("mode", [{"check_mode": True}, {"diff": True}])
def test_check_and_diff_mode_report_urls_and_packages_of_changed_snapshots(mode):
    ark = Ark(a="development", b="release", c="development")
    ark.set_packages("c", 1)
    results, lines = promote(ark, **mode)
    url = f"https://ark.example.com/pulp/content/a/{STAMP}/"
    assert lines[0] == f"a  {STAMP}  development -> release, 3 packages  {url}"
    assert "release, 1 package  https" in lines[1]
    assert results[0].before == {"content_guard": "development"}
    assert results[0].after == {"content_guard": "release", "visible": f"3 packages at {url}"}
    assert (results[0].more["url"], results[0].more["packages"]) == (url, 3)
    assert ark.package_counts == 4


def test_a_snapshot_without_packages_is_refused_and_nothing_is_written():
    ark = Ark(a="development", b="development", c="release")
    ark.set_packages("b", 0)
    ark.set_packages("c", 0)
    with pytest.raises(InvalidItem, match=f"'b-{STAMP}' of b has no packages: check url") as raised:
        promote(ark)
    assert f"c-{STAMP}" not in str(raised.value)
    assert ark.guard("a") == "development"


@pytest.mark.parametrize("how", [{"allow_empty": True}, {"b": {"allow_empty": True}}])
def test_a_snapshot_without_packages_is_promoted_if_that_is_allowed(how):
    ark = Ark(a="development", b="development")
    ark.set_packages("b", 0)
    promote(ark, **how)
    assert (ark.guard("a"), ark.guard("b")) == ("release", "release")


def test_a_snapshot_whose_packages_cannot_be_counted_is_refused():
    ark = Ark(a="development")
    ark.pulp.on("GET", r"/versions/\d+/$", raises=ResponseError(500, "out of order"))
    with pytest.raises(InvalidItem, match="content of snapshot .* cannot be counted: .*order"):
        promote(ark)
    assert ark.guard("a") == "development"


def test_check_mode_does_not_change_content_guards():
    ark = Ark(a="development")
    promote(ark, check_mode=True)
    assert ark.guard("a") == "development"


def test_packages_that_cannot_be_shown_do_not_stop_a_promotion():
    ark = Ark(a="development")
    ark.pulp.on("GET", r"/versions/\d+/$", skip=1, raises=ResponseError(500, "out of order"))
    results, lines = promote(ark, diff=True)
    assert results[0].changed
    assert not results[0].error
    assert "unknown number of packages" in lines[0]
    assert ark.guard("a") == "release"


def test_a_promoted_distribution_that_cannot_be_read_is_a_warning():
    ark = Ark(a="development")
    ark.pulp.on("GET", "publications/", skip=1, raises=LostResponse("it broke"))
    results, lines = promote(ark, diff=True)
    assert results[0].changed
    assert lines == [f"a  {STAMP}  development -> release"]


def test_a_missing_snapshot_is_reported_and_nothing_is_written():
    ark = Ark(a="development", b="development")
    entry = ark.pulp.find("distributions/", name=f"b-{STAMP}")
    for name, message in (
        ("another", "and the repository has no snapshot"),
        (f"b-{OLDER}", f"the newest is {OLDER}"),
    ):
        entry["name"] = name
        with pytest.raises(InvalidItem, match=f"'b-{STAMP}' of b does not exist, {message}"):
            promote(ark)
    assert ark.guard("a") == "development"


def test_the_url_has_the_path_prefix_of_the_server():
    ark = Ark(a="development")
    ark.pulp.content_path_prefix = "/content/"
    results, _lines = promote(ark, check_mode=True)
    assert results[0].more["url"] == f"https://ark.example.com/content/a/{STAMP}/"


def release_older(ark: Ark, name: str, *packages: str) -> None:
    """Release an older snapshot with these packages; the pinned one gets a version after it."""
    repository = ark.pulp.find("repositories/", name=name)
    version = ark.pulp.add_version(repository, *packages)["pulp_href"]
    publication = ark.pulp.add_publication(version)["pulp_href"]
    ark.pulp.add_distribution(
        "rpm",
        f"{name}-{OLDER}",
        content_guard=ark.hrefs["release"],
        publication=publication,
    )
    ark.set_packages(name, 3)


@pytest.mark.parametrize("mode", [{}, {"check_mode": True}, {"diff": True}])
def test_a_promotion_shows_what_differs_from_the_released_snapshot(mode):
    ark = Ark(a="development", b="release", c="development")
    release_older(ark, "a", "kernel 1-1", "package0 0-1", "package1 1-1", "package2 1-1")
    results, lines = promote(ark, **mode)
    text = f"+1 -2, 1 upgraded since {OLDER}: kernel 1-1 removed"
    assert lines[0].endswith(f"  {text}")
    assert "since" not in lines[1]
    more = results[0].more
    assert (more["previous"], more["packages_added"], more["packages_removed"]) == (OLDER, 1, 2)
    assert results[0].after["packages"] == text
    assert results[0].reported["changes"] == {
        "added": [],
        "removed": [{"name": "kernel", "arch": "x86_64", "version": "1-1"}],
        "upgraded": [{"name": "package0", "arch": "x86_64", "version": "1-1", "before": "0-1"}],
        "downgraded": [],
    }
    assert "changes" not in results[0].as_dict()


def test_a_promotion_of_the_same_content_says_so():
    ark = Ark(a="development")
    release_older(ark, "a", "package0 1-1", "package1 1-1", "package2 1-1")
    _results, (line,) = promote(ark)
    assert line.endswith(f"  no package changed since {OLDER}")


def test_content_that_cannot_be_compared_does_not_fail_the_promotion():
    ark = Ark(a="development")
    release_older(ark, "a", "kernel 1-1")
    ark.pulp.on("GET", "number__range", raises=ResponseError(500, "no"), times=9)
    results, _lines = promote(ark)
    assert ark.guard("a") == "release"
    assert not results[0].error


def test_a_promotion_of_many_pins_sends_few_requests_for_each():
    names = [f"r{number}" for number in range(40)]
    ark = Ark(**dict.fromkeys(names, "development"))
    for name in names:
        release_older(ark, name, "kernel 1-1", "package0 1-1", "package1 1-1", "package2 1-1")
    results, _lines = promote(ark)
    assert all(one.more["packages_removed"] == 1 for one in results)
    extra = ark.pulp.sent("GET", r"name__regex|number__range|content/rpm/packages")
    assert len(extra) == 3 * len(names)
