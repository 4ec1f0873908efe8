# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from plugins.filter.select_images import FilterModule

IMAGES = ["nova-api", "nova-compute", "neutron-server"]


@pytest.fixture
def select():
    return FilterModule().filters()["select_images"]


@pytest.mark.parametrize(
    ("filter_string", "expected"),
    [
        ("", IMAGES),
        (None, IMAGES),
        ("nova", ["nova-api", "nova-compute"]),
        ("server$ ^nova-api$", ["nova-api", "neutron-server"]),
        (["server$", "^nova-api$"], ["nova-api", "neutron-server"]),
        ("ironic", []),
    ],
)
def test_selected_images_keep_their_order(select, filter_string, expected):
    assert select(IMAGES, filter_string) == expected


def test_a_filter_without_a_match_is_an_error_with_the_nearest_names(select):
    with pytest.raises(AnsibleFilterError, match="'nova_api' matches none.*nova-api"):
        select(IMAGES, "nova_api", must_match=True)


def test_an_invalid_expression_is_always_an_error(select):
    with pytest.raises(AnsibleFilterError, match=r"'\*' is not a regular expression"):
        select(IMAGES, "*")
