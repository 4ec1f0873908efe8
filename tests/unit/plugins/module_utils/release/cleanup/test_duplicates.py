# SPDX-License-Identifier: Apache-2.0
"""package_sync deletes duplicate publications that nothing serves, and no others."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from plugins.module_utils.pulp.errors import ResponseError
from plugins.module_utils.release.cleanup.duplicates import delete_duplicates
from plugins.module_utils.release.snapshot import snapshot_packages
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.plugins.module_utils.release.test_snapshot import (
    NEXT,
    PARAMS,
    item,
    prepared,
)

OLD = "2026-01-01T00:00:00.000000Z"


@pytest.fixture
def pulp() -> FakePulp:
    """Return a Pulp with a snapshot of the repository `a`, made long ago."""
    made = prepared()
    sync(made)
    (publication,) = made.store.within("publications/")
    publication["pulp_created"] = OLD
    return made


def sync(pulp: FakePulp, check_mode: bool = False):
    given = {**PARAMS, "rpm": [item()], "stamp": NEXT}
    return snapshot_packages(pulp.server(check_mode), given)[1]


def duplicate(pulp: FakePulp, **fields):
    version = pulp.find("repositories/", name="Repository a")["latest_version_href"]
    more = {"checksum_type": "unknown", "layout": None, "pulp_created": OLD, **fields}
    return pulp.add_publication(version, **more)


def hrefs(pulp: FakePulp):
    return {one["pulp_href"] for one in pulp.store.within("publications/")}


def test_a_duplicate_that_nothing_serves_is_deleted(pulp):
    before = hrefs(pulp)
    duplicate(pulp)
    duplicate(pulp, checksum_type="sha256")
    more = sync(pulp)
    assert hrefs(pulp) == before
    assert more["duplicates"] == 2
    assert more["notes"] == ["2 duplicate publications that nothing serves were deleted"]


def test_without_duplicates_nothing_is_noted(pulp):
    more = sync(pulp)
    assert (more["duplicates"], more.get("notes")) == (0, None)


def test_one_that_a_distribution_serves_is_kept(pulp):
    served = duplicate(pulp)["pulp_href"]
    pulp.add_distribution("rpm", "a-other", publication=served)
    sync(pulp)
    assert len(hrefs(pulp)) == 2


def test_one_that_a_rollback_restores_is_kept(pulp):
    other = duplicate(pulp)["pulp_href"]
    pulp.add_distribution("rpm", "a-production", pulp_labels={"before": other.split("/")[-2]})
    sync(pulp)
    assert other in hrefs(pulp)


@pytest.mark.parametrize("by", ["repository", "repository_version"])
def test_nothing_is_deleted_if_a_distribution_serves_the_newest_one(pulp, by):
    duplicate(pulp)
    repository = pulp.find("repositories/", name="Repository a")
    value = repository["pulp_href" if by == "repository" else "latest_version_href"]
    pulp.add_distribution("rpm", "a-latest", **{by: value})
    sync(pulp)
    assert len(hrefs(pulp)) == 2


def test_one_that_another_run_has_just_made_is_kept(pulp):
    recent = duplicate(pulp, pulp_created=f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ}")[
        "pulp_href"
    ]
    assert sync(pulp)["duplicates"] == 0
    assert recent in hrefs(pulp)


def test_one_is_kept_if_nothing_serves_any(pulp):
    repository = pulp.find("repositories/", name="Repository a")
    version = pulp.add_version(repository, "kernel 0-1")
    latest = pulp.add_version(repository, "kernel 1-1", "bash 1-1", "openssl 1-1", "glibc 1-1")
    assert version["pulp_href"] != latest["pulp_href"]
    for _number in range(3):
        pulp.add_publication(version["pulp_href"], checksum_type="sha256", pulp_created=OLD)
    sync(pulp)
    left = [
        one
        for one in pulp.store.within("publications/")
        if one["repository_version"] == version["pulp_href"]
    ]
    assert len(left) == 1


def test_another_publish_mode_is_no_duplicate():
    pulp = FakePulp()
    made = pulp.add_repository("deb", "d")
    version = pulp.add_version(made, "kernel 1-1")
    for settings in ({"simple": True, "structured": False}, {"simple": False, "structured": True}):
        pulp.add_publication(version["pulp_href"], pulp_created=OLD, **settings)
    assert delete_duplicates(pulp.server(), {"deb": {made["pulp_href"]}}) == 0


def test_repositories_that_are_not_selected_are_not_touched(pulp):
    made = pulp.add_repository("rpm", "other")
    version = pulp.add_version(made, "kernel 1-1")
    for _number in range(2):
        pulp.add_publication(version["pulp_href"], checksum_type="sha256", pulp_created=OLD)
    assert sync(pulp)["duplicates"] == 0


def test_check_mode_counts_and_deletes_nothing(pulp):
    duplicate(pulp)
    pulp.requests.clear()
    more = sync(pulp, check_mode=True)
    assert more["notes"] == ["1 duplicate publication that nothing serves would be deleted"]
    assert pulp.writes == []


def test_a_failure_is_a_warning(pulp):
    duplicate(pulp)
    pulp.on("DELETE", "publications/", raises=ResponseError(500, "broken"), times=9)
    server = pulp.server()
    results, more = snapshot_packages(server, {**PARAMS, "rpm": [item()], "stamp": NEXT})
    assert [result.error for result in results] == [""]
    assert more["duplicates"] == 0
    assert "1 duplicate publication was not deleted" in " ".join(server.report.warnings)


def test_a_copy_of_upstream_is_kept_although_one_that_pulp_generated_is_served(pulp):
    (mirrored,) = pulp.store.within("publications/")
    mirrored["checksum_type"] = "unknown"
    generated = duplicate(pulp, checksum_type="sha256", layout="nested_alphabetically")
    for snapshot in pulp.store.within("distributions/"):
        snapshot["publication"] = generated["pulp_href"]
    assert delete_duplicates(pulp.server(), {"rpm": {pulp.find("repositories/")["pulp_href"]}}) == 0
    assert {mirrored["pulp_href"], generated["pulp_href"]} <= hrefs(pulp)


def test_the_newest_is_kept_because_another_run_can_promote_it(pulp):
    newest = duplicate(pulp, pulp_created="2026-01-02T00:00:00.000000Z")["pulp_href"]
    older = duplicate(pulp)["pulp_href"]
    repository = pulp.find("repositories/")["pulp_href"]
    assert delete_duplicates(pulp.server(), {"rpm": {repository}}) == 1
    assert newest in hrefs(pulp)
    assert older not in hrefs(pulp)
