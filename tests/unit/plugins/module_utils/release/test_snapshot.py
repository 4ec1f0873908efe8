# SPDX-License-Identifier: Apache-2.0
"""Snapshots: new content of upstream is synced, published and served under a stamp, once."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.inventory.stamp import parse_stamp
from plugins.module_utils.pulp.errors import InvalidItem, ResponseError
from plugins.module_utils.release.changes import SHRUNK_LABEL
from plugins.module_utils.release.snapshot import snapshot_packages
from plugins.module_utils.report.report import Result
from tests.unit.fake_pulp.interruptions import INTERRUPTIONS, interrupted
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.plugins.module_utils.release import snapshots
from tests.unit.plugins.module_utils.release.snapshots import served

STAMP, NEXT = "20260201T000000", "20260202T000000"
AFTER = datetime(2026, 2, 1, 12, tzinfo=timezone.utc)
"""A time between these stamps."""
URL = "https://mirror.example.com/{}/"
PACKAGES = ["kernel 1-1", "bash 1-1", "openssl 1-1", "glibc 1-1"]
UPGRADED = ["kernel 2-1", *PACKAGES[1:]]
PARAMS = {
    **dict.fromkeys(("rpm", "deb", "rpm_defaults", "deb_defaults", "rpm_filter", "deb_filter")),
    **dict.fromkeys(("package_filter", "sync_group", "retry", "notable")),
    **{"stamp": STAMP, "content_guard": "development", "optimize": True, "shrink_limit": 30.0},
    **{"retries": 0, "retry_delay": 0, "late_retry_delay": -1, "update_secrets": "always"},
    **{"storage_limit": 10.0, "stale_after": 7.0},
}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


def prepared(*short_names: str) -> FakePulp:
    """Return a Pulp with two content guards, and packages upstream for these repositories."""
    pulp = FakePulp()
    for guard in ("development", "release"):
        pulp.add_guard(guard)
    for name in short_names or ("a",):
        pulp.upstream[URL.format(name)] = PACKAGES
    return pulp


@pytest.fixture
def pulp():
    return prepared()


def item(short_name: str = "a", **options: Any) -> dict[str, Any]:
    """Return an item of a package repository with packages upstream."""
    return snapshots.item(short_name, **{"url": URL.format(short_name), **options})


def snapshot(
    pulp: FakePulp, *items: dict[str, Any], check_mode: bool = False, **params: Any
) -> tuple[list[Result], dict[str, Any]]:
    """Take snapshots of these items, by default of the RPM repository `a`."""
    lists = {} if "deb" in params else {"rpm": list(items or [item()])}
    return snapshot_packages(pulp.server(check_mode), {**PARAMS, **lists, **params})


def one(pulp: FakePulp, **params: Any) -> Result:
    """Take a snapshot of the repository `a`, and return the result."""
    ((result,), _more) = snapshot(pulp, **params)
    return result


def posted(pulp: FakePulp) -> list[str]:
    """Return the last part of the path of each write."""
    return [one.path.rstrip("/").rsplit("/", 1)[-1] for one in pulp.writes]


# One repository


def test_a_new_repository_is_synced_and_served_under_the_stamp(pulp):
    ((result,), more) = snapshot(pulp)
    assert (result.error, result.action, result.changed) == ("", "created", True)
    assert (result.more["short_name"], result.more["stamp"]) == ("a", STAMP)
    assert (result.more["sync"], result.more["packages_added"]) == ("synced", 4)
    assert more["stamps"] == {"a": STAMP}
    assert more["selected"] == "selected 1 of 1"
    assert served(pulp) == {f"a-{STAMP}": sorted(PACKAGES)}
    distribution = pulp.by_name("distributions/")[f"a-{STAMP}"]
    guard = pulp.find("contentguards/", name="development")["pulp_href"]
    assert (distribution["base_path"], distribution["content_guard"]) == (f"a/{STAMP}", guard)


def test_the_metadata_of_upstream_is_served(pulp):
    one(pulp)
    (publication,) = pulp.store.within("publications/")
    assert publication["checksum_type"] == "unknown"
    assert pulp.by_name("distributions/")[f"a-{STAMP}"]["publication"] == publication["pulp_href"]


def test_a_version_is_published_if_upstream_is_not_mirrored(pulp):
    result = one(pulp, rpm_defaults={"sync_policy": "additive"})
    assert result.error == ""
    (publication,) = pulp.store.within("publications/")
    assert publication["checksum_type"] == "sha256"


@pytest.mark.parametrize(
    ("mode", "path", "settings"),
    [
        ("verbatim", "deb/verbatim", (None, None)),
        ("simple", "deb/apt", (True, False)),
        ("structured", "deb/apt", (False, True)),
    ],
)
def test_a_deb_repository_is_published_in_its_mode(pulp, mode, path, settings):
    pulp.upstream[URL.format("a")] = ["bash 1"]
    result = one(pulp, deb=[item(mode=mode, distributions="noble")])
    assert result.error == ""
    (publication,) = pulp.store.within("publications/")
    assert f"/{path}/" in publication["pulp_href"]
    assert (publication.get("simple"), publication.get("structured")) == settings
    assert pulp.by_name("distributions/")[f"a-{STAMP}"]["publication"] == publication["pulp_href"]


def test_a_second_run_syncs_and_changes_nothing(pulp):
    one(pulp)
    pulp.requests.clear()
    result = one(pulp, stamp=NEXT)
    assert (result.changed, result.more["sync"], result.more["stamp"]) == (
        False,
        "unchanged",
        STAMP,
    )
    assert posted(pulp) == ["sync"]
    assert list(served(pulp)) == [f"a-{STAMP}"]


def test_a_new_snapshot_is_served_beside_the_older_one(pulp):
    one(pulp)
    pulp.upstream[URL.format("a")] = UPGRADED
    result = one(pulp, stamp=NEXT)
    assert (result.more["stamp"], result.more["snapshot"]) == (NEXT, f"a-{NEXT}")
    assert result.more["notable"] == ["kernel 1-1 -> 2-1"]
    assert result.more["packages_upgraded"] == 1
    assert served(pulp) == {f"a-{STAMP}": sorted(PACKAGES), f"a-{NEXT}": sorted(UPGRADED)}


def test_a_stamp_before_the_newest_snapshot_is_rejected(pulp):
    one(pulp, stamp=NEXT)
    pulp.upstream[URL.format("a")] = UPGRADED
    assert f"stamp {STAMP} is not after {NEXT}" in one(pulp).error
    assert list(served(pulp)) == [f"a-{NEXT}"]


FUTURE = "20990101T000000"


def test_after_a_night_with_a_clock_that_was_ahead_the_next_ones_continue(pulp):
    one(pulp, stamp=NEXT)
    newest = pulp.by_name("distributions/")[f"a-{NEXT}"]
    entry = pulp.store.get(newest["pulp_href"])
    entry.update(name=f"a-{FUTURE}", base_path=f"a/{FUTURE}")
    stamps = []
    for packages in (UPGRADED, PACKAGES):
        pulp.upstream[URL.format("a")] = packages
        ((result,), _more) = snapshot_packages(server := pulp.server(), {**PARAMS, **_rpm()})
        assert result.error == ""
        stamps.append(result.more["stamp"])
        assert any("stamp in the future" in text for text in server.report.warnings)
    assert stamps == ["20990101T000001", "20990101T000002"]


def _rpm() -> dict[str, Any]:
    return {"rpm": [item()], "stamp": None}


def test_a_stamp_in_the_future_is_refused_before_anything_is_written(pulp):
    with pytest.raises(
        InvalidItem, match=f"stamp {FUTURE} is in the future: Pulp's clock is at 20"
    ):
        one(pulp, stamp=FUTURE)
    assert pulp.writes == []


@pytest.mark.parametrize(("ahead", "word"), [(-86400, "ahead of"), (86400, "behind")])
def test_stamps_are_taken_from_the_clock_of_the_server(pulp, ahead, word):
    pulp.clock_offset = float(ahead)
    server = pulp.server()
    before = datetime.now(timezone.utc) + timedelta(seconds=ahead)
    ((result,), _more) = snapshot_packages(server, {**PARAMS, **_rpm()})
    after = datetime.now(timezone.utc) + timedelta(seconds=ahead)
    assert before.replace(microsecond=0) <= parse_stamp(result.more["stamp"]) <= after
    (warning,) = server.report.warnings
    assert f"the clock of this machine is 1 day, 0:00:00 {word} that of Pulp" in warning


def test_a_url_that_looks_immutable_is_synced_each_time(pulp):
    url = f"https://mirror.example.com/{STAMP}/"
    pulp.upstream[url] = PACKAGES
    for stamp in (STAMP, NEXT):
        assert one(pulp, stamp=stamp, rpm=[item(url=url)]).error == ""
    assert len(pulp.sent("POST", "/sync/")) == 2


def test_without_optimize_everything_is_synced_again(pulp):
    one(pulp)
    one(pulp, optimize=False, stamp=NEXT)
    assert [sync.content.get("optimize") for sync in pulp.sent("POST", "/sync/")] == [None, False]


def test_a_transient_failure_is_retried(pulp):
    pulp.on("POST", "/sync/", fails="503, message='Service Unavailable', url='...'")
    assert one(pulp, retries=1).error == ""
    assert list(served(pulp)) == [f"a-{STAMP}"]


def test_a_failed_read_of_the_newest_snapshot_is_repeated_for_its_item(pulp):
    one(pulp)
    error = ResponseError(400, "the request line is too long")
    pulp.on("GET", "distributions/rpm/rpm/", raises=error)
    result = one(pulp, stamp=NEXT)
    assert (result.error, result.more["snapshot"]) == ("", f"a-{STAMP}")
    pulp.on("GET", "distributions/rpm/rpm/", raises=error, times=99)
    assert one(pulp, stamp=NEXT).error.startswith("its newest snapshot cannot be read: the request")
    assert list(served(pulp)) == [f"a-{STAMP}"]


def test_a_repository_that_is_not_synced_is_served_as_it_is(pulp):
    repository = pulp.add_repository("rpm", "Repository a", *PACKAGES)
    pulp.add_publication(repository["latest_version_href"], checksum_type="unknown")
    result = one(pulp, rpm=[item(sync=False)])
    assert (result.error, posted(pulp)) == ("", ["rpm"])
    assert list(served(pulp).values()) == [sorted(PACKAGES)]


def test_repositories_that_are_not_synced_and_not_there_are_skipped_with_one_line():
    pulp = prepared("a")
    lists = [item("a"), *(item(name, sync=False) for name in "bcde")]
    for check_mode in (True, False):
        server = pulp.server(check_mode)
        results, more = snapshot_packages(server, {**PARAMS, "rpm": lists})
        assert [result.error for result in results] == [""] * 5
        assert [result.action for result in results[1:]] == ["skipped"] * 4
        assert server.report.warnings == [
            "4 repositories with sync: false are not on this Pulp, skipped: b, c, d, e"
        ]
    assert more["stamps"] == {"a": STAMP}


def test_a_repository_that_is_not_published_is_only_synced(pulp):
    assert one(pulp, rpm=[item(publish=False)]).more["sync"] == "synced"
    assert served(pulp) == {}


# Guards


def test_without_a_content_guard_snapshots_are_public(pulp):
    one(pulp, content_guard="")
    assert pulp.by_name("distributions/")[f"a-{STAMP}"]["content_guard"] is None


def test_a_missing_content_guard_is_an_error_before_any_write(pulp):
    with pytest.raises(InvalidItem, match="no content guard 'nowhere'"):
        one(pulp, content_guard="nowhere")
    assert pulp.writes == []


# Several repositories


def test_a_failed_item_does_not_affect_other_items():
    pulp = prepared("a", "c")
    invalid = {"name": "broken", "short_name": "broken"}
    results, more = snapshot(pulp, item("a"), item("b"), item("c"), invalid)
    assert [bool(result.error) for result in results] == [False, True, False, True]
    assert results[1].cause == "404 from upstream"
    assert more["stamps"] == {"a": STAMP, "c": STAMP}
    assert sorted(served(pulp)) == [f"a-{STAMP}", f"c-{STAMP}"]
    assert [entry["name"] for entry in more["stale"]] == ["b"]


def test_an_allowed_failure_is_marked():
    (_good, bad), _more = snapshot(prepared(), item("a"), item("b", allow_failure=True))
    assert bad.as_dict()["allowed"]


def test_an_unchanged_run_needs_few_requests_for_each_repository():
    counts = []
    for number in (1, 11):
        names = [f"r{index}" for index in range(number)]
        pulp = prepared(*names)
        items = [item(name) for name in names]
        snapshot(pulp, *items)
        pulp.requests.clear()
        server = pulp.server()
        params = {**PARAMS, "rpm": items, "update_secrets": "on_create"}
        snapshot_packages(server, {**params, "stamp": NEXT})
        counts.append(server.statistics["requests"])
    # One request for its newest snapshot, one for its sync.
    assert (counts[1] - counts[0]) / 10 == 2


# Check mode


def test_check_mode_writes_nothing_and_reports_a_new_repository(pulp):
    result = one(pulp, check_mode=True)
    assert (result.error, result.action, pulp.writes) == ("", "created", [])


def test_check_mode_reports_a_version_that_is_not_served(pulp):
    one(pulp)
    pulp.upstream[URL.format("a")] = UPGRADED
    pulp.store.now = AFTER
    one(pulp, rpm=[item(publish=False)], stamp=NEXT)
    pulp.requests.clear()
    result = one(pulp, stamp=NEXT, check_mode=True)
    assert (result.error, result.changed, pulp.writes) == ("", True, [])


def test_check_mode_after_a_snapshot_reports_no_change(pulp):
    one(pulp)
    assert not one(pulp, stamp=NEXT, check_mode=True).changed


# Upstream lost packages


def test_a_shrunk_snapshot_is_flagged_as_long_as_packages_are_missing(pulp):
    one(pulp)
    pulp.upstream[URL.format("a")] = PACKAGES[:2]
    result = one(pulp, stamp=NEXT)
    assert result.more["shrunk"] == {"before": 4, "after": 2}
    assert pulp.by_name("distributions/")[f"a-{NEXT}"]["pulp_labels"] == {SHRUNK_LABEL: "4"}
    pulp.upstream[URL.format("a")] = PACKAGES[1:3]
    last = one(pulp, stamp="20260203T000000")
    assert last.more["shrunk"] == {"before": 4, "after": 2}


def test_a_snapshot_within_the_limit_is_not_flagged(pulp):
    one(pulp)
    pulp.upstream[URL.format("a")] = PACKAGES[:2]
    result = one(pulp, stamp=NEXT, shrink_limit=50.0)
    assert "shrunk" not in result.more
    assert pulp.by_name("distributions/")[f"a-{NEXT}"]["pulp_labels"] == {}


@pytest.mark.parametrize("kind", ["rpm", "deb"])
def test_a_first_snapshot_without_packages_is_flagged(pulp, kind):
    # Upstream has other content than packages, such as the Release file of a Deb suite.
    pulp.upstream[URL.format("a")] = [pulp.add(f"content/{kind}/releases/")["pulp_href"]]
    more = {"distributions": "noble"} if kind == "deb" else {}
    result = one(pulp, **{kind: [item(**more)]})
    assert result.error == ""
    shrunk = result.more["shrunk"]
    assert (shrunk["before"], shrunk["after"]) == (0, 0)
    assert ("components" if kind == "deb" else "url") in shrunk["advice"]
    assert pulp.by_name("distributions/")[f"a-{STAMP}"]["pulp_labels"] == {SHRUNK_LABEL: "0"}


def test_a_snapshot_that_lost_all_packages_is_flagged_whatever_the_limit(pulp):
    one(pulp)
    pulp.upstream[URL.format("a")] = []
    result = one(pulp, stamp=NEXT, shrink_limit=100.0)
    assert (result.more["shrunk"]["before"], result.more["shrunk"]["after"]) == (4, 0)


def test_packages_after_an_empty_snapshot_are_not_flagged(pulp):
    pulp.upstream[URL.format("a")] = [pulp.add("content/rpm/advisories/")["pulp_href"]]
    assert one(pulp).more["shrunk"]["after"] == 0
    pulp.upstream[URL.format("a")] = PACKAGES
    assert "shrunk" not in one(pulp, stamp=NEXT).more
    assert pulp.by_name("distributions/")[f"a-{NEXT}"]["pulp_labels"] == {}


def test_an_item_may_allow_a_snapshot_without_packages(pulp):
    pulp.upstream[URL.format("a")] = [pulp.add("content/rpm/advisories/")["pulp_href"]]
    result = one(pulp, rpm=[item(allow_empty=True)])
    assert (result.error, "shrunk" in result.more) == ("", False)


@pytest.mark.parametrize("kind", ["rpm", "deb"])
def test_a_first_sync_without_any_content_is_an_error_that_says_where_to_look(pulp, kind):
    pulp.upstream[URL.format("a")] = []
    more = {"distributions": "noble"} if kind == "deb" else {}
    error = one(pulp, **{kind: [item(**more)]}).error
    assert error.startswith("the sync succeeded without any content: check ")


# The publication that mirrors upstream


@pytest.fixture
def without_publication(pulp):
    """Return a Pulp with a version of the repository `a` whose publication was deleted."""
    one(pulp, rpm=[item(publish=False)])
    (publication,) = pulp.store.within("publications/")
    pulp.store.remove(publication["pulp_href"])
    return pulp


def test_a_missing_publication_is_created_by_another_sync(without_publication):
    result = one(without_publication)
    assert result.error == ""
    (publication,) = without_publication.store.within("publications/")
    assert publication["checksum_type"] == "unknown"
    assert list(served(without_publication).values()) == [sorted(PACKAGES)]


def test_a_change_of_upstream_during_that_sync_is_an_error(without_publication):
    pulp = without_publication
    new = {URL.format("a"): UPGRADED}
    pulp.on("POST", "/sync/", skip=1, first=lambda: pulp.upstream.update(new))
    assert "upstream changed during the run" in one(pulp).error
    assert served(pulp) == {}
    assert one(pulp).error == ""
    assert list(served(pulp).values()) == [sorted(UPGRADED)]


def test_a_sync_without_a_publication_is_an_error(without_publication):
    without_publication.on("POST", "/sync/", ignored=True, times=9)
    assert "no publication that mirrors upstream" in one(without_publication).error


def test_a_missing_publication_of_a_repository_that_is_not_synced_is_an_error(
    without_publication,
):
    error = one(without_publication, rpm=[item(sync=False)]).error
    assert "not published by a mirror_complete sync" in error


# Another run at the same time


def test_a_sync_that_another_run_started_is_joined(pulp):
    one(pulp)
    pulp.store.now = AFTER
    pulp.upstream[URL.format("a")] = UPGRADED
    repository = pulp.find("repositories/", name="Repository a")
    remote = pulp.find("remotes/", name="Repository a-remote")["pulp_href"]
    pulp.on("POST", "/sync/", polls=3)
    body = {"remote": remote, "sync_policy": "mirror_complete"}
    pulp.post(f"{repository['pulp_href']}sync/", body)
    pulp.requests.clear()
    result = one(pulp, stamp=NEXT)
    assert (result.error, result.more["sync"]) == ("", "joined")
    assert pulp.sent("POST", "/sync/") == []
    assert sorted(UPGRADED) in served(pulp).values()


def test_a_snapshot_of_a_concurrent_run_is_not_taken_twice(pulp):
    pulp.store.now = datetime.now(timezone.utc)
    pulp.on("POST", "/sync/", first=lambda: one(pulp))
    result = one(pulp)
    assert (result.error, result.more["sync"]) == ("", "unchanged")
    assert list(served(pulp)) == [result.more["snapshot"]] == [f"a-{STAMP}"]


def test_a_version_left_by_another_run_is_served_under_its_own_time(pulp):
    one(pulp, rpm=[item(publish=False)])
    result = one(pulp)
    version = pulp.find("repositories/", name="Repository a")["latest_version_href"]
    distribution = pulp.store.get(version)["pulp_created"]
    assert result.more["stamp"] == distribution[:19].replace("-", "").replace(":", "")


# Interruptions


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
@pytest.mark.parametrize("policy", ["mirror_complete", "additive"])
def test_an_interrupted_run_serves_all_or_nothing_and_the_next_one_completes_it(
    interruption, policy
):
    def run(pulp: FakePulp) -> str:
        try:
            return one(pulp, rpm=[item(sync_policy=policy)]).error
        except OperatorError as error:
            return str(error) or "failed"

    for pulp, error in interrupted(prepared, run, interruption):
        assert list(served(pulp).values()) in ([], [sorted(PACKAGES)])
        if not error:
            assert len(served(pulp)) == 1
        assert run(pulp) == ""
        assert list(served(pulp).values()) == [sorted(PACKAGES)]
        assert {entry["content_guard"] for entry in pulp.by_name("distributions/").values()} == {
            pulp.find("contentguards/", name="development")["pulp_href"]
        }


# What changed


def test_the_report_has_all_packages_that_changed(pulp):
    one(pulp)
    pulp.upstream[URL.format("a")] = ["kernel 2-1", "bash 0-1", "new 1-1", "glibc 1-1"]
    result = one(pulp, stamp=NEXT)
    assert {
        name: [f"{entry['name']} {entry.get('before', '')} {entry['version']}" for entry in entries]
        for name, entries in result.reported["changes"].items()
    } == {
        "added": ["new  1-1"],
        "removed": ["openssl  1-1"],
        "upgraded": ["kernel 1-1 2-1"],
        "downgraded": ["bash 1-1 0-1"],
    }


def test_a_snapshot_of_content_that_an_earlier_run_synced_has_its_changes(pulp):
    one(pulp)
    repository = pulp.find("repositories/", name="Repository a")
    # The earlier run was killed before it took the snapshot, an hour ago.
    version = pulp.add_version(repository, *UPGRADED)
    version["pulp_created"] = "2026-02-01T12:00:00Z"
    pulp.upstream[URL.format("a")] = UPGRADED
    pulp.add_publication(version["pulp_href"], checksum_type="unknown", layout=None)
    result = one(pulp, stamp=NEXT)
    assert result.changed, result.error
    assert (result.more["packages_added"], result.more["packages_removed"]) == (1, 1)
    assert [entry["name"] for entry in result.reported["changes"]["upgraded"]] == ["kernel"]
