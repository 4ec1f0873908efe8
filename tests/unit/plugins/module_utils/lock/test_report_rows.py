# SPDX-License-Identifier: Apache-2.0
"""Rows and counts of the reports."""

from __future__ import annotations

from plugins.module_utils.lock.difference import compare_locks
from plugins.module_utils.lock.report_rows import (
    Row,
    advisory_summary,
    container_rows,
    disk_image_rows,
    repository_groups,
    source_rows,
    summary_rows,
)
from tests.unit.plugins.module_utils.lock.compared_locks import (
    Reader,
    advisory,
    lock,
    package,
    repository,
)


def test_what_may_break_a_host_comes_first():
    reader = Reader(
        {
            "1": [package("a", "1"), package("c", "2"), package("d", "1")],
            "2": [package("a", "2"), package("b", "1"), package("c", "1")],
        }
    )
    locks = [lock(packages={"rpm": {"baseos": repository(one, 1000)}}) for one in "12"]
    (group,) = repository_groups(compare_locks(*locks, reader))
    assert group.rows == [
        Row("downgraded", "c.x86_64", "2", "1"),
        Row("removed", "d.x86_64", "1"),
        Row("upgraded", "a.x86_64", "1", "2"),
        Row("added", "b.x86_64", "", "1"),
    ]
    assert group.note == "rpm, 1 → 2, 1,000 packages"
    assert group.counts == "1 downgraded, 1 removed, 1 upgraded, 1 added"


def test_repositories_are_described_when_only_one_side_has_them():
    old = lock(packages={"rpm": {"a": repository("1", 5)}})
    new = lock(packages={"file": {"b": {"metadata": {"M": "1"}}}})
    found = repository_groups(compare_locks(old, new, Reader()))
    assert [(one.name, one.change, one.note) for one in found] == [
        ("b", "added", "file, without a stamp, packages not listed"),
        ("a", "removed", "rpm, 1, 5 packages"),
    ]


def test_tags_have_their_digests():
    old, new = {"latest": "sha256:1", "gone": "sha256:2"}, {"latest": "sha256:3", "v2": "sha256:4"}
    found = compare_locks(lock(containers={"nova": old}), lock(containers={"nova": new}), Reader())
    assert container_rows(found) == [
        Row("removed", "nova", "gone", "", "sha256:2"),
        Row("added", "nova", "", "v2", "", "sha256:4"),
        Row("moved", "nova", "latest", "latest", "sha256:1", "sha256:3"),
    ]
    assert dict(summary_rows(found))["container image tags"] == [1, 1, 0, 0, 1, 0]


def test_disk_images_have_a_row_for_each_file_or_one():
    def image(version, **files):
        sizes = {name: {"sha256": sha256, "size": 2**20} for name, sha256 in files.items()}
        return {"version": version, "base_path": "images", "files": sizes}

    old = {"a": image("1", qcow2="0", gone="1"), "b": image("1", qcow2="0")}
    new = {"a": image("2", qcow2="2", new="3"), "b": image("2", qcow2="0")}
    found = compare_locks(lock(images=old), lock(images=new), Reader())
    assert disk_image_rows(found) == [
        Row("changed", "a: qcow2", "1", "2", "sha256:0 (1.0 MiB)", "sha256:2 (1.0 MiB)"),
        Row("removed", "a: gone", "1", "", "sha256:1 (1.0 MiB)"),
        Row("added", "a: new", "", "2", "", "sha256:3 (1.0 MiB)"),
        Row("changed", "b", "1", "2"),
    ]


def test_sources_have_refs_and_commits_and_urls_that_changed():
    def entry(url, commit):
        return {"repository": url, "ref": "main", "commit": commit}

    old = lock(sources={"kayobe": entry("https://a/x", "1")})
    new = lock(
        sources={"kayobe": entry("https://b/x", "2")},
        source={"pulp": "https://ark", "configuration": entry("https://c", "3")},
    )
    assert source_rows(compare_locks(old, new, Reader())) == [
        Row("added", "configuration", "", "main", "", "3"),
        Row("changed", "kayobe", "main of https://a/x", "main of https://b/x", "1", "2"),
    ]


def test_advisories_are_summarized_in_a_sentence():
    def summary(*advisories):
        reader = Reader({"1": [], "2": []}, {"2": advisories})
        locks = [lock(packages={"rpm": {"baseos": repository(one)}}) for one in "12"]
        return advisory_summary(compare_locks(*locks, reader))

    assert summary() == "No security advisories arrive"
    assert summary(advisory("A", "bugfix")) == "No security advisories arrive, 1 other advisory"
    assert summary(
        advisory("A", severity="Low", cves=["CVE-2026-1000"]), advisory("B", severity="Low")
    ) == ("2 security advisories (2 low) with 1 CVE")
