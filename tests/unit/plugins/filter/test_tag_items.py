# SPDX-License-Identifier: Apache-2.0
"""Items with tags in the format of stackhpc.pulp are converted to module arguments."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from plugins.filter.tag_items import FilterModule, tag_items

OMITTED = "__omit_place_holder__0123456789abcdef0123456789abcdef01234567"


def test_items_of_stackhpc_pulp_are_converted():
    item = {
        "repository": "stackhpc/nova-api",
        "src_repo": "stackhpc-dev/nova-api",
        "src_is_push": True,
        "is_push": "false",
        "tags": ["a", "b"],
        "allow_missing": "true",
        "state": OMITTED,
    }
    assert tag_items([item]) == [
        {
            "name": "stackhpc/nova-api",
            "source": "stackhpc-dev/nova-api",
            "tags": ["a", "b"],
            "allow_missing": "true",
        }
    ]


def test_keys_of_the_module_are_accepted_and_others_are_passed_on():
    item = {"name": "a", "source": "b", "tags": "c", "immutable": True, "no_option": 1}
    assert tag_items([item]) == [item]


@pytest.mark.parametrize("items", [None, []])
def test_no_items_are_an_empty_list(items):
    assert tag_items(items) == []


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ({"repository": "a"}, "the items are not a list"),
        ("text", "the items are not a list"),
        ([{"repository": "a", "tags": []}, "text"], "item 2 is not a mapping"),
        ([{"repository": "a", "name": "b", "tags": []}], "item 1 sets name twice: also as name"),
        ([{"src_repo": "a", "tags": ["b"]}], "repository is missing in item 1: .*'src_repo': 'a'"),
        ([{"repository": "a"}], "tags is missing in item 1"),
    ],
)
def test_an_invalid_item_is_reported(items, message):
    with pytest.raises(AnsibleFilterError, match=message):
        tag_items(items)


def test_the_filter_has_its_name():
    assert FilterModule().filters() == {"tag_items": tag_items}
