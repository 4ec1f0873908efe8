# SPDX-License-Identifier: Apache-2.0
"""Two versions of a repository are compared with few requests."""

from __future__ import annotations

import random

import pytest

from plugins.module_utils.pulp.types import CONTENT_TYPES
from plugins.module_utils.release import changes as module
from plugins.module_utils.release.changes import read_changes
from tests.unit.fake_pulp.pulp import FakePulp

RPM = CONTENT_TYPES["rpm"]


def versions(pulp: FakePulp, *contents: list[str]) -> list[str]:
    """Return the hrefs of versions with these contents, that follow each other."""
    repository = pulp.add_repository("rpm", "a")
    return [pulp.add_version(repository, *content)["pulp_href"] for content in contents]


def units(packages) -> list[str]:
    return sorted(f"{one.name} {one.version}" for one in packages)


@pytest.mark.parametrize("reads_all", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_the_difference_is_that_of_both_contents(monkeypatch, seed, reads_all):
    monkeypatch.setattr(module, "_MAX_READ", 10_000 if reads_all else 0)
    chosen = random.Random(seed)
    known = [f"p{name} {version}-1" for name in range(6) for version in range(3)]
    contents = [chosen.sample(known, chosen.randint(1, len(known))) for _ in range(5)]
    pulp = FakePulp()
    hrefs = versions(pulp, *contents)
    for before in range(5):
        for after in range(5):
            old, new = set(contents[before]), set(contents[after])
            changes = read_changes(pulp, RPM, hrefs[before], hrefs[after])
            assert changes is not None
            assert units(changes.added) == sorted(new - old)
            assert units(changes.removed) == sorted(old - new)
            names = {one.split()[0] for one in new - old}
            assert units(changes.earlier) == sorted(one for one in old if one.split()[0] in names)


@pytest.fixture
def large(monkeypatch) -> tuple[FakePulp, list[str]]:
    """Return a repository that is too large to be read, and three versions of it."""
    monkeypatch.setattr(module, "_MAX_READ", 20)
    pulp = FakePulp()
    content = [f"p{number} 1-1" for number in range(30)]
    hrefs = versions(pulp, content, ["p0 2-1", *content[1:]], ["p0 3-1", *content[1:]])
    pulp.requests.clear()
    return pulp, hrefs


def test_a_large_repository_costs_what_changed(large):
    pulp, (before, _between, after) = large
    changes = read_changes(pulp, RPM, before, after)
    assert changes is not None
    assert (units(changes.added), units(changes.removed)) == (["p0 3-1"], ["p0 1-1"])
    assert len(pulp.requests) == 6
    assert not [one for one in pulp.requests if one.content.get("repository_version") == after]


def test_too_many_changes_are_not_read(large, monkeypatch):
    monkeypatch.setattr(module, "MAX_CHANGES", 1)
    pulp, (before, _between, after) = large
    assert read_changes(pulp, RPM, before, after) is None
    assert len(pulp.requests) == 1


def test_snapshots_of_a_repository_that_was_created_again_are_compared():
    pulp = FakePulp()
    (before,) = versions(pulp, ["bash 1-1", "old 1-1"])
    other = pulp.add_repository("rpm", "b", "bash 2-1")["latest_version_href"]
    changes = read_changes(pulp, RPM, before, other)
    assert changes is not None
    assert units(changes.added) == ["bash 2-1"]
    assert units(changes.removed) == ["bash 1-1", "old 1-1"]
