# SPDX-License-Identifier: Apache-2.0
"""What is read of items that change tags, and in which order they are carried out."""

from __future__ import annotations

import pytest

from plugins.module_utils.container.tag_copy import read_items, reread_item
from plugins.module_utils.container.tags import Manifests
from plugins.module_utils.pulp.errors import PulpError

from ..tag_shelf import TagShelf, manifest

A, B = "sha256:aa", "sha256:bb"


def work_of(shelf, *items):
    given = [{"source": None, "state": "present", **item} for item in items]
    return read_items(shelf.server(), given, Manifests(shelf))


def item(name, source=None, state="present", tags=("one",)):
    return {"name": name, "source": source, "state": state, "tags": list(tags)}


def test_items_wait_for_those_that_change_what_they_name():
    shelf = TagShelf(a={}, b={}, c={})
    work = work_of(
        shelf,
        item("a", "b"),
        item("c", "b"),
        item("a", "c"),
        item("b", "a"),
        item("a", state="read"),
        item("a", state="absent"),
    )
    waits = [[work.index(other) for other in one.waits_for] for one in work]
    assert waits == [[], [], [0, 1], [2, 0, 1], [2], [2, 3, 4]]


def test_repositories_of_other_types_are_not_taken_for_images():
    shelf = TagShelf(a={"one": A})
    shelf.add("b", {"one": A}, kind="container/container-push")
    shelf.kinds["a"] = "rpm/rpm"
    one, other = work_of(shelf, item("a", "b"), item("b", "a"))
    assert (one.repository, other.source_repository) == (None, None)
    assert (one.is_push_repository, other.is_push_repository) == (False, True)


def test_a_tag_that_is_named_twice_is_one():
    shelf = TagShelf(a={"one": A})
    (one,) = work_of(shelf, item("a", state="read", tags=["one", " one"]))
    assert (one.tags, one.own) == (["one"], {"one": manifest(A)})


def test_what_is_read_again_is_new():
    shelf = TagShelf(a={"one": A}, b={"one": B})
    (one,) = work_of(shelf, item("a", "b"))
    assert (one.own, one.source) == ({"one": manifest(A)}, {"one": manifest(B)})
    shelf.versions["a"].append({"two": B})
    reread_item(shelf.server(), one, Manifests(shelf))
    assert (one.own, one.source) == ({}, {"one": manifest(B)})


def test_a_server_that_cannot_be_read_is_an_error_in_its_words():
    class Broken(TagShelf):
        def list(self, path, params=None):
            if "tags" in path:
                raise PulpError("Bad Gateway (HTTP 502)")
            return super().list(path, params)

    with pytest.raises(PulpError, match="Bad Gateway"):
        work_of(Broken(a={"one": A}), item("a", state="read"))


def test_an_empty_repository_is_not_asked_for_tags():
    shelf = TagShelf(a={"one": A})
    shelf.add("b", {})
    (one,) = work_of(shelf, item("b", "a"))
    assert (one.own, one.source) == ({}, {"one": manifest(A)})
    asked = [asked for path, asked in shelf.reads if "repository_version" in str(asked)]
    assert len(asked) == 1
