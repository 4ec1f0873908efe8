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

    def run(self, to: str) -> list[Any]:
        """Run the module; raises what it raises."""
        items = [
            {
                "name": f"{name}-production",
                "distribution": f"{name}-development",
                "base_path": f"{name}/production",
                "state": "present",
            }
            for name in NAMES
        ]
        results, _more = promote_channels(self.pulp.server(), {"rpm": items, "to": to})
        return results

    def killed_run(self, to: str, writes: int, kill: dict[str, Any]) -> None:
        """Run the module, which is killed after this number of writes."""
        self.pulp.on("PATCH", "distributions/", skip=writes, **kill)
        gone = {"raises": Unreachable("killed"), "times": inf}
        self.pulp.on("PATCH", "distributions/", skip=writes + 1, **gone)
        self.pulp.on("GET", "distributions/.*pulp_id__in", **gone)
        with contextlib.suppress(PulpError):
            self.run(to)
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
