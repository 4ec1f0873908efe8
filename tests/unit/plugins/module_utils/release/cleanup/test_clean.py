# SPDX-License-Identifier: Apache-2.0
"""What cleanup keeps and deletes, and that nothing is deleted that something serves."""

from __future__ import annotations

import os
import signal
from functools import partial

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.objects.server_lock import LOCK_NAME, ServerLock
from plugins.module_utils.pulp.errors import Conflict
from plugins.module_utils.pulp.reader import uuid_of
from plugins.module_utils.release.cleanup import deletion, retention
from plugins.module_utils.release.cleanup.clean import clean_distributions
from plugins.module_utils.release.promotion_history import PROMOTION_LABEL, Promotion
from tests.unit.fake_pulp.interruptions import INTERRUPTIONS, interrupted
from tests.unit.fake_pulp.pulp import FakePulp

NOW = 1795219200.0  # 21 November 2026; objects of the fake are of January
STAMPS = [f"2026010{number}T000000" for number in range(1, 7)]
ITEM = {"name": "Rocky", "short_name": "rocky", "distribution_name": "rocky-", "base_path": "r/"}
PINS = {"production": {"rocky": STAMPS[1]}}


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(retention.time, "time", lambda: NOW)
    monkeypatch.setattr(deletion, "ServerLock", partial(ServerLock, longest=0))


def filled(guards=()):
    """A Pulp with six snapshots of one repository, each of a version and a publication of its own.

    `guards`: stamp -> name, development by default.
    """
    pulp = FakePulp()
    hrefs = {name: pulp.add_guard(name)["pulp_href"] for name in ("development", "release")}
    repository = pulp.add_repository("rpm", "Rocky")
    for number, stamp in enumerate(STAMPS):
        version = pulp.add_version(repository, f"bash {number}-1")
        publication = pulp.add_publication(version["pulp_href"])
        pulp.add_distribution(
            "rpm",
            f"rocky-{stamp}",
            base_path=f"r/{stamp}",
            publication=publication["pulp_href"],
            content_guard=hrefs[dict(guards).get(stamp, "development")],
        )
    return pulp


def run(pulp, check_mode=False, **more):
    options = {
        **dict.fromkeys(("rpm_filter", "deb_filter", "package_filter", "sync_group")),
        "rpm": [ITEM],
        **{"pins": PINS, "content_guard": "development", "keep_last": 1, "min_age": 30.0},
        **{"limit": 100, "orphans": True, "confirm": True, "allow_empty_pins": False, **more},
    }
    return clean_distributions(pulp.server(check_mode), options)


def left(pulp):
    """The stamps that are still served, the numbers of versions, and of publications."""
    served = sorted(name[-15:] for name in pulp.by_name("distributions/"))
    repository = pulp.find("repositories/rpm/rpm/", name="Rocky")["pulp_href"]
    versions = [one["number"] for one in pulp.store.within(f"{repository}versions/")]
    return served, sorted(versions), len(pulp.store.within("publications/"))


def why(outcome):
    return {one["name"][-15:]: one["why"] for one in outcome["kept"]}


def test_without_confirmation_it_is_a_plan():
    pulp = filled()
    results, outcome = run(pulp, confirm=False, pins={})
    assert pulp.writes == []
    assert {one.changed for one in results} == {False}
    assert [one.action for one in results[:5]] == ["planned"] * 5
    assert "This is a plan" in outcome["lines"][-1]
    assert outcome["lines"][0] == "To delete: 5 snapshots"


def test_check_mode_reports_the_changes_and_writes_nothing():
    pulp = filled()
    results, _outcome = run(pulp, check_mode=True)
    assert pulp.writes == []
    assert sum(one.changed for one in results) == 8  # 4 snapshots and their versions


def test_what_nobody_needs_is_deleted_with_its_version_publication_and_content():
    pulp = filled({STAMPS[2]: "release"})
    results, outcome = run(pulp)
    assert [one.error for one in results if one.error] == []
    assert left(pulp) == ([STAMPS[1], STAMPS[2], STAMPS[5]], [0, 2, 3, 6], 3)
    assert len(pulp.store.within("content/rpm/packages/")) == 3
    assert why(outcome) == {
        STAMPS[1]: "pinned by production",
        STAMPS[2]: "content guard 'release'",
        STAMPS[5]: "one of the 1 newest of its repository",
    }
    results, _outcome = run(pulp)
    assert [one for one in results if one.changed] == []


def test_an_age_and_a_number_of_newest_snapshots_are_kept():
    assert len(why(run(filled(), keep_last=3)[1])) == 4
    # All objects of the fake were created on the first of January, independent of their stamps.
    assert len(why(run(filled(), min_age=400)[1])) == 6


def test_a_channel_keeps_the_snapshot_whose_content_it_serves():
    pulp = filled()
    snapshot = pulp.find("distributions/rpm/rpm/", name=f"rocky-{STAMPS[0]}")
    pulp.add_distribution("rpm", "production", publication=snapshot["publication"])
    _results, outcome = run(pulp)
    assert why(outcome)[STAMPS[0]] == "distribution 'production' serves the same content"


