# SPDX-License-Identifier: Apache-2.0
"""Images with their tags become items that modules take."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.stackhpc.release_train.plugins.filter.container_access import (
    container_access,
)
from ansible_collections.stackhpc.release_train.plugins.filter.container_items import (
    container_items,
)
from ansible_collections.stackhpc.release_train.plugins.filter.container_pins import container_pins

PINS = {"nova-api": ["a", "b"]}


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        ("repository", {}),
        ("distribution", {"base_path": "rel/nova-api", "repository": "rel/nova-api"}),
        ("source", {"upstream_name": "dev/nova-api", "include_tags": ["a", "b"]}),
        ("copy", {"source": "dev/nova-api", "tags": ["a", "b"]}),
        ("read", {"tags": ["a", "b"], "state": "read"}),
    ],
)
def test_each_kind_has_what_its_module_asks_for(kind, item):
    made = container_items(PINS, "rel", kind, upstream="dev")
    assert made == [{"name": "rel/nova-api", **item}]


def test_further_keys_lie_under_those_of_the_image():
    (item,) = container_items(
        ["nova"], "rel", "repository", defaults={"name": "x", "private": True}
    )
    assert item == {"name": "rel/nova", "private": True}


def test_a_kind_that_is_not_known_is_refused():
    with pytest.raises(AnsibleFilterError, match="'pull' is none of repository, distribution"):
        container_items(PINS, "rel", "pull")


def test_wrong_pins_are_an_error_of_the_filter():
    with pytest.raises(AnsibleFilterError, match="no image is pinned"):
        container_pins({})


def test_the_selection_has_pins_and_words():
    chosen = container_pins({"nova": "a", "glance": "b"}, filter="nova")
    assert chosen == {"pins": {"nova": ["a"]}, "text": "selected 1 of 2 images"}


def test_the_plan_is_given_as_a_dictionary():
    made = container_access(
        ["nova"],
        all_images=["nova"],
        repositories=[],
        distributions=[],
        development="dev",
        release="rel",
        prepare=False,
    )
    assert set(made) == {"repositories", "distributions", "lines"}
    assert made["lines"] == ["Never pushed to dev: nova"]
