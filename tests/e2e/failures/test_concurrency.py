# SPDX-License-Identifier: Apache-2.0
"""Parallel runs against the same servers, and an interrupted run."""

from __future__ import annotations

import time

import pytest

from tests.e2e.play import Play
from tests.e2e.rig import Rig

pytestmark = pytest.mark.slow

COUNT = 5


def _is_single(rig: Rig, name: str) -> bool:
    """Return whether a repository has one version with content and one publication."""
    repository = rig.ark.find("repositories/rpm/rpm/", name)
    is_first = repository["latest_version_href"].endswith("/versions/1/")
    return is_first and len(rig.ark.publications(name)) == 1


def _succeed(*plays: Play) -> None:
    """Wait for plays, which must succeed."""
    for play in plays:
        play.wait().succeeded()


def test_parallel_syncs_do_not_duplicate_work(rig: Rig) -> None:
    items = [rig.rpm(number) for number in range(1, COUNT + 1)]

    _succeed(*(rig.start("package_sync", rpm_package_repos=items) for _run in "ab"))

    assert len(rig.ark.snapshots(rig.prefix)) == COUNT
    assert all(_is_single(rig, item["name"]) for item in items)
    again = rig.run("package_sync", rpm_package_repos=items).succeeded()
    assert again.changed == 0


def test_parallel_promotions_and_mirrors_do_not_duplicate_work(rig: Rig) -> None:
    # Ark hashes a password for every request of guarded content, so there are only two.
    items = [rig.rpm(number) for number in (1, 2)]
    wanted = {"rpm_package_repos": items, "package_versions": rig.snapshot(*items)}
    verbs = ("promote", "mirror")

    _succeed(*(rig.start(f"package_{verb}", **wanted) for verb in verbs for _run in "ab"))

    release = rig.ark.find("contentguards/core/rbac/", "release")["pulp_href"]
    assert {found["content_guard"] for found in rig.ark.snapshots(rig.prefix)} == {release}
    served = rig.client.snapshots(rig.prefix)
    assert len(served) == len(items)
    assert all(found["publication"] for found in served)
    assert all(len(rig.client.publications(item["name"])) == 1 for item in items)
    assert [rig.run(f"package_{verb}", **wanted).succeeded().changed for verb in verbs] == [0, 0]


def test_parallel_mirrors_of_different_pins_do_not_mix_them_up(rig: Rig) -> None:
    item = rig.rpm(1)
    old = rig.snapshot(item)
    new = rig.snapshot({**item, "url": f"{rig.upstream.url}/many/0002/"})
    runs = [
        rig.start("package_mirror", rpm_package_repos=[item], package_versions=pins)
        for pins in (old, new)
    ]

    ended = [run.wait() for run in runs]

    errors = [error for run in ended if run.status for error in run.errors.values()]
    assert all("another run changed the remote" in error for error in errors)
    for pins, number in ((old, 1), (new, 2)):
        rig.run("package_mirror", rpm_package_repos=[item], package_versions=pins).succeeded()
        (stamp,) = pins.values()
        snapshot = rig.servers.client.content(f"{item['base_path']}{stamp}", rig.package(number))
        assert rig.servers.client.get(snapshot)[0] == 200


def test_the_next_run_completes_an_interrupted_one(rig: Rig) -> None:
    items = [rig.rpm(number) for number in range(1, COUNT + 1)]
    rig.upstream.fault("many/*-primary.xml*", delay=4)

    play = rig.start("package_sync", rpm_package_repos=items)
    while not any("-primary.xml" in path for path in rig.upstream.requests):
        time.sleep(0.1)
    play.interrupt()

    assert play.wait().status != 0
    rig.upstream.clear()
    rig.run("package_sync", rpm_package_repos=items).succeeded()
    assert len(rig.ark.snapshots(rig.prefix)) == COUNT
    assert all(_is_single(rig, item["name"]) for item in items)