def test_a_pin_by_name_is_kept_whatever_the_path_is():
    pulp = filled()
    pulp.find("distributions/rpm/rpm/", name=f"rocky-{STAMPS[1]}")["base_path"] = "other/place"
    run(pulp)
    assert f"rocky-{STAMPS[1]}" in pulp.by_name("distributions/")


def test_another_distribution_of_a_publication_that_is_made_meanwhile_keeps_it():
    pulp = filled()
    publication = pulp.find("distributions/rpm/rpm/", name=f"rocky-{STAMPS[0]}")["publication"]

    def serve():
        pulp.add_distribution("rpm", "late", publication=publication)

    pulp.on("DELETE", "distributions/", skip=3, meanwhile=serve)
    results, _outcome = run(pulp)
    assert pulp.by_name("distributions/")["late"]["publication"] == publication
    skipped = [one for one in results if one.action == "skipped"]
    assert [one.name for one in skipped] == ["Rocky version 1"]


def test_a_snapshot_that_is_released_meanwhile_is_kept():
    pulp = filled()
    snapshot = pulp.find("distributions/rpm/rpm/", name=f"rocky-{STAMPS[3]}")

    def release():
        snapshot["content_guard"] = pulp.find("contentguards/", name="release")["pulp_href"]

    pulp.on("DELETE", "distributions/", first=release)
    pulp.on("GET", f"name=rocky-{STAMPS[3]}", first=release)
    run(pulp)
    served, versions, _publications = left(pulp)
    assert STAMPS[3] in served
    assert 4 in versions


def test_the_latest_version_is_never_deleted():
    pulp = filled()
    repository = pulp.find("repositories/rpm/rpm/", name="Rocky")
    pulp.add_version(repository, "unpublished 1-1")
    run(pulp, keep_last=1)
    assert left(pulp)[1] == [0, 2, 6, 7]


def test_a_limit_leaves_the_newer_ones_for_later_runs():
    pulp = filled()
    _results, outcome = run(pulp, limit=2)
    assert left(pulp)[0] == [STAMPS[1], *STAMPS[3:]]
    assert "Left for later runs by the limit of 2: 2 snapshots" in outcome["lines"][-2]
    run(pulp, limit=2)
    assert left(pulp) == ([STAMPS[1], STAMPS[5]], [0, 2, 6], 2)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"pins": {}}, "no configuration was given"),
        ({"pins": {"none": {}}}, "name no package repository of the inventory: 'none'"),
        ({"pins": {**PINS, "old": {"rokcy": STAMPS[0]}}}, "of the inventory: 'old'"),
        ({"content_guard": "developmnt"}, "there is no content guard 'developmnt'"),
        ({"keep_last": 0}, "keep_last is 0"),
        ({"limit": 0}, "limit is 0"),
        ({"min_age": -1.0}, "min_age is -1"),
        ({"pins": {"site": {"rocky": "yesterday"}}}, "pins of 'site'"),
        ({"rpm": []}, "there is no package repository"),
    ],
)
def test_wrong_options_delete_nothing(options, error):
    pulp = filled()
    with pytest.raises(OperatorError, match=error):
        run(pulp, **options)
    assert {one.path.partition("/")[0] for one in pulp.writes} <= {"contentguards"}  # the lock


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_an_interruption_at_any_request_is_healed_by_the_next_run(interruption):
    def attempt(pulp):
        try:
            results, _outcome = run(pulp)
        except OperatorError as error:
            return str(error)
        return "; ".join(one.error for one in results if one.error)

    def prepare():
        return filled({STAMPS[2]: "release"})

    for pulp, _error in interrupted(prepare, attempt, interruption):
        for stamp in (STAMPS[1], STAMPS[2], STAMPS[5]):
            found = pulp.by_name("distributions/")[f"rocky-{stamp}"]
            assert found["publication"] in pulp.store.objects
        # The process of the lock has not ended in this test.
        pulp.store.objects.pop(
            pulp.by_name("contentguards/").get(LOCK_NAME, {}).get("pulp_href"), 0
        )
        assert attempt(pulp) == ""
        assert left(pulp) == ([STAMPS[1], STAMPS[2], STAMPS[5]], [0, 2, 3, 6], 3)


@pytest.mark.parametrize("pins", [{}, {"none": {}}])
def test_without_pins_it_deletes_only_if_that_is_allowed(pins):
    pulp = filled()
    run(pulp, pins=pins, allow_empty_pins=True)
    assert left(pulp)[0] == [STAMPS[5]]


def lock_of(pulp):
    return pulp.by_name("contentguards/").get(LOCK_NAME, {}).get("description", "")


def test_it_holds_the_lock_of_promotions_while_it_deletes():
    pulp = filled()
    held = []
    for path in ("distributions/", "publications/", "repositories/"):
        pulp.on("DELETE", path, first=lambda: held.append("what=cleanup" in lock_of(pulp)))
    pulp.on("POST", "orphans/", first=lambda: held.append(lock_of(pulp)))
    run(pulp)
    assert held == [True, True, True, ""]
    assert lock_of(pulp) == ""


