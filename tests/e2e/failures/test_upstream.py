# SPDX-License-Identifier: Apache-2.0
"""Upstreams that fail: what is reported, that others are synced, and that the next run succeeds."""

from __future__ import annotations

from typing import Any

from tests.e2e.rig import REPOSITORIES, Rig

# Number of the repository -> its fault, a part of Pulp's error, and the cause, which are reported.
FAULTS: dict[int, tuple[dict[str, Any], str, str]] = {
    1: ({"prefix": "many/0001/repodata/", "status": 404}, "404", "404 from upstream"),
    2: ({"prefix": "many/0002/repodata/", "status": 500}, "500", "upstream server error"),
    3: (
        {"prefix": "many/0003/repodata/*-filelists.xml*", "cut": 100},
        "reset",
        "upstream closed the connection",
    ),
    4: (
        {"prefix": "many/0004/repodata/*-primary.xml*", "truncate": 50},
        "checksum",
        "upstream metadata and packages are inconsistent",
    ),
    5: (
        {"prefix": "many/0005/repodata/repomd.xml", "truncate": 200},
        "repomd.xml",
        "upstream metadata invalid",
    ),
    6: ({"prefix": "many/0006/", "username": "bob"}, "401", "upstream credentials rejected"),
}
UNREACHABLE = ("http://127.0.0.1:9/", "127.0.0.1:9", "upstream unreachable")


def test_each_failed_upstream_is_reported_with_pulps_error_and_its_cause(rig: Rig) -> None:
    items = [rig.rpm(number, max_retries=0) for number in range(1, 9)]
    *broken, good = [item["name"] for item in items]
    for fault, _error, _cause in FAULTS.values():
        rig.upstream.fault(**fault)
    with_unreachable = [*items[:6], {**items[6], "url": UNREACHABLE[0]}, items[7]]

    run = rig.run("package_sync", rpm_package_repos=with_unreachable).failed()

    assert set(run.errors) == set(broken)
    expected = [*(fault[1:] for fault in FAULTS.values()), UNREACHABLE[1:]]
    for name, (part, cause) in zip(broken, expected, strict=True):
        error = run.errors[name]
        assert part in error
        assert run.of(name)["cause"] == cause
        assert f"{cause}: {error[:12]}" in run.output
    there = [found["name"] for found in rig.ark.snapshots(rig.prefix)]
    assert there == [run.of(good)["snapshot"]]

    rig.upstream.clear()
    again = rig.run("package_sync", rpm_package_repos=items).succeeded()

    assert len(rig.ark.snapshots(rig.prefix)) == len(items)
    assert again.of(good)["action"] == "unchanged"
    for name in broken:
        assert len(rig.ark.publications(name)) == 1


def test_a_transient_failure_is_retried_within_the_run(rig: Rig) -> None:
    rig.upstream.fault("many/0001/repodata/repomd.xml", status=503, times=6)

    rig.snapshot(rig.rpm(1, max_retries=0))

    assert len(rig.ark.snapshots(rig.prefix)) == 1


def test_a_second_run_syncs_only_the_repository_that_failed(rig: Rig) -> None:
    items = [rig.rpm(number) for number in range(1, REPOSITORIES + 1)]
    bad = items[7]["name"]
    rig.upstream.fault("many/0008/", status=404)

    run = rig.run("package_sync", rpm_package_repos=items).failed()

    short = bad.replace("-", "_")
    assert run.message.startswith(f"1 of {REPOSITORIES} failed: {short} (404 from upstream): ")
    assert list(run.errors) == [bad]
    assert "404" in run.errors[bad]
    before = rig.ark.snapshots(rig.prefix)
    assert len(before) == REPOSITORIES - 1

    rig.upstream.clear()
    again = rig.run("package_sync", rpm_package_repos=items).succeeded()

    assert [line["name"] for line in again.report if line["changed"]] == [bad]
    kept = [found for found in rig.ark.snapshots(rig.prefix) if not found["name"].startswith(bad)]
    assert kept == before
