# SPDX-License-Identifier: Apache-2.0
"""Changes from one lock to another one."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.lock.difference import compare_locks, compare_packages
from plugins.module_utils.metadata.packages import Advisory, Package
from tests.unit.plugins.module_utils.lock.compared_locks import (
    Reader,
    advisory,
    lock,
    package,
    repository,
)

KINDS = ("added", "removed", "upgraded", "downgraded", "changed")


def changes_of(content_type: str, old: list[Any], new: list[Any]) -> dict[str, list[Any]]:
    """Return the kinds of change that occur."""
    return {
        kind: found for kind, found in compare_packages(content_type, old, new).items() if found
    }


def test_packages_are_added_removed_upgraded_downgraded_and_rebuilt():
    old = [package(name, "1.9-1") for name in "abde"] + [package("f", "1.9-1", checksum="1")]
    new = [
        package("a", "1.10-1"),
        package("b", "1:0.1-1"),
        package("c", "1-1"),
        package("e", "1.8-1"),
        package("f", "1.9-1", checksum="2"),
    ]
    identity = {"arch": "x86_64"}
    assert compare_packages("rpm", old, new) == {
        "added": [{"name": "c", **identity, "version": "1-1"}],
        "removed": [{"name": "d", **identity, "version": "1.9-1"}],
        "upgraded": [
            {"name": "a", **identity, "old": "1.9-1", "new": "1.10-1"},
            {"name": "b", **identity, "old": "1.9-1", "new": "1:0.1-1"},
        ],
        "downgraded": [{"name": "e", **identity, "old": "1.9-1", "new": "1.8-1"}],
        "changed": [{"name": "f", **identity, "old": "1.9-1", "new": "1.9-1"}],
    }


def test_versions_are_compared_by_the_rules_of_the_content_type():
    old, new = [package("a", "1.0~rc1-1")], [package("a", "1.0-1")]
    assert list(changes_of("rpm", old, new)) == list(changes_of("deb", old, new)) == ["upgraded"]
    old, new = [package("a", "1.0-1")], [package("a", "1.0+dfsg-1")]
    assert list(changes_of("deb", old, new)) == ["upgraded"]


def test_the_same_version_written_differently_is_a_change():
    found = changes_of("rpm", [package("a", "1.0-1")], [package("a", "1.00-1")])
    assert found == {"changed": [{"name": "a", "arch": "x86_64", "old": "1.0-1", "new": "1.00-1"}]}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("12", "123", {"upgraded": [("2", "3")]}),
        ("12", "23", {"upgraded": [("2", "3")], "removed": ["1"]}),
        ("12", "1234", {"upgraded": [("2", "4")], "added": ["3"]}),
        ("12", "1", {"downgraded": [("2", "1")]}),
        ("23", "13", {"added": ["1"], "removed": ["2"]}),
    ],
)
def test_the_newest_of_several_versions_decides(old, new, expected):
    found = changes_of("rpm", *([package("a", one) for one in versions] for versions in (old, new)))
    assert {
        kind: [one.get("version") or (one["old"], one["new"]) for one in entries]
        for kind, entries in found.items()
    } == expected


def test_architectures_are_compared_separately():
    old = [package("a", "1", "i686"), package("a", "2", "x86_64")]
    new = [package("a", "2", "i686"), package("a", "2", "x86_64")]
    assert [one["arch"] for one in changes_of("rpm", old, new)["upgraded"]] == ["i686"]


def test_the_same_package_in_two_suites_is_one():
    found = [package("a", "1", location="pool/a"), package("a", "1", location="pool/b")]
    assert changes_of("deb", found, found[:1]) == {}


def test_packages_out_of_order_are_an_error():
    with pytest.raises(ValueError, match="not sorted"):
        compare_packages("rpm", [package("b", "1"), package("a", "1")], [])


def test_equal_locks_have_no_changes_and_nothing_is_read():
    one = lock(
        packages={"rpm": {"baseos": repository("1")}}, containers={"nova": {"t": "sha256:1"}}
    )
    found = compare_locks(one, {**one, "evidence": [{"name": "smoke"}]}, Reader())
    assert not found["changed"]
    assert found["old"] == found["new"]
    assert found["counts"]["repositories"]["unchanged"] == 1
    assert found["counts"]["containers"]["unchanged"] == 1
    assert not any(found[name] for name in ("packages", "containers", "images", "sources", "cves"))
    assert json.loads(json.dumps(found)) == found


def test_a_repository_is_listed_with_its_snapshots_and_counted():
    reader = Reader({"1": [package("a", "1")], "2": [package("a", "2"), package("b", "1")]})
    found = compare_locks(
        lock(packages={"rpm": {"baseos": repository("1"), "old": repository("3")}}),
        lock(packages={"rpm": {"baseos": repository("2", 2), "new": repository("4", 7)}}),
        reader,
    )
    baseos, new, old = found["packages"]
    assert (baseos["name"], baseos["content_type"], baseos["change"]) == (
        "baseos",
        "rpm",
        "changed",
    )
    assert baseos["old"] == {"stamp": "1", "base_path": "path/1", "packages": 1}
    assert baseos["new"] == {"stamp": "2", "base_path": "path/2", "packages": 2}
    assert [one["new"] for one in baseos["upgraded"]] == ["2"]
    assert (new["name"], new["change"], new["old"]) == ("new", "added", None)
    assert new["new"]["packages"] == 7
    assert (old["name"], old["change"], old["new"]) == ("old", "removed", None)
    counts = found["counts"]
    assert counts["packages"] == dict(zip(KINDS, (1, 0, 1, 0, 0)))
    assert counts["repositories"] == {**dict(zip(KINDS, (1, 1, 0, 0, 1))), "unchanged": 0}


def test_packages_with_the_same_digest_are_not_read():
    old = repository("1")
    new = {**repository("2"), "packages": old["packages"]}
    reader = Reader(fails="packages")
    (found,) = compare_locks(
        lock(packages={"rpm": {"baseos": old}}), lock(packages={"rpm": {"baseos": new}}), reader
    )["packages"]
    assert found["error"] is None
    assert not any(found[kind] for kind in KINDS)


def test_repositories_without_identities_are_compared_by_their_metadata():
    entries = [{"stamp": one, "base_path": one, "metadata": {"M": one}} for one in "12"]
    (found,) = compare_locks(
        *(lock(packages={"file": {"images": one}}) for one in entries), Reader(fails="packages")
    )["packages"]
    assert (found["change"], found["new"]["packages"], found["error"]) == ("changed", None, None)


def test_a_repository_that_cannot_be_read_does_not_hide_the_others():
    reader = Reader({"1": [], "2": [package("a", "1")]}, fails="3")
    found = compare_locks(
        lock(packages={"rpm": {"a": repository("1"), "b": repository("3")}}),
        lock(packages={"rpm": {"a": repository("2"), "b": repository("4")}}),
        reader,
    )
    assert [one["error"] for one in found["packages"]] == [None, "3: not found"]
    assert found["counts"]["packages"]["added"] == 1


def advisories_of(old: list[Advisory], new: list[Advisory]) -> dict[str, Any]:
    """Return the result for one repository with these advisories."""
    reader = Reader({"1": [], "2": []}, {"1": old, "2": new})
    locks = [lock(packages={"rpm": {"baseos": repository(one)}}) for one in "12"]
    return compare_locks(*locks, reader)


def test_advisories_that_arrive_are_listed_by_severity_with_their_cves():
    old = [advisory("A:1", cves=("CVE-2026-1",))]
    new = [
        *old,
        advisory("A:2", "bugfix", "None"),
        advisory("A:3", severity="Low"),
        advisory("A:4", severity="Urgent", cves=("CVE-2026-20000", "CVE-2026-9999")),
        advisory("A:5", severity="unheard of"),
    ]
    found = advisories_of(old, new)
    assert [one["id"] for one in found["advisories"]["added"]] == ["A:4", "A:3", "A:5", "A:2"]
    assert found["advisories"]["added"][0] == {
        "id": "A:4",
        "type": "security",
        "severity": "critical",
        "title": "title of A:4",
        "issued": "2026-11-20",
        "cves": ["CVE-2026-9999", "CVE-2026-20000"],
        "repositories": ["baseos"],
        "packages": ["bash"],
    }
    assert found["counts"]["advisories"] == {
        "critical": 1,
        "important": 0,
        "moderate": 0,
        "low": 1,
        "unspecified": 1,
        "other": 1,
    }
    assert found["cves"] == ["CVE-2026-9999", "CVE-2026-20000"]


def test_an_advisory_that_names_more_cves_is_updated_and_a_lost_one_removed():
    old = [advisory("A:1", cves=("CVE-2026-1000",)), advisory("A:2")]
    new = [advisory("A:1", cves=("CVE-2026-1000", "CVE-2026-2000"))]
    found = advisories_of(old, new)
    assert [one["cves"] for one in found["advisories"]["updated"]] == [["CVE-2026-2000"]]
    assert [one["id"] for one in found["advisories"]["removed"]] == ["A:2"]
    assert found["cves"] == ["CVE-2026-2000"]


def test_an_advisory_in_several_repositories_is_listed_once():
    both = {"1": [], "2": [advisory("A:1"), advisory("A:1", severity="Critical")]}
    locks = [
        lock(packages={"rpm": {name: repository(one) for name in ("baseos", "appstream")}})
        for one in "12"
    ]
    (found,) = compare_locks(*locks, Reader({"1": [], "2": []}, both))["advisories"]["added"]
    assert found["repositories"] == ["appstream", "baseos"]
    assert found["severity"] == "critical"


def test_advisories_are_read_where_only_the_metadata_differ():
    old, new = repository("1"), repository("2")
    new["packages"] = old["packages"]
    reader = Reader({}, {"1": [], "2": [advisory("A:1")]})
    locks = [lock(packages={"rpm": {"baseos": one}}) for one in (old, new)]
    assert len(compare_locks(*locks, reader)["advisories"]["added"]) == 1


def test_tags_that_differ_in_the_stamp_are_upgrades():
    series = "2026.1-rocky-10-"
    old = {f"{series}20261118T101112": "sha256:1", "latest": "sha256:1", "gone": "sha256:3"}
    new = {f"{series}20261120T000000": "sha256:2", "latest": "sha256:2", "here": "sha256:4"}
    found = compare_locks(
        lock(containers={"nova-api": old}), lock(containers={"nova-api": new}), Reader()
    )
    digests = {"old_digest": "sha256:1", "new_digest": "sha256:2"}
    assert found["containers"] == [
        {
            "name": "nova-api",
            "change": "changed",
            "added": [{"tag": "here", "digest": "sha256:4"}],
            "removed": [{"tag": "gone", "digest": "sha256:3"}],
            "upgraded": [
                {"old": f"{series}20261118T101112", "new": f"{series}20261120T000000", **digests}
            ],
            "downgraded": [],
            "moved": [{"tag": "latest", **digests}],
        }
    ]
    assert found["counts"]["tags"]["moved"] == 1
    (back,) = compare_locks(
        lock(containers={"nova-api": new}), lock(containers={"nova-api": old}), Reader()
    )["containers"]
    assert [one["new"] for one in back["downgraded"]] == [f"{series}20261118T101112"]


def test_images_that_are_added_or_removed_list_their_tags():
    added, removed = compare_locks(
        lock(containers={"b": {"t": "sha256:1"}}),
        lock(containers={"a": {"t": "sha256:1"}}),
        Reader(),
    )["containers"]
    assert (added["name"], added["change"], len(added["added"])) == ("a", "added", 1)
    assert (removed["name"], removed["change"], len(removed["removed"])) == ("b", "removed", 1)


def disk_image(version: str, **files: str) -> dict[str, Any]:
    """Return an entry of a lock."""
    return {
        "version": version,
        "base_path": f"kayobe-images/{version}",
        "files": {name: {"sha256": sha256, "size": 5} for name, sha256 in files.items()},
    }


def test_disk_images_list_their_files_and_the_direction():
    old = disk_image("2026.1-20261101T000000", qcow2="1", gone="2")
    new = disk_image("2026.1-20261102T000000", qcow2="3", new="4")
    (found,) = compare_locks(lock(images={"host": old}), lock(images={"host": new}), Reader())[
        "images"
    ]
    assert found["change"] == "upgraded"
    assert found["new"]["version"] == new["version"]
    assert found["added"] == [{"name": "new", "sha256": "4", "size": 5}]
    assert found["removed"] == [{"name": "gone", "sha256": "2", "size": 5}]
    assert found["changed"] == [
        {"name": "qcow2", "old_sha256": "1", "old_size": 5, "new_sha256": "3", "new_size": 5}
    ]
    back = compare_locks(lock(images={"host": new}), lock(images={"host": old}), Reader())
    assert back["images"][0]["change"] == "downgraded"
    assert back["counts"]["images"]["downgraded"] == 1


def test_sources_and_the_configuration_are_compared_without_credentials():
    def entry(commit: str) -> dict[str, str]:
        url = "https://user:secret@git.example.com/kolla.git"
        return {"repository": url, "ref": "stackhpc/2026.1", "commit": commit}

    old, new = (
        lock(sources={"kolla": entry(one)}, source={"pulp": "", "configuration": entry(one)})
        for one in ("1", "2")
    )
    found = compare_locks(old, new, Reader())
    (kolla,) = found["sources"]
    assert (kolla["old"]["commit"], kolla["new"]["commit"]) == ("1", "2")
    assert found["configuration"]["new"] == kolla["new"]
    assert "secret" not in json.dumps(found)


def test_sections_may_be_absent():
    bare = {"lock_version": 1, "name": "a", "source": {}}
    assert not compare_locks(bare, {**bare, "name": "b"}, Reader())["changed"]


def test_memory_does_not_grow_with_the_packages():
    def many(version: str) -> Iterator[Package]:
        for number in range(5_000):
            yield package(f"name-{number:05}", version if number % 250 == 0 else "1")

    tracemalloc.start()
    try:
        found = compare_packages("rpm", many("1"), many("2"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found["upgraded"]) == 20
    assert peak < 100_000


def test_advisories_that_cannot_be_read_do_not_hide_packages():
    class NoAdvisories(Reader):
        def advisories(self, content_type, short_name, entry):
            raise OperatorError("updateinfo.xml: invalid id of an advisory")

    locks = [lock(packages={"rpm": {"a": repository(one)}}) for one in "12"]
    packages = {"1": [package("x", "1")], "2": [package("x", "2")]}
    (found,) = compare_locks(*locks, NoAdvisories(packages))["packages"]
    assert found["error"] == "advisories: updateinfo.xml: invalid id of an advisory"
    assert len(found["upgraded"]) == 1
