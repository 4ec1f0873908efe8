# SPDX-License-Identifier: Apache-2.0
"""What is read for items that change tags, and the order in which the items run."""

from __future__ import annotations

import pytest

from plugins.module_utils.container.tag_copy import read_items, reread_item
from plugins.module_utils.container.tags import Manifests
from plugins.module_utils.pulp.errors import PulpError
from tests.unit.fake_pulp.content import set_tags
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.fake_pulp.repositories import manifest

A, B = "sha256:aa", "sha256:bb"


@pytest.fixture
def pulp():
    return FakePulp()


def read(pulp, *items):
    given = [{"source": None, "state": "present", **item} for item in items]
    return read_items(pulp.server(), given, Manifests(pulp))


def item(name, source=None, state="present", tags=("one",)):
    return {"name": name, "source": source, "state": state, "tags": list(tags)}


def test_items_wait_for_items_that_change_their_repositories(pulp):
    for name in "abc":
        set_tags(pulp, name, {})
    work = read(
        pulp,
        item("a", "b"),
        item("c", "b"),
        item("a", "c"),
        item("b", "a"),
        item("a", state="read"),
        item("a", state="absent"),
    )
    waits = [[work.index(other) for other in one.waits_for] for one in work]
    assert waits == [[], [], [0, 1], [2, 0, 1], [2], [2, 3, 4]]


def test_repositories_of_other_types_are_ignored(pulp):
    pulp.add_repository("rpm", "a")
    set_tags(pulp, "b", {"one": A}, "container/container-push")
    one, other = read(pulp, item("a", "b"), item("b", "a"))
    assert (one.repository, other.source_repository) == (None, None)
    assert (one.is_push_repository, other.is_push_repository) == (False, True)


def test_a_duplicate_tag_counts_once(pulp):
    set_tags(pulp, "a", {"one": A})
    (one,) = read(pulp, item("a", state="read", tags=["one", " one"]))
    assert (one.tags, one.own) == (["one"], {"one": manifest(pulp.store, A)})


def test_reading_an_item_again_updates_it(pulp):
    set_tags(pulp, "a", {"one": A})
    set_tags(pulp, "b", {"one": B})
    of_a, of_b = manifest(pulp.store, A), manifest(pulp.store, B)
    (one,) = read(pulp, item("a", "b"))
    assert (one.own, one.source) == ({"one": of_a}, {"one": of_b})
    set_tags(pulp, "a", {"two": B})
    reread_item(pulp.server(), one, Manifests(pulp))
    assert (one.own, one.source) == ({}, {"one": of_b})


def test_an_unreadable_server_is_an_error_with_the_cause(pulp):
    set_tags(pulp, "a", {"one": A})
    pulp.on("GET", "/tags/", raises=PulpError("Bad Gateway (HTTP 502)"))
    with pytest.raises(PulpError, match="Bad Gateway"):
        read(pulp, item("a", state="read"))


def test_the_tags_of_an_empty_repository_are_not_read(pulp):
    set_tags(pulp, "a", {"one": A})
    set_tags(pulp, "b", {})
    (one,) = read(pulp, item("b", "a"))
    assert (one.own, one.source) == ({}, {"one": manifest(pulp.store, A)})
    requests = [one for one in pulp.requests if "repository_version" in str(one.content)]
    assert len(requests) == 1
