# SPDX-License-Identifier: Apache-2.0
"""Tags are copied, removed and looked at by digest, with what is attached to them."""

from __future__ import annotations

import pytest

from plugins.module_utils.container.tag_copy import change_tags
from plugins.module_utils.pulp.errors import ResponseError

from ..tag_shelf import TagShelf

A, B, LIST, PART = "sha256:aa", "sha256:bb", "sha256:cc", "sha256:dd"
SIGNED_A, SIGNED_PART = "sha256-aa.sig", "sha256-dd.att"
ITEM = {"source": None, "tags": [], "allow_missing": False, "immutable": False, "state": "present"}


@pytest.fixture
def shelf():
    return TagShelf(dev={"one": A, "two": B}, released={})


@pytest.fixture
def change(shelf):
    """Run the module with these items -> their results."""

    def run(*items, check_mode=False, force=False):
        server = shelf.server(check_mode)
        given = [{**ITEM, **item} for item in items]
        params = {"container": given, "force": force, "late_retry_delay": -1}
        results, more = change_tags(server, params)
        assert more == {}
        for result in results:
            result.more["warnings"] = server.report.warnings
        return results

    return run


def copy(*tags, **more):
    return {"name": "released", "source": "dev", "tags": list(tags), **more}


def test_tags_are_copied_with_their_digests(shelf, change):
    (result,) = change(copy("one", "two"))
    assert (result.error, result.action) == ("", "copied")
    assert shelf.tags("released") == result.more["tags"] == {"one": A, "two": B}
    assert (result.before, result.after) == ({"tags": {}}, {"tags": {"one": A, "two": B}})
    assert (result.more["packages_added"], result.more["missing"]) == (2, [])


def test_a_second_run_writes_nothing_and_asks_once_for_each_repository(shelf, change):
    shelf.add("other", {"one": B})
    items = copy("one", "two"), {**copy("one"), "name": "other"}
    change(*items)
    shelf.writes.clear()
    shelf.reads.clear()
    results = change(*items)
    assert [result.changed for result in results] == [False, False]
    assert [result.more["tags"] for result in results] == [{"one": A, "two": B}, {"one": A}]
    assert shelf.writes == []
    # The repositories, the tags of each of both, their manifests, what is attached to these.
    assert len(shelf.reads) == 5


def test_check_mode_says_what_would_be_copied_and_copies_nothing(shelf, change):
    (result,) = change(copy("one"), check_mode=True)
    assert (result.changed, result.after) == (True, {"tags": {"one": A}})
    assert shelf.writes == []


def test_a_tag_that_points_elsewhere_is_moved(shelf, change):
    shelf.add("released", {"one": B, "old": B})
    (result,) = change(copy("one"))
    assert (result.before, result.after) == ({"tags": {"one": B}}, {"tags": {"one": A}})
    assert shelf.tags("released") == {"one": A, "old": B}


def test_an_immutable_tag_moves_by_force_only(shelf, change):
    shelf.add("released", {"one": B})
    (refused,) = change(copy("one", "two", immutable=True))
    assert refused.error == (
        "one would move, but released tags are immutable: push the new images with new tags, or "
        "set force (container_force in a playbook) to move them anyway. "
        f"one is {B} here and {A} in dev"
    )
    assert shelf.writes == []
    (forced,) = change(copy("one", immutable=True), force=True)
    assert (forced.error, shelf.tags("released")) == ("", {"one": A})


def test_missing_tags_are_named_unless_they_may_be(shelf, change):
    (refused,) = change(copy("nowhere", "one", "neither"))
    assert refused.error == "Some tags not found in source repository: nowhere, neither"
    assert shelf.writes == []
    (allowed,) = change(copy("nowhere", "one", allow_missing=True))
    assert (allowed.error, allowed.more["missing"]) == ("", ["nowhere"])
    assert shelf.tags("released") == {"one": A}


def test_what_is_attached_comes_along_also_that_of_listed_images(shelf, change):
    shelf.lists[LIST] = [PART, A]
    attached = {SIGNED_A: "sha256:e1", SIGNED_PART: "sha256:e2"}
    shelf.add("dev", {"multi": LIST, "other": B, "sha256-bb.sig": "sha256:e3", **attached})
    (result,) = change(copy("multi"))
    assert shelf.tags("released") == {"multi": LIST, **attached}
    assert (result.more["attached"], result.more["tags"]) == (attached, {"multi": LIST})


def test_signatures_of_cosign_3_come_along(shelf, change):
    shelf.add("dev", {"one": A, "sha256-aa": "sha256:e1"})
    change(copy("one"))
    assert shelf.tags("released") == {"one": A, "sha256-aa": "sha256:e1"}


def test_a_signature_that_came_later_is_copied_though_the_tag_is_immutable(shelf, change):
    shelf.add("released", {"one": A, SIGNED_A: "sha256:e0"})
    shelf.add("dev", {"one": A, SIGNED_A: "sha256:e1"})
    (result,) = change(copy("one", immutable=True))
    assert result.after == {"tags": {SIGNED_A: "sha256:e1"}}
    assert shelf.tags("released")[SIGNED_A] == "sha256:e1"


def test_a_signature_that_only_the_release_has_is_left_alone(shelf, change):
    shelf.add("released", {"one": A, SIGNED_A: "sha256:e0"})
    (result,) = change(copy("one"))
    assert (result.changed, shelf.tags("released")[SIGNED_A]) == (False, "sha256:e0")


