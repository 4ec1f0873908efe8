# SPDX-License-Identifier: Apache-2.0
"""Production channels are promoted together, and rolled back together."""

from __future__ import annotations

import itertools
from math import inf
from typing import Any

import pytest

from plugins.module_utils.pulp.errors import InvalidItem, PulpError, ResponseError, Unreachable
from plugins.module_utils.release.channels import promote_channels
from tests.unit.fake_pulp.pulp import FakePulp

PUBLICATIONS = "/pulp/api/v3/publications/rpm/rpm/"


class Site:
    """The Pulp of a client with channels.

    Each channel has a development and a production distribution. Publications have names of a
    letter and a number.
    """

    def __init__(self, **serving: str) -> None:
        self.pulp = FakePulp(concurrency=1)
        self.guard = self.pulp.add_guard("site")["pulp_href"]
        for name, publication in serving.items():
            self.serve(name.replace("_", "-"), publication)

    def serve(self, name: str, publication: str, **more: Any) -> None:
        """Let a distribution serve a publication, or none. Add the distribution if needed."""
        pulp, href = self.pulp, f"{PUBLICATIONS}{publication}/" if publication else None
        if href and href not in pulp.store.objects:
            pulp.add("publications/rpm/rpm/", pulp_href=href, repository_version="")
        fields = {"publication": href, **more}
        if name in pulp.by_name("distributions/"):
            pulp.find("distributions/", name=name).update(fields)
        else:
            path = name.replace("-", "/")
            pulp.add_distribution("rpm", name, base_path=path, **fields)

    @property
    def production(self) -> dict[str, str]:
        """Channel -> the publication that it serves in production."""
        return {
            name[: -len("-production")]: (entry["publication"] or "").split("/")[-2]
            for name, entry in self.pulp.by_name("distributions/").items()
            if name.endswith("-production")
        }

    def entry(self, name: str) -> dict[str, Any]:
        """Return a distribution as the API shows it."""
        return self.pulp.by_name("distributions/")[name]


def items(channels: str, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{one}-production",
            "distribution": f"{one}-development",
            "base_path": f"{one}/production/",
            "state": "present",
            **more,
        }
        for one in channels
    ]


@pytest.fixture(autouse=True)
def _one_second_between_promotions(monkeypatch):
    """Let the time of each promotion be a second later."""
    numbers = itertools.count(1)
    monkeypatch.setattr(
        "plugins.module_utils.release.channels.current_stamp",
        lambda: f"20260101T0000{next(numbers) // 2:02}",
    )


def promote(site: Site, channels: str, to: str = "development", **more: Any) -> list[bool]:
    server = site.pulp.server()
    results, _more = promote_channels(server, {"rpm": items(channels, **more), "to": to})
    return [result.changed for result in results]


@pytest.fixture
def site():
    """Return a site with two channels that were promoted together, then only B again."""
    site = Site(a_development="a1", b_development="b1", a_production="a0", b_production="b0")
    promote(site, "ab")
    site.serve("b-development", "b2")
    promote(site, "ab")
    assert site.production == {"a": "a1", "b": "b2"}
    return site


def test_a_rollback_undoes_the_last_promotion_and_nothing_older(site):
    assert promote(site, "ab", to="previous") == [False, True]
    assert site.production == {"a": "a1", "b": "b1"}


def test_a_second_rollback_changes_nothing(site):
    promote(site, "ab", to="previous")
    assert promote(site, "ab", to="previous") == [False, False]
    assert site.production == {"a": "a1", "b": "b1"}


def test_after_a_rollback_a_promotion_and_its_rollback_work_again(site):
    promote(site, "ab", to="previous")
    assert promote(site, "ab") == [False, True]
    assert site.production == {"a": "a1", "b": "b2"}
    promote(site, "ab", to="previous")
    assert site.production == {"a": "a1", "b": "b1"}


def test_a_promotion_that_changes_nothing_is_not_rolled_back(site):
    assert promote(site, "ab") == [False, False]
    promote(site, "ab", to="previous")
    assert site.production == {"a": "a1", "b": "b1"}


