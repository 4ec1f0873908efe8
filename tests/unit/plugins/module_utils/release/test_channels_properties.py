# SPDX-License-Identifier: Apache-2.0
"""Promotions and rollbacks that are killed after any number of writes, in any order.

A rollback restores what was served when the last promotion began that changed something; one that
completes an interrupted promotion, or follows an interrupted rollback, does not count as a new one.
"""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import replace
from math import inf
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.module_utils.pulp.errors import InvalidItem, LostResponse, PulpError, Unreachable
from plugins.module_utils.release.channels import promote_channels
from tests.unit.fake_pulp.pulp import QUICK, FakePulp

PUBLICATIONS = "/pulp/api/v3/publications/rpm/rpm/"
NAMES = "abcd"
COUNT = len(NAMES)
ALL = set(NAMES)
KILLS: list[dict[str, Any]] = [
    {"raises": Unreachable("killed")},
    {"raises": LostResponse("killed"), "carried_out": True},
]

# What happens: new content in some development channels, or a run that ends after some writes.
moves = st.tuples(st.just("move"), st.sets(st.sampled_from(NAMES), min_size=1))
runs = st.tuples(
    st.sampled_from(["development", "previous"]),
    st.one_of(st.none(), st.tuples(st.integers(0, COUNT), st.sampled_from(KILLS))),
)


class Site:
    """A client whose channels all serve release 0 in development and in production."""

    def __init__(self) -> None:
        self.pulp = FakePulp(concurrency=1)
        self.releases = itertools.count(1)
        for name in NAMES:
            publication = self.publication(name, 0)
            for environment in ("development", "production"):
                self.pulp.add_distribution(
                    "rpm",
                    f"{name}-{environment}",
                    base_path=f"{name}/{environment}",
                    publication=publication,
                )

    def publication(self, name: str, release: int) -> str:
        href = f"{PUBLICATIONS}{name}{release}/"
        self.pulp.add("publications/rpm/rpm/", pulp_href=href, repository_version="")
        return href

    def move(self, names: set[str]) -> None:
        release = next(self.releases)
        for name in names:
            entry = self.pulp.find("distributions/", name=f"{name}-development")
            entry["publication"] = self.publication(name, release)

    def served(self, environment: str) -> list[str]:
        by_name = self.pulp.by_name("distributions/")
        return [by_name[f"{name}-{environment}"]["publication"] for name in NAMES]

    def run(self, to: str, selected: str = NAMES) -> list[Any]:
        """Run the module; raises what it raises."""
        self.server = self.pulp.server()
        items = [
            {
                "name": f"{name}-production",
                "distribution": f"{name}-development",
                "base_path": f"{name}/production",
                "state": "present",
            }
            for name in selected
        ]
        results, _more = promote_channels(self.server, {"rpm": items, "to": to})
        return results

    def filtered_run(
        self, names: set[str], killed: tuple[int, dict[str, Any]] | None = None
    ) -> None:
        """Promote these channels; the run may be killed."""
        selected = "".join(sorted(names))
        if killed:
            self.killed_run("development", *killed, selected=selected)
        else:
            self.run("development", selected)

    def warnings(self, names: set[str]) -> str:
        """Promote these channels; returns the warnings."""
        self.filtered_run(names)
        return "\n".join(self.server.report.warnings)

    def killed_run(self, to: str, writes: int, kill: dict[str, Any], selected: str = NAMES) -> None:
        """Run the module, which is killed after this number of writes."""
        self.pulp.on("PATCH", "distributions/", skip=writes, **kill)
        gone = {"raises": Unreachable("killed"), "times": inf}
        self.pulp.on("PATCH", "distributions/", skip=writes + 1, **gone)
        self.pulp.on("GET", "distributions/.*pulp_id__in", **gone)
        with contextlib.suppress(PulpError):
            self.run(to, selected)
        self.pulp.rules.clear()


