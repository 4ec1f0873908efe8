# SPDX-License-Identifier: Apache-2.0
"""Tags are copied, removed and read by digest, with their signatures and attestations."""

from __future__ import annotations

import pytest

from plugins.module_utils.container.tag_copy import change_tags
from tests.unit.fake_pulp.content import list_manifests, set_tags, tags_of
from tests.unit.fake_pulp.pulp import FakePulp

A, B, LIST, PART = "sha256:aa", "sha256:bb", "sha256:cc", "sha256:dd"
SIGNED_A, SIGNED_PART = "sha256-aa.sig", "sha256-dd.att"
ITEM = {"source": None, "tags": [], "allow_missing": False, "immutable": False, "state": "present"}


@pytest.fixture
def pulp():
    """Return a Pulp with the repositories `dev`, which has two tags, and `released`."""
    pulp = FakePulp()
    set_tags(pulp, "dev", {"one": A, "two": B})
    set_tags(pulp, "released", {})
    return pulp


@pytest.fixture
def change(pulp):
    """Return a function that runs the module with items and returns their results."""

    def run(*items, check_mode=False, force=False):
        server = pulp.server(check_mode)
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


def test_tags_are_copied_with_their_digests(pulp, change):
    (result,) = change(copy("one", "two"))
    assert (result.error, result.action) == ("", "copied")
    assert tags_of(pulp, "released") == result.more["tags"] == {"one": A, "two": B}
    assert (result.before, result.after) == ({"tags": {}}, {"tags": {"one": A, "two": B}})
    assert (result.more["packages_added"], result.more["missing"]) == (2, [])


def test_a_second_run_writes_nothing_and_reads_each_repository_once(pulp, change):
    set_tags(pulp, "other", {"one": B})
    items = copy("one", "two"), {**copy("one"), "name": "other"}
    change(*items)
    pulp.requests.clear()
    results = change(*items)
    assert [result.changed for result in results] == [False, False]
    assert [result.more["tags"] for result in results] == [{"one": A, "two": B}, {"one": A}]
    assert pulp.writes == []
    # Repositories, tags of source and targets, manifests, attached tags.
    assert len([one for one in pulp.requests if one.path != "status/"]) == 5


def test_check_mode_reports_what_would_be_copied_and_copies_nothing(pulp, change):
    (result,) = change(copy("one"), check_mode=True)
    assert (result.changed, result.after) == (True, {"tags": {"one": A}})
    assert pulp.writes == []


def test_a_tag_with_another_digest_is_moved(pulp, change):
    set_tags(pulp, "released", {"one": B, "old": B})
    (result,) = change(copy("one"))
    assert (result.before, result.after) == ({"tags": {"one": B}}, {"tags": {"one": A}})
    assert tags_of(pulp, "released") == {"one": A, "old": B}


def test_an_immutable_tag_moves_with_force_only(pulp, change):
    set_tags(pulp, "released", {"one": B})
    (refused,) = change(copy("one", "two", immutable=True))
    assert refused.error == (
        "one would move, but released tags are immutable: push the new images with new tags, or "
        "set force (container_force in a playbook) to move them anyway. "
        f"one is {B} here and {A} in dev"
    )
    assert pulp.sent("POST", "copy_tags/") == []
    (forced,) = change(copy("one", immutable=True), force=True)
    assert (forced.error, tags_of(pulp, "released")) == ("", {"one": A})


def test_missing_tags_are_an_error_unless_they_are_allowed(pulp, change):
    (refused,) = change(copy("nowhere", "one", "neither"))
    assert refused.error == "Some tags not found in source repository: nowhere, neither"
    assert pulp.sent("POST", "copy_tags/") == []
    (allowed,) = change(copy("nowhere", "one", allow_missing=True))
    assert (allowed.error, allowed.more["missing"]) == ("", ["nowhere"])
    assert tags_of(pulp, "released") == {"one": A}


def test_attached_tags_of_an_image_and_its_manifests_are_copied(pulp, change):
    list_manifests(pulp, LIST, [PART, A])
    attached = {SIGNED_A: "sha256:e1", SIGNED_PART: "sha256:e2"}
    set_tags(pulp, "dev", {"multi": LIST, "other": B, "sha256-bb.sig": "sha256:e3", **attached})
    (result,) = change(copy("multi"))
    assert tags_of(pulp, "released") == {"multi": LIST, **attached}
    assert (result.more["attached"], result.more["tags"]) == (attached, {"multi": LIST})


def test_signatures_of_cosign_3_are_copied(pulp, change):
    set_tags(pulp, "dev", {"one": A, "sha256-aa": "sha256:e1"})
    change(copy("one"))
    assert tags_of(pulp, "released") == {"one": A, "sha256-aa": "sha256:e1"}


def test_a_later_signature_is_copied_although_the_tag_is_immutable(pulp, change):
    set_tags(pulp, "released", {"one": A, SIGNED_A: "sha256:e0"})
    set_tags(pulp, "dev", {"one": A, SIGNED_A: "sha256:e1"})
    (result,) = change(copy("one", immutable=True))
    assert result.after == {"tags": {SIGNED_A: "sha256:e1"}}
    assert tags_of(pulp, "released")[SIGNED_A] == "sha256:e1"


