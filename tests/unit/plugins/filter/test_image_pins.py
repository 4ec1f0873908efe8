# SPDX-License-Identifier: Apache-2.0
"""Pinned versions of disk images are selected by the names of their repositories."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from plugins.filter.image_pins import FilterModule

ROCKY, UBUNTU = "kayobe-images-2025.1-rocky-9", "kayobe-images-2025.1-ubuntu-noble"
PINS = [{"repository": name, "version": "2025.1-20261122T200001"} for name in (ROCKY, UBUNTU)]


@pytest.fixture
def select():
    return FilterModule().filters()["image_pins"]


def test_images_of_one_distribution_are_selected(select):
    assert select(PINS, "-rocky-") == {"pins": PINS[:1], "text": "selected 1 of 2 images"}


@pytest.mark.parametrize("value", [None, "", []])
def test_all_images_are_selected_by_default(select, value):
    assert select(PINS, value) == {"pins": PINS, "text": "selected 2 of 2 images"}


def test_expressions_are_separated_as_in_the_other_filters(select):
    assert select(PINS, "-rocky-,noble$")["pins"] == PINS


def test_a_filter_that_matches_nothing_names_the_nearest_images(select):
    with pytest.raises(AnsibleFilterError, match=f"image_filter: .*{ROCKY}"):
        select(PINS, "kayobe-images-2025.1-rocki-9")
