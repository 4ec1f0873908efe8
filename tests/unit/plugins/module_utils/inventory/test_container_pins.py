# SPDX-License-Identifier: Apache-2.0
"""Pins of container images are validated, converted to lists and selected."""

from __future__ import annotations

import pytest

from plugins.module_utils.inventory.container_pins import (
    ContainerPinsError,
    parse_container_pins,
    select_container_pins,
)
from plugins.module_utils.inventory.selection import SelectionError

TAG = "2025.1-rocky-9-20250812T091848"


def test_a_single_tag_becomes_a_list_and_duplicates_count_once():
    assert parse_container_pins({"nova-api": TAG, "keystone": [TAG, TAG, "b"]}) == {
        "keystone": [TAG, "b"],
        "nova-api": [TAG],
    }


def test_all_invalid_pins_are_reported_at_once():
    with pytest.raises(ContainerPinsError) as refused:
        parse_container_pins({"Nova API": TAG, "nova-api": "a b", "keystone": None, "glance": []})
    assert str(refused.value) == (
        "container_tags: 'Nova API' is not the name of an image; nova-api: 'a b' is not a tag; "
        "keystone has no tag; glance has no tag"
    )


@pytest.mark.parametrize("tags", [None, "nova-api", ["nova-api"]])
def test_an_invalid_mapping_is_rejected(tags):
    with pytest.raises(ContainerPinsError, match="must be a mapping"):
        parse_container_pins(tags)


def test_an_unknown_image_is_rejected_with_the_nearest_names():
    with pytest.raises(ContainerPinsError) as refused:
        select_container_pins({"nova-apy": TAG, "nova-api": TAG}, ["nova-api", "keystone"])
    assert "not in kolla_container_images: nova-apy (nearest: nova-api)" in str(refused.value)


def test_without_a_list_any_image_may_be_pinned():
    assert select_container_pins({"anything/at-all": TAG}).pins == {"anything/at-all": [TAG]}


def test_a_filter_reports_how_many_images_it_selects():
    chosen = select_container_pins({"nova-api": TAG, "keystone": TAG}, None, "^nova- nothing")
    assert chosen.pins == {"nova-api": [TAG]}
    assert chosen.text == "selected 1 of 2 images"
    assert "kolla_container_image_filter: 'nothing' matches none of 2 names" in chosen.warnings[0]


def test_a_filter_without_a_match_is_rejected():
    with pytest.raises(SelectionError, match="kolla_container_image_filter: 'neutron'"):
        select_container_pins({"nova-api": TAG}, None, "neutron")


def test_empty_pins_are_rejected():
    with pytest.raises(ContainerPinsError, match="no image is pinned"):
        select_container_pins({})
