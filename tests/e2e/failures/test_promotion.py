# SPDX-License-Identifier: Apache-2.0
"""Promotions that are interrupted, killed, meet an outage, or each other."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.e2e.play import Play
from tests.e2e.rig import Rig
from tests.lab.gateway import Gateway

pytestmark = pytest.mark.slow

COUNT = 8
LOCK = "release-train-mutex"


@pytest.fixture
def gateway(rig: Rig) -> Iterator[Gateway]:
    """Let `ark1` be reached through a gateway."""
    with Gateway(rig.servers.ark.url) as gateway:
        rig.add_host("ark", "ark1", replace(rig.servers.ark, url=gateway.url))
        yield gateway


class Release:
    """Snapshots that share one publication, and the runs that promote them."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.items = [rig.rpm(number) for number in range(1, COUNT + 1)]
        ((_name, self.stamp),) = rig.snapshot(self.items[0]).items()
        first = rig.ark.find("distributions/rpm/rpm/", f"{self.items[0]['name']}-{self.stamp}")
        for item in self.items[1:]:
            rig.ark.post(
                "distributions/rpm/rpm/",
                name=f"{item['name']}-{self.stamp}",
                base_path=f"{item['base_path']}{self.stamp}",
                publication=first["publication"],
            )
        pins = {item["short_name"]: self.stamp for item in self.items}
        self.wanted: dict[str, Any] = {"rpm_package_repos": self.items, "package_versions": pins}

    @property
    def released(self) -> int:
        """How many snapshots are released."""
        guard = self.rig.ark.find("contentguards/core/rbac/", "release")["pulp_href"]
        found = self.rig.ark.snapshots(self.rig.prefix)
        return sum(entry["content_guard"] == guard for entry in found)

    def start(self, *arguments: str) -> Play:
        return self.rig.start("package_promote", *arguments, **self.wanted)

    def wait_until_unlocked(self) -> None:
        """Wait until no process of a promotion is left, which outlives TERM to the playbook."""
        deadline = time.monotonic() + 60
        while self.rig.ark.list("contentguards/", name=LOCK):
            assert time.monotonic() < deadline
            time.sleep(0.2)


@pytest.fixture
def release(rig: Rig) -> Release:
    return Release(rig)


def at_change(gateway: Gateway, number: int) -> None:
    """Wait until this change is about to be made; it and later ones take their time."""
    deadline = time.monotonic() + 120
    while gateway.changes < number:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def slowly(number: int) -> None:
    time.sleep(1 if number > 2 else 0)


def test_an_outage_while_the_result_is_read_back_is_waited_for(
    release: Release, gateway: Gateway
) -> None:
    def last(number: int) -> None:
        if number == COUNT:
            # The last change is handed on, and the gateway fails soon after.
            gateway.down_until = time.monotonic() + 12

    gateway.on_change = last
    run = release.start().wait().succeeded()

    assert release.released == COUNT
    assert all(line["changed"] for line in run.report)


def test_an_outage_during_the_changes_restores_them_and_reports_each(
    release: Release, gateway: Gateway
) -> None:
    def middle(number: int) -> int | None:
        if number == COUNT // 2:
            gateway.go_down(15)
        return 502 if number >= COUNT // 2 and time.monotonic() < gateway.down_until else None

    gateway.on_change = middle
    run = release.start().wait().failed()

    assert release.released == 0
    assert "nothing was switched: " in run.message
    assert len(run.report) == len(run.errors) == COUNT
    release.start().wait().succeeded()
    assert release.released == COUNT


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_promotion_restores_what_it_changed(
    release: Release, gateway: Gateway, number: int
) -> None:
    gateway.on_change = slowly
    play = release.start()
    at_change(gateway, 4)
    os.kill(play._process.pid, number)
    run = play.wait()
    assert run.status != 0
    assert "package_promote still runs: it completes or rolls back" in run.output
    if number == signal.SIGINT:
        # ansible-playbook has waited for the module.
        assert release.rig.ark.list("contentguards/", name=LOCK) == []
        assert "package_promote has ended: " in run.output

    release.wait_until_unlocked()
    assert release.released in (0, COUNT)
    gateway.on_change = lambda number: None
    release.start().wait().succeeded()
    assert release.released == COUNT