def test_later_changes_of_others_are_reported_and_nothing_is_changed(site):
    site.serve("b-production", "b9")
    with pytest.raises(InvalidItem, match="'b-production' serves neither"):
        promote(site, "ab", to="previous")
    assert site.production == {"a": "a1", "b": "b9"}


def test_a_deleted_publication_cannot_be_restored(site):
    site.pulp.store.remove(f"{PUBLICATIONS}b1/")
    with pytest.raises(InvalidItem, match="'b-production': the publication that it served be"):
        promote(site, "ab", to="previous")
    assert site.production["b"] == "b2"


def test_a_rollback_without_a_promotion_is_an_error():
    with pytest.raises(InvalidItem, match="no promotion of these channels is recorded"):
        promote(Site(a_development="a1", a_production="a0"), "a", to="previous")


def test_a_channel_that_the_promotion_created_is_kept_with_a_warning():
    site = Site(a_development="a1", b_development="b1", b_production="b0")
    promote(site, "ab")
    server = site.pulp.server()
    promote_channels(server, {"rpm": items("ab"), "to": "previous"})
    assert site.production == {"a": "a1", "b": "b0"}
    assert "a-production: was created by the promotion" in server.report.warnings[0]


def test_a_rollback_of_a_first_promotion_has_nothing_to_go_back_to():
    site = Site(a_development="a1")
    promote(site, "a")
    with pytest.raises(
        InvalidItem,
        match="nothing was rolled back: there is nothing to go back to: the promotion .* created "
        "a-production",
    ):
        promote(site, "a", to="previous")
    assert site.production == {"a": "a1"}


def test_a_second_rollback_reports_that_it_was_done_before(site):
    promote(site, "ab", to="previous")
    server = site.pulp.server()
    promote_channels(server, {"rpm": items("ab"), "to": "previous"})
    assert "is already rolled back: nothing was changed" in server.report.warnings[0]


def test_a_channel_that_serves_nothing_any_more_is_named(site):
    site.serve("b-production", "")
    with pytest.raises(InvalidItem, match="'b-production' serves neither"):
        promote(site, "ab", to="previous")


def test_a_rollback_names_the_channels_of_the_promotion_that_are_not_selected():
    site = Site(a_development="a1", b_development="b1", a_production="a0", b_production="b0")
    promote(site, "ab")
    server = site.pulp.server()
    promote_channels(server, {"rpm": items("a"), "to": "previous"})
    assert site.production == {"a": "a0", "b": "b1"}
    assert server.report.warnings[0].endswith("and are not rolled back: b-production")
    server = site.pulp.server()
    promote_channels(server, {"rpm": items("b"), "to": "previous"})
    assert (server.report.warnings, site.production) == ([], {"a": "a0", "b": "b0"})


def test_a_promotion_after_a_rollback_of_a_part_restores_what_was_served_before_it():
    site = Site(a_development="a1", b_development="b1", a_production="a0", b_production="b0")
    promote(site, "ab")
    promote(site, "a", to="previous")
    site.serve("b-development", "b2")
    promote(site, "ab")
    promote(site, "ab", to="previous")
    assert site.production == {"a": "a0", "b": "b1"}


def killed(site: Site, writes: int) -> None:
    """Let the server be gone for a run after this number of writes."""
    site.pulp.on("PATCH", "distributions/", raises=Unreachable("killed"), skip=writes, times=inf)
    site.pulp.on("GET", "distributions/.*pulp_id__in", raises=Unreachable("killed"), times=inf)


def test_an_interrupted_promotion_that_is_repeated_is_rolled_back_as_a_whole():
    names = "abcdef"
    site = Site()
    for name in names:
        site.serve(f"{name}-development", f"{name}1")
        site.serve(f"{name}-production", f"{name}0")
    killed(site, 3)
    with pytest.raises(PulpError):
        promote(site, names)
    site.pulp.rules.clear()
    assert set(site.production.values()) == {"a1", "b1", "c1", "d0", "e0", "f0"}
    server = site.pulp.server()
    promote_channels(server, {"rpm": items(names), "to": "development"})
    assert "was interrupted. This run completes it" in server.report.warnings[0]
    assert site.production == {name: f"{name}1" for name in names}
    assert promote(site, names, to="previous") == [True] * 6
    assert site.production == {name: f"{name}0" for name in names}