def test_a_copy_that_copied_nothing_is_a_failure(shelf, change):
    shelf.meanwhile = lambda: True
    (result,) = change(copy("one"))
    assert result.error.startswith("Pulp's copy succeeded, but these tags differ from dev: one.")


def test_a_version_of_the_source_that_a_push_replaced_is_read_again(shelf, change):
    def push_once():
        shelf.meanwhile = lambda: None
        shelf.versions["dev"].append({"one": B})
        raise ResponseError(400, "source_repository_version: Invalid hyperlink")

    shelf.meanwhile = push_once
    (result,) = change(copy("one"))
    assert (result.error, shelf.tags("released"), result.more["tags"]) == (
        "",
        {"one": B},
        {"one": B},
    )


def test_repositories_of_both_kinds_are_found(shelf, change):
    shelf.add("dev", {"one": A}, kind="container/container-push")
    assert change(copy("one"))[0].action == "copied"
    shelf.add("released", {"two": B}, kind="container/container-push")
    (refused,) = change(copy("one"), check_mode=True)
    assert refused.error.startswith("Pulp cannot copy into a push repository")
    (removed,) = change({"name": "released", "tags": ["two"], "state": "absent"})
    assert (removed.error, shelf.tags("released")) == ("", {})
    assert shelf.writes[-1] == ("untag", {"tag": "two"})


def test_items_of_one_repository_see_what_the_one_before_did(shelf, change):
    shelf.add("other", {"one": B})
    shelf.add("third", {})
    results = change(
        copy("one"),
        {**copy("one", immutable=True), "source": "other"},
        {"name": "third", "source": "released", "tags": ["one"]},
        {"name": "released", "tags": ["one"], "state": "absent"},
    )
    assert [result.action for result in results] == ["copied", "failed", "copied", "removed"]
    assert shelf.tags("third") == {"one": A}
    assert shelf.tags("released") == {}


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"name": "released", "tags": ["one"]}, "state: present copies tags from another"),
        ({**copy("one"), "source": "nowhere"}, "there is no container repository 'nowhere', or"),
        ({**copy("one"), "name": "nowhere"}, "there is no such container repository, or user"),
        ({"name": "nowhere", "tags": ["a"], "state": "read"}, "there is no such container"),
        (
            {"name": "dev", "tags": ["one", "x"], "state": "read"},
            "Some tags not found in source repository: x",
        ),
    ],
)
def test_a_failed_item_says_why_and_leaves_the_others_alone(shelf, change, item, words):
    shelf.add("other", {})
    failed, good = change(item, {**copy("two"), "name": "other"})
    assert words in failed.error
    assert (good.error, shelf.tags("other")) == ("", {"two": B})


def test_check_mode_warns_of_a_repository_that_an_earlier_task_would_make(change):
    (result,) = change({**copy("one"), "name": "nowhere"}, check_mode=True)
    assert (result.error, result.after) == ("", {"tags": {"one": A}})
    assert "there is no such container repository" in result.more["warnings"][0]


def test_reading_changes_nothing(shelf, change):
    item = {"name": "dev", "tags": ["one", "x"], "state": "read", "allow_missing": True}
    (result,) = change(item)
    assert (result.changed, result.more["tags"]) == (False, {"one": A})
    assert result.more["missing"] == ["x"]
    nowhere = {**item, "name": "nowhere"}
    (result,) = change(nowhere)
    assert (result.error, result.more["missing"]) == ("", ["one", "x"])
    (result,) = change({**nowhere, "allow_missing": False})
    assert "there is no such container repository" in result.error


def absent(*tags):
    return {"name": "released", "tags": list(tags), "state": "absent"}


def test_removed_tags_take_what_is_attached_along(shelf, change):
    shelf.add("released", {"one": A, "two": B, SIGNED_A: "sha256:e1", "sha256-bb.sig": "sha256:e2"})
    (ahead,) = change(absent("one"), check_mode=True)
    (result,) = change(absent("one", "nowhere"))
    assert result.before == ahead.before == {"tags": {"one": A, SIGNED_A: "sha256:e1"}}
    assert shelf.tags("released") == {"two": B, "sha256-bb.sig": "sha256:e2"}
    assert (result.action, result.more["packages_removed"]) == ("removed", 2)
    assert change(absent("one"))[0].changed is False


@pytest.mark.parametrize("other", [{"again": A}, {"multi": LIST}])
def test_what_another_tag_needs_stays_attached(shelf, change, other):
    shelf.lists[LIST] = [PART, A]
    shelf.add("released", {"one": A, SIGNED_A: "sha256:e1", **other})
    change(absent("one"))
    assert shelf.tags("released") == {SIGNED_A: "sha256:e1", **other}


def test_the_last_multi_arch_image_takes_what_is_attached_to_its_parts(shelf, change):
    shelf.lists[LIST] = [PART, A]
    attached = {SIGNED_A: "sha256:e1", SIGNED_PART: "sha256:e2"}
    shelf.add("released", {"multi": LIST, "one": A, **attached})
    change(absent("multi"))
    assert shelf.tags("released") == {"one": A, SIGNED_A: "sha256:e1"}


def test_a_tag_that_is_still_there_was_not_removed(shelf, change):
    shelf.add("released", {"one": A})
    shelf.meanwhile = lambda: True
    (result,) = change(absent("one"))
    assert "Pulp's removal succeeded, but these tags still exist: one" in result.error


def test_what_is_not_there_needs_no_removal(shelf, change):
    results = change(absent("one"), {"name": "nowhere", "tags": ["one"], "state": "absent"})
    assert [(one.changed, one.error) for one in results] == [(False, "")] * 2
    assert shelf.writes == []