def test_a_promotion_that_was_killed_is_continued_by_the_next_one(
    release: Release, gateway: Gateway
) -> None:
    gateway.on_change = slowly
    play = release.start()
    at_change(gateway, 5)
    play.kill()
    time.sleep(2)
    assert 0 < release.released < COUNT

    gateway.on_change = lambda number: None
    run = release.start().wait().succeeded()

    assert any("was killed. This run continues" in text for text in run.warnings)
    assert release.released == COUNT
    assert release.rig.ark.list("contentguards/", name=LOCK) == []


def test_a_promotion_that_fails_does_not_undo_one_that_succeeds(
    release: Release, gateway: Gateway
) -> None:
    def refuse_last(number: int) -> int | None:
        slowly(number)
        return 400 if number == COUNT else None

    gateway.on_change = refuse_last
    failing = release.start()
    at_change(gateway, 4)
    release.rig.add_host("ark", "ark1", release.rig.servers.ark)
    other = release.start().wait().succeeded()

    assert "nothing was switched" in failing.wait().failed().message
    assert all(line["changed"] for line in other.report)
    assert release.released == COUNT


def test_a_run_that_waits_in_vain_names_the_command_that_helps(release: Release) -> None:
    text = "bob on ctl9, process 7, since 2026-01-01 00:00:00 UTC [run=1 process=]"
    guard = release.rig.ark.post("contentguards/core/rbac/", name=LOCK, description=text)

    run = release.start().wait().failed()

    assert "a promotion by bob on ctl9, process 7" in run.message
    assert f"-X DELETE {release.rig.servers.ark.url}{guard['pulp_href']}" in run.message
    assert release.released == 0
    release.rig.ark.delete(guard["pulp_href"])
    release.start().wait().succeeded()


def test_a_promotion_of_channels_that_was_killed_and_repeated_is_rolled_back_as_a_whole(
    rig: Rig,
) -> None:
    item = rig.rpm(1)
    repository = rig.client.post("repositories/rpm/rpm/", name=rig.prefix)
    old, new = (
        rig.client.post("publications/rpm/rpm/", repository=repository["pulp_href"])["pulp_href"]
        for _time in "ab"
    )
    channels = []
    for number in range(COUNT):
        for kind, publication in (("development", new), ("production", old)):
            name = f"{rig.prefix}-{number}-{kind}"
            path = f"{item['base_path']}{number}/{kind}"
            rig.client.post(
                "distributions/rpm/rpm/", name=name, base_path=path, publication=publication
            )
        development = f"{rig.prefix}-{number}-development"
        channels.append({"name": name, "distribution": development})

    def served() -> list[str]:
        found = rig.client.snapshots(rig.prefix)
        return [one["publication"] for one in found if one["name"].endswith("production")]

    with Gateway(rig.servers.client.url) as gateway:
        rig.add_host("client", "client1", replace(rig.servers.client, url=gateway.url))
        gateway.on_change = slowly
        play = rig.start_module("channel_promote", "client1", rpm=channels)
        at_change(gateway, 5)
        play.kill()
        time.sleep(2)
        assert {*served()} == {old, new}

        gateway.on_change = lambda number: None
        repeated = rig.run_module("channel_promote", "client1", rpm=channels).succeeded()
        assert {*served()} == {new}
        assert any("was interrupted. This run completes it" in one for one in repeated.warnings)
        rig.run_module("channel_promote", "client1", rpm=channels, to="previous").succeeded()
        assert {*served()} == {old}
        again = rig.run_module("channel_promote", "client1", rpm=channels, to="previous")
        assert again.succeeded().changed == 0
        assert any("is already rolled back" in one for one in again.warnings)
