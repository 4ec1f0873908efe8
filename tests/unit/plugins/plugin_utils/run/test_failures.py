# SPDX-License-Identifier: Apache-2.0
"""Failed items are grouped by the cause of their failure."""

from __future__ import annotations

from plugins.plugin_utils.run.failures import failure_groups, unique_names


def failed(name, error, cause="", kind="rpm", **more):
    return {"name": name, "type": kind, "error": error, "cause": cause, **more}


def test_failures_of_one_cause_are_together_and_unknown_ones_last():
    groups = failure_groups(
        [
            failed("a", "strange"),
            failed("b", "404 b1", "404 from upstream"),
            failed("c", "no", "task canceled"),
            failed("d", "404 d1", "404 from upstream"),
        ]
    )
    shown = [(group.cause, [one.subject for one in group.failures]) for group in groups]
    assert shown == [("404 from upstream", ["b", "d"]), ("task canceled", ["c"]), ("", ["a"])]
    assert [bool(group.advice) for group in groups] == [True, True, False]


def test_failures_that_differ_only_in_the_name_of_the_item_are_one():
    texts = {"x/nova": "x/nova is not on Ark", "x/glance": "x/glance is not on Ark"}
    (group,) = failure_groups(failed(*pair, kind="container") for pair in texts.items())
    (failure,) = group.failures
    assert (failure.subject, failure.error) == ("2 images", "<name> is not on Ark")
    assert failure.names == ["x/nova", "x/glance"]


def test_a_name_within_another_name_is_no_name():
    texts = {"os": "osprey is bad", "db": "dbus is bad"}
    assert len(failure_groups(failed(*pair) for pair in texts.items())[0].failures) == 2


def test_the_hint_of_a_result_is_its_advice():
    (group,) = failure_groups([failed("a", "no", "not public", hint="ask for access")])
    assert group.advice == "ask for access"


def test_items_of_several_types_are_items():
    (group,) = failure_groups([failed("a", "no"), failed("b", "no", kind="container")])
    assert group.failures[0].subject == "2 items"


def test_only_names_that_occur_twice_have_their_type():
    results = [failed("a", ""), failed("a", "", kind="content_guard"), failed("b", "")]
    assert unique_names(results) == ["a (rpm)", "a (content guard)", "b"]
