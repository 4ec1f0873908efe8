# SPDX-License-Identifier: Apache-2.0
"""Production takes over from development as a whole, and goes back as a whole."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from plugins.module_utils.pulp.errors import InvalidItem
from plugins.module_utils.pulp.server import Server
from plugins.module_utils.release.channels import PROMOTION_LABEL, Promotion, promote_channels
from plugins.module_utils.report.report import Report

PUBLICATIONS = "/pulp/api/v3/publications/rpm/rpm/"
GUARD = {"name": "site", "pulp_href": "/guards/1/"}


class Site:
    """A client's Pulp in memory: distributions by name, and publications that exist."""

    class connection:  # noqa: N801, the client's attribute
        concurrency = 1
        task_timeout = 5.0

    uses_basic_auth = False
    request_count = 0

    def __init__(self, **serving: str) -> None:
        self.held: dict[str, dict[str, Any]] = {}
        self.gone: set[str] = set()
        for name, publication in serving.items():
            self.serve(name.replace("_", "-"), publication)

    def serve(self, name: str, publication: str, **more: Any) -> None:
        entry = {"pulp_href": f"/d/{name}/", "name": name, "content_guard": None}
        entry["publication"] = f"{PUBLICATIONS}{publication}/" if publication else None
        self.held[name] = {**self.held.get(name, {"pulp_labels": {}}), **entry, **more}

    def list(self, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        if "contentguards" in path:
            return [GUARD]
        wanted = (params.get("name__in") or params.get("pulp_id__in")).split(",")
        if "publications" in path:
            there = [one for one in wanted if one not in self.gone]
            return [{"pulp_href": f"{PUBLICATIONS}{one}/"} for one in there]
        return [dict(one) for one in self.held.values() if one["name"] in wanted]

    def patch(self, href: str, body: dict[str, Any]) -> dict[str, Any]:
        name = href.strip("/").split("/")[-1]
        self.held[name].update(body)
        return self.held[name]

    def post(self, _path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.serve(body["name"], "")
        return self.patch(f"/d/{body['name']}/", body)

    def delete(self, href: str) -> None:
        del self.held[href.strip("/").split("/")[-1]]

    @property
    def production(self) -> dict[str, str]:
        """Channel -> the publication that it serves in production."""
        return {
            name[: -len("-production")]: (entry["publication"] or "").split("/")[-2]
            for name, entry in self.held.items()
            if name.endswith("-production")
        }


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
def seconds(monkeypatch):
    """Each promotion is at a later second."""
    numbers = itertools.count(1)
    monkeypatch.setattr(
        "plugins.module_utils.release.channels.current_stamp",
        lambda: f"20260101T0000{next(numbers) // 2:02}",
    )


def promote(site: Site, channels: str, to: str = "development", **more: Any) -> list[bool]:
    server = Server(site, Report(), check_mode=False)  # type: ignore[arg-type]
    results, _more = promote_channels(server, {"rpm": items(channels, **more), "to": to})
    return [result.changed for result in results]


@pytest.fixture
def site():
    """Two channels, promoted once as a whole; then only B has moved on and was promoted."""
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


def test_what_others_changed_since_is_named_and_nothing_is_touched(site):
    site.serve("b-production", "b9")
    with pytest.raises(InvalidItem, match="'b-production' serves neither"):
        promote(site, "ab", to="previous")
    assert site.production == {"a": "a1", "b": "b9"}


def test_a_deleted_publication_cannot_be_restored(site):
    site.gone.add("b1")
    with pytest.raises(InvalidItem, match="'b-production': the publication that it served be"):
        promote(site, "ab", to="previous")
    assert site.production["b"] == "b2"


def test_without_a_promotion_there_is_no_rollback():
    with pytest.raises(InvalidItem, match="no promotion of these channels is recorded"):
        promote(Site(a_development="a1", a_production="a0"), "a", to="previous")


def test_a_channel_that_the_promotion_created_is_kept_with_a_warning():
    site = Site(a_development="a1")
    promote(site, "a")
    server = Server(site, Report(), check_mode=False)  # type: ignore[arg-type]
    promote_channels(server, {"rpm": items("a"), "to": "previous"})
    assert site.production == {"a": "a1"}
    assert "was created by the promotion" in server.report.warnings[0]


def test_a_new_channel_gets_path_and_guard_of_its_item():
    site = Site(a_development="a1")
    promote(site, "a", content_guard="site")
    made = site.held["a-production"]
    assert (made["base_path"], made["content_guard"]) == ("a/production", GUARD["pulp_href"])


def test_a_channel_that_served_a_repository_serves_the_publication_alone():
    site = Site(a_development="a1")
    site.serve("a-production", "", repository="/r/")
    promote(site, "a")
    assert site.held["a-production"]["repository"] is None
    assert site.production == {"a": "a1"}


def test_absent_channels_are_deleted_after_the_others_are_promoted():
    site = Site(a_development="a1", a_production="a0", b_production="b0")
    server = Server(site, Report(), check_mode=False)  # type: ignore[arg-type]
    gone = [{"name": "b-production", "state": "absent"}]
    promote_channels(server, {"rpm": [*items("a"), *gone], "to": "development"})
    assert site.production == {"a": "a1"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"distribution": "nothing"}, "distribution 'nothing' serves nothing"),
        ({"distribution": None}, "names no distribution to take over from"),
        ({"base_path": None}, "does not exist yet and has no base_path"),
        ({"content_guard": "other"}, "no content guard 'other'"),
    ],
)
def test_what_cannot_be_done_is_named_before_anything_is_written(more, words):
    site = Site(a_development="a1", b_development="b1", b_production="b0")
    server = Server(site, Report(), check_mode=False)  # type: ignore[arg-type]
    with pytest.raises(InvalidItem, match=f"nothing was promoted: .*'a-production'.*{words}"):
        promote_channels(server, {"rpm": items("b") + items("a", **more), "to": "development"})
    assert site.production == {"b": "b0"}


def test_an_invalid_label_is_ignored():
    assert Promotion.from_distribution({"pulp_labels": {PROMOTION_LABEL: "what.is.this"}}) is None
    assert Promotion.from_distribution({"pulp_labels": {}}) is None


def test_check_mode_before_the_first_sync_warns():
    site = Site()
    server = Server(site, Report(), check_mode=True)  # type: ignore[arg-type]
    results, _more = promote_channels(server, {"rpm": items("a"), "to": "development"})
    assert [result.action for result in results] == ["created"]
    assert results[0].after["publication"] == "what 'a-development' will serve"
    assert "serves nothing. A real run fails here" in server.report.warnings[0]
    assert site.held == {}