def test_an_interrupted_promotion_is_completed_by_one_of_newer_content():
    site = Site(a_development="a1", b_development="b1", a_production="a0", b_production="b0")
    killed(site, 1)
    with pytest.raises(PulpError):
        promote(site, "ab")
    site.pulp.rules.clear()
    site.serve("a-development", "a2")
    promote(site, "ab")
    assert site.production == {"a": "a2", "b": "b1"}
    promote(site, "ab", to="previous")
    assert site.production == {"a": "a0", "b": "b0"}


def test_a_new_channel_gets_base_path_and_content_guard_of_its_item():
    site = Site(a_development="a1")
    promote(site, "a", content_guard="site")
    channel = site.entry("a-production")
    assert (channel["base_path"], channel["content_guard"]) == ("a/production", site.guard)


def test_a_channel_that_served_a_repository_serves_the_publication_alone():
    site = Site(a_development="a1")
    site.serve("a-production", "", repository=site.pulp.add_repository("rpm", "a")["pulp_href"])
    promote(site, "a")
    assert site.entry("a-production")["repository"] is None
    assert site.production == {"a": "a1"}


def test_absent_channels_are_deleted_after_the_others_are_promoted():
    site = Site(a_development="a1", a_production="a0", b_production="b0")
    server = site.pulp.server()
    absent = [{"name": "b-production", "state": "absent"}]
    promote_channels(server, {"rpm": [*items("a"), *absent], "to": "development"})
    assert site.production == {"a": "a1"}


def test_an_outage_before_the_deletion_of_a_channel_is_waited_for():
    site = Site(b_production="b0")
    site.pulp.on("DELETE", "distributions/", raises=Unreachable("cannot be reached"), times=4)
    promote_channels(
        site.pulp.server(),
        {"rpm": [{"name": "b-production", "state": "absent"}], "to": "development"},
    )
    assert site.production == {}


def test_a_channel_that_cannot_be_deleted_fails_for_itself_and_the_others_are_reported():
    site = Site(a_development="a1", a_production="a0", b_production="b0")
    site.pulp.on("DELETE", "distributions/", raises=ResponseError(403, "not allowed"))
    gone = [{"name": "b-production", "state": "absent"}]
    params = {"rpm": [*items("a"), *gone], "to": "development"}
    promoted, kept = promote_channels(site.pulp.server(), params)[0]
    assert (promoted.action, promoted.error) == ("updated", "")
    assert (kept.action, kept.changed) == ("failed", False)
    assert kept.error == "cannot be deleted: not allowed (HTTP 403)"
    assert site.production == {"a": "a1", "b": "b0"}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"distribution": "nothing"}, "distribution 'nothing' serves nothing"),
        ({"distribution": None}, "names no distribution to take over from"),
        ({"base_path": None}, "does not exist yet and has no base_path"),
        ({"content_guard": "other"}, "no content guard 'other'"),
    ],
)
def test_invalid_items_are_an_error_before_any_write(more, message):
    site = Site(a_development="a1", b_development="b1", b_production="b0")
    server = site.pulp.server()
    with pytest.raises(InvalidItem, match=f"nothing was promoted: .*'a-production'.*{message}"):
        promote_channels(server, {"rpm": items("b") + items("a", **more), "to": "development"})
    assert site.production == {"b": "b0"}


def test_check_mode_before_the_first_sync_warns():
    site = Site()
    server = site.pulp.server(check_mode=True)
    results, _more = promote_channels(server, {"rpm": items("a"), "to": "development"})
    assert [result.action for result in results] == ["created"]
    assert results[0].after["publication"] == "what 'a-development' will serve"
    assert "serves nothing. Without check mode this fails" in server.report.warnings[0]
    assert site.pulp.by_name("distributions/") == {}