def test_it_deletes_nothing_while_a_promotion_runs():
    pulp = filled()
    pulp.add_guard(LOCK_NAME, description="bob on ctl1 [run=a process=elsewhere:1:2:3]")
    with pytest.raises(
        Conflict, match="nothing was changed: a promotion by bob on ctl1 is running"
    ):
        run(pulp)
    assert pulp.sent("DELETE") == []


def test_a_plan_needs_no_lock():
    pulp = filled()
    pulp.add_guard(LOCK_NAME, description="bob on ctl1 [run=a process=elsewhere:1:2:3]")
    assert run(pulp, confirm=False)[1]["lines"][0] == "To delete: 4 snapshots"


def test_what_a_promotion_releases_before_the_lock_is_held_is_kept():
    pulp = filled()

    def release():
        guard = pulp.find("contentguards/", name="release")["pulp_href"]
        pulp.find("distributions/rpm/rpm/", name=f"rocky-{STAMPS[0]}")["content_guard"] = guard

    pulp.on("POST", "contentguards/", first=release)
    _results, outcome = run(pulp)
    assert why(outcome)[STAMPS[0]] == "content guard 'release'"


def test_a_snapshot_that_moves_to_a_pinned_path_meanwhile_is_kept():
    pulp = filled()
    moved = pulp.find("distributions/rpm/rpm/", name=f"rocky-{STAMPS[0]}")
    pulp.on("GET", f"name=rocky-{STAMPS[0]}", first=lambda: moved.update(base_path="r/elsewhere"))
    run(pulp)
    assert f"rocky-{STAMPS[0]}" in pulp.by_name("distributions/")


def test_an_interruption_ends_it_between_two_deletions_and_fails():
    pulp = filled()
    pulp.on("DELETE", "distributions/", first=lambda: os.kill(os.getpid(), signal.SIGTERM))
    results, _outcome = run(pulp)
    failed = [one.name for one in results if "the run was interrupted" in one.error]
    assert "orphaned content" in failed
    assert "Rocky version 2" not in [one.name for one in results if one.changed]
    assert lock_of(pulp) == ""
    run(pulp)
    assert left(pulp) == ([STAMPS[1], STAMPS[5]], [0, 2, 6], 2)


def test_the_publication_that_a_rollback_restores_is_kept():
    pulp = filled()
    old, new = (
        pulp.find("distributions/rpm/rpm/", name=f"rocky-{stamp}")["publication"]
        for stamp in (STAMPS[0], STAMPS[5])
    )
    promotion = Promotion(STAMPS[5], uuid_of(new), uuid_of(old))
    labels = {PROMOTION_LABEL: promotion.label}
    pulp.add_distribution("rpm", "production", publication=new, pulp_labels=labels)
    run(pulp)
    served, versions, _publications = left(pulp)
    assert STAMPS[0] not in served
    assert versions == [0, 1, 2, 6]
    assert old in pulp.store.objects


def test_the_newest_are_kept_of_an_active_and_of_a_deprecated_repository_of_one_short_name():
    pulp = filled()
    old = {**ITEM, "name": "Old", "distribution_name": "old-", "base_path": "old/"}
    version = pulp.add_repository("rpm", "Old", "bash 1-1")["latest_version_href"]
    guard = pulp.find("contentguards/", name="development")["pulp_href"]
    publication = pulp.add_publication(version)["pulp_href"]
    more = {"base_path": f"old/{STAMPS[0]}", "publication": publication, "content_guard": guard}
    pulp.add_distribution("rpm", f"old-{STAMPS[0]}", **more)
    run(pulp, deprecated_rpm=[old])
    assert f"old-{STAMPS[0]}" in pulp.by_name("distributions/")


GIB = 1024**3


@pytest.mark.parametrize(
    ("after", "line"),
    [
        (1.5, "Pulp's storage: 4.0 GiB used before, 1.5 GiB after, 2.5 GiB freed"),
        (4.5, "Pulp's storage: 4.0 GiB used before, 4.5 GiB after, 512.0 MiB more, by other runs"),
    ],
)
def test_the_freed_space_is_shown(after, line):
    pulp = filled()
    pulp.storage = {"total": 9 * GIB, "used": 4 * GIB, "free": 5 * GIB}
    assert "Pulp's storage: 4.0 GiB used" in run(pulp, confirm=False)[1]["lines"]
    pulp.on("POST", "orphans/", first=lambda: pulp.storage.update(used=int(after * GIB)))
    _results, outcome = run(pulp)
    assert line in outcome["lines"]
    assert outcome["storage_use"] == {"used_before": 4 * GIB, "used_after": int(after * GIB)}


@pytest.mark.parametrize("storage", [None, {"total": None, "used": None, "free": None}])
def test_storage_that_is_not_reported_is_unknown(storage):
    pulp = filled()
    pulp.storage = storage
    assert "Pulp does not report its storage: the freed space is unknown" in run(pulp)[1]["lines"]


def test_orphaned_content_is_planned_like_the_rest():
    results, _more = run(filled(), confirm=False)
    assert {one.action for one in results} == {"planned"}
