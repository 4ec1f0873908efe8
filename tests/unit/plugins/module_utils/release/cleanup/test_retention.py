# SPDX-License-Identifier: Apache-2.0
"""The rules by which snapshots and repository versions are kept."""

from __future__ import annotations

import pytest

from plugins.module_utils.objects.listing import ListedDistribution
from plugins.module_utils.release.cleanup.retention import (
    RepositoryVersion,
    Retention,
    Snapshot,
    plan_snapshots,
    plan_versions,
)

RULES = Retention("development", keep_last=1, min_age=30)
REPOSITORY = "/repositories/1/"


def listed(name, number, guard="development", serves="publication", source=""):
    version = f"{REPOSITORY}versions/{number}/" if number else ""
    source = source or f"/publications/{number}/"
    made = ListedDistribution("rpm", name, name, guard, "", serves, source, href=f"/d/{name}/")
    made.version, made.version_href = number, version
    return made


def snapshot(stamp, number, age=100.0, pinned_by=(), **fields):
    return Snapshot(listed(f"a-{stamp}", number, **fields), "a", stamp, age, pinned_by)


def reasons(snapshots, others=(), rules=RULES):
    served = [*(one.listed for one in snapshots), *others]
    return [one.kept for one in plan_snapshots(snapshots, served, rules)]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, ""),
        ({"age": 29.9}, "younger than 30 days"),
        ({"guard": "release"}, "content guard 'release'"),
        ({"guard": ""}, "no content guard"),
        ({"pinned_by": ("site", "test")}, "pinned by site, test"),
        # The newest snapshot is of the same version.
        ({"number": 9}, "distribution 'a-2' serves the same content"),
    ],
)
def test_each_rule_keeps_a_snapshot(fields, reason):
    first = snapshot("1", **{"number": 1, **fields})
    assert reasons([first, snapshot("2", 9)]) == [reason, "one of the 1 newest of its repository"]


def test_the_newest_are_counted_for_each_repository():
    other = Snapshot(listed("b-1", 1), "b", "1", 100.0)
    found = reasons([snapshot("1", 3), snapshot("2", 4), other])
    assert [bool(one) for one in found] == [False, True, True]


def test_public_snapshots_can_be_selected():
    rules = Retention("none", keep_last=1, min_age=30)
    snapshots = [snapshot("1", 1, guard=""), snapshot("2", 2), snapshot("3", 3, guard="")]
    assert reasons(snapshots, rules=rules)[:2] == ["", "content guard 'development'"]


@pytest.mark.parametrize(
    "channel",
    [
        listed("channel", 1),
        listed("channel", 1, serves="publication", source="/publications/other/"),
        listed("channel", 1, serves="repository_version", source=f"{REPOSITORY}versions/1/"),
    ],
)
def test_what_a_channel_serves_is_kept_with_all_snapshots_of_that_version(channel):
    snapshots = [snapshot("1", 1), snapshot("2", 1), snapshot("3", 2), snapshot("4", 3)]
    found = reasons(snapshots, [channel])
    assert found[:3] == ["distribution 'channel' serves the same content"] * 2 + [""]


def test_a_distribution_of_the_repository_keeps_its_latest_snapshot():
    # The newest stamp is not of the latest version.
    snapshots = [snapshot("1", 5), snapshot("2", 4), snapshot("3", 3)]
    channel = listed("channel", 0, serves="repository", source=REPOSITORY)
    assert [bool(one) for one in reasons(snapshots, [channel])] == [True, False, True]


def version(number, age=100.0, publications=1):
    hrefs = tuple(f"/publications/{number}.{one}/" for one in range(publications))
    return RepositoryVersion(f"{REPOSITORY}versions/{number}/", number, age, hrefs)


def stale(versions, used=()):
    planned = plan_versions(versions, dict.fromkeys(used, "it is served"), RULES)
    return [one.number for one, kept in planned if not kept]


def test_stale_versions_are_those_that_nothing_serves():
    versions = [version(number) for number in (4, 3, 2, 1, 0)]
    assert stale(versions) == [1, 2, 3]
    assert stale(versions, ["/publications/2.0/"]) == [1, 3]
    assert stale(versions, [f"{REPOSITORY}versions/2/"]) == [1, 3]
    assert stale([]) == []


def test_the_latest_the_newest_published_and_young_versions_are_kept():
    versions = [version(1, 10), version(2), version(3), version(4, publications=0)]
    assert stale(versions) == [2]
