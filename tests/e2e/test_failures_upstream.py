# SPDX-License-Identifier: Apache-2.0
"""Upstreams that fail: what is said, what goes on regardless, and how a run again heals."""

from __future__ import annotations

from .rig import REPOSITORIES, Rig

# How an upstream fails, and which of the words that Pulp then has must reach the operator.
FAULTS = {
    1: ({"prefix": "many/0001/repodata/", "status": 404}, "404"),
    2: ({"prefix": "many/0002/repodata/", "status": 500}, "500"),
    3: ({"prefix": "many/0003/Packages/", "cut": 100}, "reset"),
    4: ({"prefix": "many/0004/repodata/*-primary.xml*", "truncate": 50}, "PLP0003"),
    5: ({"prefix": "many/0005/repodata/repomd.xml", "truncate": 200}, "repomd"),
}


def test_each_failed_upstream_is_named_in_pulps_words_and_heals(rig: Rig) -> None:
    items = [rig.rpm(number, max_retries=0) for number in range(1, 7)]
    for fault, _words in FAULTS.values():
        rig.upstream.fault(**fault)

    run = rig.run("package_sync", rpm_package_repos=items).failed()

    assert set(run.errors) == {rig.rpm(number)["name"] for number in FAULTS}
    for number, (_fault, words) in FAULTS.items():
        name = rig.rpm(number)["name"]
        assert words in run.errors[name]
        assert f"package repository '{name}': {run.errors[name]}" in run.message
    assert [found["name"] for found in rig.ark.snapshots(rig.prefix)] == [run.of(rig.rpm(6)["name"])["snapshot"]]

    rig.upstream.clear()
    again = rig.run("package_sync", rpm_package_repos=items).succeeded()

    assert len(rig.ark.snapshots(rig.prefix)) == len(items)
    assert again.of(rig.rpm(6)["name"])["action"] == "unchanged"
    for number in FAULTS:
        assert len(rig.ark.publications(rig.rpm(number)["name"])) == 1
