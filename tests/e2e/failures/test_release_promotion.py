# SPDX-License-Identifier: Apache-2.0
"""Promotions of a release that cannot be promoted, is interrupted, or meets another promotion."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.e2e.play import Play
from tests.e2e.rig import NAMES, Rig
from tests.lab.gateway import Gateway
from tests.lab.oci_layout import Image, write_layout
from tests.lab.pulp import launcher

COUNT = 8
TAG = "2026.1-rocky-10-20261122T020000"
JOURNAL = "release-train-journal"
MUTEX = "release-train-mutex"


class Releases:
    """An Ark with COUNT snapshots and an image, and locks that name some of them."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.items = [rig.rpm(number) for number in range(1, COUNT + 1)]
        self.digest = self.push("nova")
        lists = {"rpm_package_repos": self.items}
        run = rig.run("package_sync", **lists).succeeded()
        self.stamps = {line["short_name"]: line["stamp"] for line in run.report}

    @property
    def common(self) -> dict[str, Any]:
        """The variables of all playbooks."""
        return {
            "release_directory": str(self.rig.directory / "releases"),
            "release_cache_path": str(self.rig.directory / "cache"),
            "release_lock_namespace": f"{self.rig.prefix}-dev",
            "container_namespace_release": self.rig.prefix,
        }

    def push(self, content: str) -> str:
        """Push an image with this content to the namespace of development; returns its digest."""
        directory = self.rig.directory / f"layout-{content}"
        digest = write_layout(directory, {"image": Image(content)})["image"]
        options = {"namespace": f"{self.rig.prefix}-dev", "names": ["nova"], "tag": TAG}
        self.rig.run_module(
            "container_push", **options, source=f"oci:{directory}:image"
        ).succeeded()
        return digest

    def lock(self, name: str, numbers: Sequence[int], **variables: Any) -> None:
        """Lock the snapshots of these numbers and the image as a release."""
        names = [self.items[number - 1]["short_name"] for number in numbers]
        pins = {name: self.stamps[name] for name in names}
        lists = {"rpm_package_repos": self.items, "package_versions": pins}
        given = {"release_name": self.named(name), "container_tags": {"nova": TAG}, **variables}
        self.rig.run("release_lock", **{**self.common, **lists, **given}).succeeded()

    def named(self, name: str) -> str:
        """Return the name of a release, which no other test uses."""
        return f"{self.rig.prefix}-{name}"

    def start(self, verb: str, name: str, **variables: Any) -> Play:
        """Start the promotion or the rollback of a release."""
        given = {**self.common, "release_name": self.named(name), **variables}
        return self.rig.start(f"release_{verb}", **given)

    @property
    def released(self) -> list[int]:
        """The numbers of the snapshots that are released."""
        guard = self.rig.ark.find("contentguards/core/rbac/", "release")["pulp_href"]
        guards = {
            one["name"]: one["content_guard"] for one in self.rig.ark.snapshots(self.rig.prefix)
        }
        names = [f"{item['name']}-{self.stamps[item['short_name']]}" for item in self.items]
        return [number for number, name in enumerate(names, 1) if guards.get(name) == guard]

    @property
    def tag(self) -> str:
        """The digest of the released tag; "" if there is none."""
        ark = self.rig.ark
        found = ark.list("repositories/container/container-push/", name=f"{self.rig.prefix}/nova")
        found += ark.list("repositories/container/container/", name=f"{self.rig.prefix}/nova")
        if not found:
            return ""
        query = {"repository_version": found[0]["latest_version_href"], "name": TAG}
        tags = ark.list("content/container/tags/", **query)
        return str(ark.get(tags[0]["tagged_manifest"])["digest"]) if tags else ""

    @property
    def published(self) -> list[str]:
        """The names of those releases of this test that are served, without the prefix."""
        ark, found = self.rig.ark, []
        for distribution in ark.list("distributions/file/file/", name="releases"):
            if distribution["publication"]:
                version = ark.get(distribution["publication"])["repository_version"]
                units = ark.list("content/file/files/", repository_version=version)
                found = [one["relative_path"] for one in units]
        start = len(self.rig.prefix) + 1
        return sorted(one[start:-4] for one in found if one.startswith(f"{self.rig.prefix}-"))

    @property
    def state(self) -> tuple[list[int], str, list[str]]:
        """All that a promotion changes."""
        return self.released, self.tag, self.published

    @property
    def journals(self) -> list[dict[str, Any]]:
        """The journal of a run that did not end."""
        return self.rig.ark.list("contentguards/core/rbac/", name=JOURNAL)

    @property
    def whole(self) -> tuple[list[int], str, list[str]]:
        """The state after the release "one", with all snapshots, was promoted."""
        return [*range(1, COUNT + 1)], self.digest, ["one"]


NOTHING: tuple[list[int], str, list[str]] = ([], "", [])


@pytest.fixture
def releases(rig: Rig) -> Releases:
    return Releases(rig)


@pytest.fixture
def gateway(rig: Rig, releases: Releases) -> Iterator[Gateway]:
    """Lock the release "one" with everything, then let `ark1` be reached through a gateway."""
    releases.lock("one", range(1, COUNT + 1))
    with Gateway(rig.servers.ark.url) as gateway:
        rig.add_host("ark", "ark1", replace(rig.servers.ark, url=gateway.url))
        yield gateway


def at_change(gateway: Gateway, number: int) -> None:
    """Wait until this change is about to be made."""
    deadline = time.monotonic() + 120
    while gateway.changes < number:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def slowly(number: int) -> None:
    time.sleep(1 if number > 2 else 0)


