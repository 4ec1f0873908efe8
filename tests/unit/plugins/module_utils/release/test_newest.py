# SPDX-License-Identifier: Apache-2.0
"""What a Pulp has of the inventory, also when one look-up fails."""

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
PUBLICATION = "/publications/rpm/rpm/{}/"


def repository(name):
    return PackageRepository("rpm", name, name, f"{name}-", f"{name}/")


class Refusing:
    """A server that has every repository but `new`, and refuses to look for `bad-` snapshots."""

    def __init__(self):
        self.client = self

    def has_version(self, component, version):
        return True

    def write_concurrency(self):
        return 2

    def list(self, path, params=None):
        if path.startswith("publications/"):
            names = params["pulp_id__in"].split(",")
            return [
                {"pulp_href": PUBLICATION.format(name), "repository_version": f"version of {name}"}
                for name in names
            ]
        names = params["name__in"].split(",") if path.startswith("repositories/") else []
        return [{"name": name, "pulp_href": f"/{name}/"} for name in names if name != "new"]

    def get(self, path, params=None):
        name = params["name__regex"][1:].partition("\\")[0]
        if name == "bad":
            raise ResponseError(400, "the request line is too long")
        return {"results": [{"name": f"{name}-{STAMP}", "publication": PUBLICATION.format(name)}]}


def test_a_newest_snapshot_that_cannot_be_read_does_not_affect_the_others():
    server, names = Refusing(), ["good", "bad", "new", "other"]
    items = {
        item.repository.name: item
        for item in read_snapshot_items(server, [repository(name) for name in names])
    }
    assert list(items) == names
    for name in ("good", "other"):
        assert (items[name].stamp, items[name].newest_is_known) == (STAMP, True)
        assert items[name].newest_version == f"version of {name}"
    assert (items["new"].newest, items["new"].newest_is_known) == (None, True)
    assert (items["bad"].newest_version, items["bad"].newest_is_known) == ("", False)
    with pytest.raises(PulpError, match="newest snapshot cannot be read: the request line is too"):
        read_newest(server, items["bad"])


def pulp_with(*names):
    """A Pulp with RPM distributions of these names."""
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
def test_the_newest_snapshot_is_that_of_exactly_this_prefix(prefix, others):
    ours = [f"{prefix}20250101T000000", f"{prefix}20260101T000000", f"{prefix}2026"]
    server = pulp_with(*others, *ours)
    assert find(server, prefix) == ["20260101T000000"]
    assert server.requests[0].content["limit"] == 1


def test_without_a_snapshot_there_is_no_newest():
    assert find(pulp_with("a-1")) == []


def test_snapshots_are_found_some_at_a_time_from_either_end():
    stamps = [f"2026010{day}T000000" for day in range(1, 6)]
    server = pulp_with(*(f"a-{stamp}" for stamp in stamps))
    assert find(server) == stamps[-1:]
    assert find(server, limit=2) == [stamps[4], stamps[3]]
    assert find(server, limit=2, skip=4) == [stamps[0]]
    assert find(server, limit=2, skip=5) == []
    assert find(server, limit=2, oldest_first=True) == stamps[:2]
    assert find(server, stamps="2026010[1-3]T000000") == [stamps[2]]
