# SPDX-License-Identifier: Apache-2.0
"""Which tags are copied, and which are immutable."""

from __future__ import annotations

import pytest

from plugins.module_utils.container.tag_copy import TagState, plan_copy, require_tags
from plugins.module_utils.pulp.errors import InvalidItem

SOURCE = {"a": "1", "b": "2", "c": "3"}


@pytest.mark.parametrize(
    ("own", "wanted", "copied"),
    [
        ({}, ["b", "a"], ["b", "a"]),
        ({"a": "1"}, ["a", "b"], ["b"]),
        ({"a": "1", "b": "2"}, ["a", "b"], []),
        ({"a": "9", "z": "1"}, ["a", "nowhere"], ["a"]),
        ({}, [], []),
    ],
)
def test_new_and_different_tags_are_copied_in_the_given_order(own, wanted, copied):
    assert plan_copy(TagState(SOURCE, own), wanted, True) == copied


def test_each_tag_that_would_move_is_reported_with_both_digests():
    state = TagState(SOURCE, {"a": "8", "b": "2", "c": "9"}, "stackhpc-dev/nova")
    with pytest.raises(InvalidItem) as caught:
        plan_copy(state, ["a", "b", "c"], False)
    assert str(caught.value).startswith("a, c would move, but ")
    assert str(caught.value).endswith(
        "anyway. a is 8 here and 1 in stackhpc-dev/nova; c is 9 here and 3 in stackhpc-dev/nova"
    )
    assert plan_copy(state, ["b"], False) == []


def test_missing_tags_are_an_error_with_the_message_of_stackhpc_pulp():
    assert require_tags(["a", "x", "y"], SOURCE, True) == ["x", "y"]
    assert require_tags(["a"], SOURCE, False) == []
    with pytest.raises(InvalidItem, match="^Some tags not found in source repository: x, y$"):
        require_tags(["a", "x", "y"], SOURCE, False)