def quickly(_number: int) -> None:
    """Delay no change."""


def kill(releases: Releases, gateway: Gateway, verb: str = "promote") -> None:
    """Kill the promotion or the rollback of the release "one" in the middle."""
    gateway.changes = 0
    gateway.on_change = slowly
    play = releases.start(verb, "one")
    at_change(gateway, 5)
    play.kill()
    time.sleep(2)
    gateway.on_change = quickly
    assert 0 < len(releases.released) < COUNT
    assert len(releases.journals) == 1


def test_all_that_differs_from_the_lock_is_reported_and_nothing_is_promoted(
    releases: Releases,
) -> None:
    releases.lock("one", [1, 2, 3])
    ark = releases.rig.ark
    first, second, fourth = (
        ark.find("distributions/rpm/rpm/", f"{item['name']}-{releases.stamps[item['short_name']]}")
        for item in (releases.items[0], releases.items[1], releases.items[3])
    )
    ark.delete(first["pulp_href"])
    ark.patch(second["pulp_href"], publication=fourth["publication"])
    moved = releases.push("built-again")

    run = releases.start("promote", "one").wait().failed()

    names = [item["short_name"] for item in releases.items]
    for problem in (
        f"{names[0]}: the snapshot at {first['base_path']} does not exist",
        f"{names[1]} {releases.stamps[names[1]]}: its packages differ from the lock",
        f"{releases.rig.prefix}-dev/nova:{TAG} is {moved} instead of {releases.digest}",
    ):
        assert problem in run.message
    assert names[2] not in run.message
    assert releases.state == NOTHING
    assert releases.journals == []


@pytest.mark.slow
def test_a_server_that_dies_in_the_middle_restores_or_completes_the_promotion(
    releases: Releases, gateway: Gateway
) -> None:
    def die(number: int) -> int | None:
        if number < 4:
            return None
        if number == 4:
            gateway.go_down(3600)
        return 502

    gateway.on_change = die
    play = releases.start("promote", "one")
    at_change(gateway, 4)
    launcher.restart(NAMES[0])
    gateway.on_change = quickly
    gateway.down_until = 0
    run = play.wait()

    if releases.journals:
        assert "Run it again: it continues from its journal" in run.failed().message
    elif run.status:
        assert "nothing was changed: " in run.message
        assert releases.state == NOTHING
    else:
        assert releases.state == releases.whole
    releases.start("promote", "one").wait().succeeded()
    assert releases.state == releases.whole
    assert releases.journals == []


@pytest.mark.slow
def test_a_promotion_that_was_killed_is_completed_by_the_next_one(
    releases: Releases, gateway: Gateway
) -> None:
    kill(releases, gateway)
    assert releases.named("one") in releases.journals[0]["description"]

    run = releases.start("promote", "one").wait().succeeded()

    text = (
        f"the promotion of the release {releases.named('one')} was interrupted: this run completes"
    )
    assert any(text in one for one in run.warnings)
    assert releases.state == releases.whole
    assert releases.journals == []


@pytest.mark.slow
def test_a_promotion_that_was_killed_is_rolled_back_by_that_of_another_release(
    releases: Releases, gateway: Gateway
) -> None:
    releases.lock("two", [6])
    kill(releases, gateway)

    run = releases.start("promote", "two").wait().succeeded()

    text = (
        f"the promotion of the release {releases.named('one')} was interrupted and was rolled back"
    )
    assert any(text in one for one in run.warnings)
    assert releases.state == ([6], releases.digest, ["two"])
    assert releases.journals == []


@pytest.mark.slow
def test_a_rollback_that_was_killed_is_completed_by_the_next_one(
    releases: Releases, gateway: Gateway
) -> None:
    releases.start("promote", "one").wait().succeeded()
    kill(releases, gateway, "rollback")

    run = releases.start("rollback", "one").wait().succeeded()

    text = (
        f"the rollback of the release {releases.named('one')} was interrupted: this run completes"
    )
    assert any(text in one for one in run.warnings)
    assert releases.state == NOTHING
    assert releases.journals == []


@pytest.mark.slow
def test_of_two_promotions_of_one_name_one_wins_and_the_other_changes_nothing(
    releases: Releases, gateway: Gateway
) -> None:
    other = {"release_directory": str(releases.rig.directory / "others")}
    releases.lock("one", [1], **other)

    gateway.on_change = slowly
    first = releases.start("promote", "one")
    at_change(gateway, 3)
    second = releases.start("promote", "one", **other).wait().failed()

    first.wait().succeeded()
    assert f"another release is promoted with the name {releases.named('one')}" in second.message
    assert releases.state == releases.whole
    assert releases.rig.ark.list("contentguards/", name=MUTEX) == []


@pytest.mark.slow
def test_a_promotion_that_fails_does_not_undo_one_that_runs_after_it(
    releases: Releases, gateway: Gateway
) -> None:
    releases.lock("two", [5, 6])

    def refuse_last(number: int) -> int | None:
        slowly(number)
        return 400 if number == COUNT else None

    gateway.on_change = refuse_last
    failing = releases.start("promote", "one")
    at_change(gateway, 4)
    releases.rig.add_host("ark", "ark1", releases.rig.servers.ark)
    releases.start("promote", "two").wait().succeeded()

    assert "nothing was changed: " in failing.wait().failed().message
    assert releases.state == ([5, 6], releases.digest, ["two"])
    assert releases.journals == []
