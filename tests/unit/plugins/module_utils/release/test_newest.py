# SPDX-License-Identifier: Apache-2.0
"""The newest snapshots of the inventory are read, even if one request fails."""

from __future__ import annotations

import pytest

from plugins.module_utils.inventory.repositories import PackageRepository
from plugins.module_utils.inventory.stamp import STAMP_PATTERN
from plugins.module_utils.pulp.errors import PulpError, ResponseError
from plugins.module_utils.pulp.types import kind_of
from plugins.module_utils.release.newest import (
    SnapshotFilter,
    find_snapshots,
    read_newest,
    read_snapshot_items,
)
from tests.unit.fake_pulp.pulp import FakePulp

STAMP = "20261120T200001"
DISTRIBUTIONS = kind_of("distribution", "rpm")


def repository(name):
    return PackageRepository("rpm", name, name, f"{name}-", f"{name}/")


def test_a_newest_snapshot_that_cannot_be_read_does_not_affect_the_others():
    names = ["good", "bad", "new", "other"]
    pulp, versions = FakePulp(), {}
    for name in ("good", "bad", "other"):
        repository_entry = pulp.add_repository("rpm", name, "kernel 1-1")
        versions[name] = repository_entry["latest_version_href"]
        publication = pulp.add_publication(versions[name])["pulp_href"]
        pulp.add_distribution("rpm", f"{name}-{STAMP}", publication=publication)
    server = pulp.server()
    error = ResponseError(400, "the request line is too long")
    pulp.on("GET", "name__regex=.bad", raises=error, times=2)
    items = {
        item.repository.name: item
        for item in read_snapshot_items(server, [repository(name) for name in names])
    }
    assert list(items) == names
    for name in ("good", "other"):
        assert (items[name].stamp, items[name].newest_is_known) == (STAMP, True)
        assert items[name].newest_version == versions[name]
    assert (items["new"].newest, items["new"].newest_is_known) == (None, True)
    assert (items["bad"].newest_version, items["bad"].newest_is_known) == ("", False)
    with pytest.raises(PulpError, match="newest snapshot cannot be read: the request line is too"):
        read_newest(server, items["bad"])


def pulp_with(*names):
    """Return a Pulp with RPM distributions of these names."""
    pulp = FakePulp()
    for name in names:
        pulp.add(DISTRIBUTIONS.endpoint, name=name)
    return pulp


def find(server, prefix="a-", stamps=STAMP_PATTERN, oldest_first=False, **page):
    wanted = SnapshotFilter(DISTRIBUTIONS, prefix, stamps, oldest_first)
    found = find_snapshots(server, wanted, ["name"], **page)
    return [entry["name"][len(prefix) :] for entry in found]


@pytest.mark.parametrize(
    ("prefix", "others"),
    [
        ("openhpc-2-", ["openhpc-2-updates-20990101T000000", "openhpc-2-"]),
        ("mariadb-10.5-centos8", ["mariadb-10x5-centos820990101T000000"]),
        ("a (b)[c]+ *", ["a bc 20990101T000000", "xa (b)[c]+ *20990101T000000"]),
        ("ü, #&~ ", ["u, #&~ 20990101T000000"]),
        ("back\\slash", ["back\\slash20990101T000000-old", "backslash20990101T000000"]),
    ],
)
def test_the_newest_snapshot_has_exactly_this_prefix(prefix, others):
    own = [f"{prefix}20250101T000000", f"{prefix}20260101T000000", f"{prefix}2026"]
    server = pulp_with(*others, *own)
    assert find(server, prefix) == ["20260101T000000"]
    assert server.requests[0].content["limit"] == 1


def test_without_snapshots_there_is_no_newest():
    assert find(pulp_with("a-1")) == []


def test_snapshots_are_found_page_by_page_in_both_orders():
    stamps = [f"2026010{day}T000000" for day in range(1, 6)]
    server = pulp_with(*(f"a-{stamp}" for stamp in stamps))
    assert find(server) == stamps[-1:]
    assert find(server, limit=2) == [stamps[4], stamps[3]]
    assert find(server, limit=2, skip=4) == [stamps[0]]
    assert find(server, limit=2, skip=5) == []
    assert find(server, limit=2, oldest_first=True) == stamps[:2]
    assert find(server, stamps="2026010[1-3]T000000") == [stamps[2]]
