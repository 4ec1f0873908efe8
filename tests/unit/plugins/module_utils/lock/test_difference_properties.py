# SPDX-License-Identifier: Apache-2.0
"""Changes between random sets of packages, and between random tags."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plugins.module_utils.lock.difference import compare_locks, compare_packages
from plugins.module_utils.metadata.packages import Package
from plugins.module_utils.metadata.versions import compare_deb, compare_rpm
from tests.unit.plugins.module_utils.lock.compared_locks import Reader, lock, package

COMPARE = {"rpm": compare_rpm, "deb": compare_deb}
OPPOSITE = {
    "added": "removed",
    "removed": "added",
    "upgraded": "downgraded",
    "downgraded": "upgraded",
    "changed": "changed",
}

versions = st.builds(
    "{}{}-{}".format,
    st.sampled_from(["", "1:"]),
    st.sampled_from(["1", "1.0", "1.00", "1.1", "1.10", "1~rc1", "2"]),
    st.sampled_from("12"),
)
packages = st.lists(
    st.builds(
        package,
        name=st.sampled_from(["a", "a-b", "b", "é"]),
        version=versions,
        arch=st.sampled_from(["noarch", "x86_64"]),
        checksum=st.sampled_from("123"),
    ),
    max_size=12,
).map(sorted)
types = st.sampled_from(["rpm", "deb"])


def by_identity(found: list[Package]) -> dict[tuple[str, str], dict[str, set[str]]]:
    """Return the checksums of each version, by name and architecture."""
    result: dict[tuple[str, str], dict[str, set[str]]] = {}
    for one in found:
        result.setdefault(one[:2], {}).setdefault(one.version, set()).add(one.checksum)
    return result


def swapped(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry of a list with the old and the new version exchanged."""
    return {{"old": "new", "new": "old"}.get(key, key): value for key, value in entry.items()}


def sorted_entries(entries: list[dict[str, Any]]) -> list[list[tuple[str, Any]]]:
    return sorted(sorted(entry.items()) for entry in entries)


@given(types, packages)
def test_a_repository_does_not_differ_from_itself(content_type, found):
    assert not any(compare_packages(content_type, found, found).values())


@given(types, packages, packages)
def test_the_way_back_is_the_opposite(content_type, old, new):
    there = compare_packages(content_type, old, new)
    back = compare_packages(content_type, new, old)
    for kind, entries in there.items():
        expected = [swapped(entry) for entry in back[OPPOSITE[kind]]]
        assert sorted_entries(entries) == sorted_entries(expected)


@given(types, packages, packages)
def test_all_that_changed_is_listed_once(content_type, old, new):
    key = cmp_to_key(COMPARE[content_type])
    found = compare_packages(content_type, old, new)
    olds, news = by_identity(old), by_identity(new)
    for identity in {*olds, *news}:
        before, after = olds.get(identity, {}), news.get(identity, {})
        mine = {
            kind: [one for one in entries if (one["name"], one["arch"]) == identity]
            for kind, entries in found.items()
        }
        added = [one["version"] for one in mine["added"]]
        removed = [one["version"] for one in mine["removed"]]
        assert len(added) == len(set(added))
        assert len(removed) == len(set(removed))
        pairs = mine["upgraded"] + mine["downgraded"] + mine["changed"]
        named = {one["old"] for one in pairs}, {one["new"] for one in pairs}
        assert before.keys() - after.keys() <= set(removed) | named[0]
        assert after.keys() - before.keys() <= set(added) | named[1]
        assert set(removed) <= before.keys() - after.keys()
        assert set(added) <= after.keys() - before.keys()
        rebuilt = {one for one in before.keys() & after.keys() if before[one] != after[one]}
        assert rebuilt == {one["old"] for one in mine["changed"] if one["old"] == one["new"]}
        if before and after:
            newest = max(map(key, before)), max(map(key, after))
            assert bool(mine["upgraded"]) == (newest[0] < newest[1])
            assert bool(mine["downgraded"]) == (newest[0] > newest[1])


series = st.sampled_from(["", "rocky-10-", "ubuntu-noble-"])
stamps = st.sampled_from(["20261118T101112", "20261119T000000", "20261120T235959", "latest"])
tags = st.dictionaries(
    st.builds("{}{}".format, series, stamps), st.sampled_from(["sha256:1", "sha256:2"]), min_size=1
)


@given(tags, tags)
def test_the_changes_of_tags_lead_from_the_old_to_the_new_ones(old, new):
    found = compare_locks(lock(containers={"nova": old}), lock(containers={"nova": new}), Reader())
    assert bool(found["containers"]) == (old != new)
    for image in found["containers"]:
        result = dict(old)
        for one in image["removed"]:
            assert result.pop(one["tag"]) == one["digest"]
        for one in image["upgraded"] + image["downgraded"]:
            assert old[one["old"]] == one["old_digest"]
            result[one["new"]] = one["new_digest"]
            if one["old"] not in new:
                del result[one["old"]]
        result.update({one["tag"]: one["digest"] for one in image["added"]})
        result.update({one["tag"]: one["new_digest"] for one in image["moved"]})
        assert result == new