@pytest.fixture(autouse=True, scope="module")
def _time():
    """Each promotion is at a later second, and no outage is waited for."""
    numbers = itertools.count(1)

    def stamp() -> str:
        minutes, seconds = divmod(next(numbers) // 2, 60)
        return f"{20260101 + minutes // 1440}T{minutes // 60 % 24:02}{minutes % 60:02}{seconds:02}"

    with (
        patch("plugins.module_utils.release.channels.current_stamp", stamp),
        patch("tests.unit.fake_pulp.pulp.QUICK", replace(QUICK, outage=0)),
    ):
        yield


def follow(site: Site, events: list[tuple[str, Any]]) -> list[str] | None:
    """Carry out events; returns what a rollback restores, None if nothing was promoted."""
    original: list[str] | None = None
    is_complete = True
    for what, detail in events:
        if what == "move":
            site.move(detail)
            continue
        before = site.served("production")
        if detail:
            site.killed_run(what, *detail)
        else:
            with contextlib.suppress(InvalidItem):
                site.run(what)
        now = site.served("production")
        if what == "development":
            if is_complete and now != before:
                original = before
            is_complete = now == site.served("development") or (is_complete and now == before)
        elif original is not None:
            is_complete = now == original or (is_complete and now == before)
    return original


@pytest.mark.parametrize("kill", KILLS)
@pytest.mark.parametrize("writes", range(1, COUNT))
def test_a_promotion_after_an_interrupted_rollback_may_be_interrupted_too(writes, kill):
    site = Site()
    original = site.served("production")
    site.move(ALL)
    site.run("development")
    site.move(ALL)
    site.killed_run("previous", writes, kill)
    site.killed_run("development", writes, kill)
    site.run("development")
    assert site.served("production") == site.served("development")

    site.run("previous")

    assert site.served("production") == original


@settings(deadline=None)
@given(
    events=st.lists(st.one_of(moves, runs), max_size=8),
    end=st.sampled_from([[], [("development", None)]]),
)
def test_a_rollback_restores_all_channels_and_a_second_one_changes_nothing(events, end):
    site = Site()
    original = follow(site, [*events, *end])
    if original is None:
        with pytest.raises(InvalidItem, match="no promotion of these channels is recorded"):
            site.run("previous")
        return
    site.run("previous")
    assert site.served("production") == original
    assert not any(result.changed for result in site.run("previous"))


@settings(deadline=None)
@given(events=st.lists(st.one_of(moves, runs), max_size=8))
def test_a_repeated_run_completes_an_interrupted_one_and_then_changes_nothing(events):
    site = Site()
    follow(site, events)
    site.run("development")
    assert site.served("production") == site.served("development")
    assert not any(result.changed for result in site.run("development"))


filtered = st.tuples(
    st.sets(st.sampled_from(NAMES), min_size=1),
    st.one_of(st.none(), st.tuples(st.integers(0, COUNT), st.sampled_from(KILLS))),
)


def switched(site: Site, original: list[str]) -> set[str]:
    """The channels that serve something else than before."""
    now = site.served("production")
    return {name for name, old, new in zip(NAMES, original, now) if old != new}


@settings(deadline=None)
@given(
    writes=st.integers(1, COUNT - 2),
    kill=st.sampled_from(KILLS),
    events=st.lists(st.one_of(moves, filtered), max_size=6),
    is_completed=st.booleans(),
)
def test_filtered_runs_after_an_interrupted_one_belong_to_it(writes, kill, events, is_completed):
    site = Site()
    original = site.served("production")
    site.move(ALL)
    site.killed_run("development", writes, kill)
    for first, second in events:
        if first == "move":
            site.move(second)
        # A run of all that was changed leaves the others out, and one of the rest completes it.
        elif not first >= switched(site, original) and switched(site, original) != ALL:
            site.filtered_run(first, second)
    if is_completed and switched(site, original) != ALL:
        site.run("development")
        assert site.served("production") == site.served("development")

    site.run("previous")

    assert site.served("production") == original
    assert not any(result.changed for result in site.run("previous"))


@settings(deadline=None)
@given(
    events=st.lists(
        st.one_of(moves, filtered, st.tuples(st.just("previous"), st.none())), max_size=10
    )
)
def test_a_rollback_restores_what_was_served_when_some_promotion_began(events):
    site = Site()
    seen = [site.served("production")]
    for first, second in events:
        if first == "move":
            site.move(second)
        elif first == "previous":
            with contextlib.suppress(InvalidItem):
                site.run("previous")
        else:
            seen.append(site.served("production"))
            site.filtered_run(first, second)
    with contextlib.suppress(InvalidItem):
        site.run("previous")
        assert site.served("production") in seen


def test_a_channel_that_is_left_out_permanently_does_not_keep_a_promotion_open():
    site = Site()
    site.move(ALL)
    site.killed_run("development", 2, KILLS[0])
    names = ALL - {"d"}
    site.filtered_run(names)
    first = site.served("production")
    site.move(ALL)
    site.filtered_run(names)
    assert site.served("production") != first
    site.run("previous")
    assert site.served("production") == first


def test_a_promotion_that_was_rolled_back_completely_is_not_continued():
    site = Site()
    site.move(ALL)
    site.killed_run("development", 2, KILLS[0])
    site.run("previous")
    site.filtered_run({"a"})
    first = site.served("production")
    site.move(ALL)
    site.filtered_run({"a"})
    site.run("previous")
    assert site.served("production") == first


def test_a_filtered_run_reports_that_it_continues_an_interrupted_one():
    site = Site()
    site.move(ALL)
    site.killed_run("development", 2, KILLS[0])
    assert "This run continues it" in site.warnings({"c"})
    assert "This run completes it" in site.warnings(ALL)
    site.move({"a"})
    assert site.warnings(ALL) == ""