def test_a_signature_of_the_target_only_is_kept(pulp, change):
    set_tags(pulp, "released", {"one": A, SIGNED_A: "sha256:e0"})
    (result,) = change(copy("one"))
    assert (result.changed, tags_of(pulp, "released")[SIGNED_A]) == (False, "sha256:e0")


def test_a_copy_without_effect_is_an_error(pulp, change):
    pulp.on("POST", "copy_tags/", ignored=True)
    (result,) = change(copy("one"))
    assert result.error.startswith("Pulp's copy succeeded, but these tags differ from dev: one.")


def test_a_version_of_the_source_that_a_push_replaced_is_read_again(pulp, change):
    before = pulp.find("repositories/", name="dev")["latest_version_href"]

    def push():
        set_tags(pulp, "dev", {"one": B})
        pulp.store.remove(before)  # a push repository of Pulp 3.43 keeps one version

    pulp.on("POST", "copy_tags/", first=push)
    (result,) = change(copy("one"))
    assert (result.error, tags_of(pulp, "released"), result.more["tags"]) == (
        "",
        {"one": B},
        {"one": B},
    )


def test_repositories_of_both_kinds_are_found(pulp, change):
    set_tags(pulp, "dev", {"one": A}, "container/container-push")
    assert change(copy("one"))[0].action == "copied"
    set_tags(pulp, "released", {"two": B}, "container/container-push")
    (refused,) = change(copy("one"), check_mode=True)
    assert refused.error.startswith("Pulp cannot copy into a push repository")
    (removed,) = change({"name": "released", "tags": ["two"], "state": "absent"})
    assert (removed.error, tags_of(pulp, "released")) == ("", {})
    assert [one.content for one in pulp.sent("POST", "/untag/")] == [{"tag": "two"}]


def test_items_of_one_repository_run_in_order(pulp, change):
    set_tags(pulp, "other", {"one": B})
    set_tags(pulp, "third", {})
    results = change(
        copy("one"),
        {**copy("one", immutable=True), "source": "other"},
        {"name": "third", "source": "released", "tags": ["one"]},
        {"name": "released", "tags": ["one"], "state": "absent"},
    )
    assert [result.action for result in results] == ["copied", "failed", "copied", "removed"]
    assert tags_of(pulp, "third") == {"one": A}
    assert tags_of(pulp, "released") == {}


@pytest.mark.parametrize(
    ("item", "message"),
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
def test_a_failed_item_is_reported_and_the_others_run(pulp, change, item, message):
    set_tags(pulp, "other", {})
    failed, good = change(item, {**copy("two"), "name": "other"})
    assert message in failed.error
    assert (good.error, tags_of(pulp, "other")) == ("", {"two": B})


def test_check_mode_warns_of_a_repository_that_an_earlier_task_would_create(change):
    (result,) = change({**copy("one"), "name": "nowhere"}, check_mode=True)
    assert (result.error, result.after) == ("", {"tags": {"one": A}})
    assert "there is no such container repository" in result.more["warnings"][0]


def test_reading_changes_nothing(pulp, change):
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


def test_attached_tags_are_removed_with_the_tags(pulp, change):
    set_tags(
        pulp, "released", {"one": A, "two": B, SIGNED_A: "sha256:e1", "sha256-bb.sig": "sha256:e2"}
    )
    (planned,) = change(absent("one"), check_mode=True)
    (result,) = change(absent("one", "nowhere"))
    assert result.before == planned.before == {"tags": {"one": A, SIGNED_A: "sha256:e1"}}
    assert tags_of(pulp, "released") == {"two": B, "sha256-bb.sig": "sha256:e2"}
    assert (result.action, result.more["packages_removed"]) == ("removed", 2)
    assert change(absent("one"))[0].changed is False


@pytest.mark.parametrize("other", [{"again": A}, {"multi": LIST}])
def test_attached_tags_that_another_tag_needs_are_kept(pulp, change, other):
    list_manifests(pulp, LIST, [PART, A])
    set_tags(pulp, "released", {"one": A, SIGNED_A: "sha256:e1", **other})
    change(absent("one"))
    assert tags_of(pulp, "released") == {SIGNED_A: "sha256:e1", **other}


def test_attached_tags_of_manifests_are_removed_with_the_last_index(pulp, change):
    list_manifests(pulp, LIST, [PART, A])
    attached = {SIGNED_A: "sha256:e1", SIGNED_PART: "sha256:e2"}
    set_tags(pulp, "released", {"multi": LIST, "one": A, **attached})
    change(absent("multi"))
    assert tags_of(pulp, "released") == {"one": A, SIGNED_A: "sha256:e1"}


def test_a_removal_without_effect_is_an_error(pulp, change):
    set_tags(pulp, "released", {"one": A})
    pulp.on("POST", "remove/", ignored=True)
    (result,) = change(absent("one"))
    assert "Pulp's removal succeeded, but these tags still exist: one" in result.error


def test_removing_missing_tags_and_repositories_changes_nothing(pulp, change):
    results = change(absent("one"), {"name": "nowhere", "tags": ["one"], "state": "absent"})
    assert [(one.changed, one.error) for one in results] == [(False, "")] * 2
    assert pulp.writes == []
