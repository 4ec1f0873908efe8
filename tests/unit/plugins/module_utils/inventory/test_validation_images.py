# SPDX-License-Identifier: Apache-2.0
"""Lists of container images are validated before a run."""

from __future__ import annotations

import pytest

from plugins.module_utils.inventory.validation import check_container_images


def findings(**variables):
    return [
        (one.severity, one.place, one.item, one.problem)
        for one in check_container_images(variables)
    ]


def test_duplicate_and_invalid_names_are_reported_with_their_position():
    found = findings(kolla_container_images=["nova-api", "keystone", "nova-api", "Nova API", 5])
    assert [(one[1][1], one[2], one[3]) for one in found] == [
        (2, "nova-api", "is listed twice: remove one of them"),
        (3, "Nova API", "is not the name of an image"),
        (4, "5", "is not the name of an image"),
    ]


def test_an_unbuildable_image_that_is_in_no_list_is_a_warning():
    found = findings(
        kolla_container_images=["nova-api"],
        kolla_unbuildable_images={
            "old_scheme": {"centos": ["nova-apy"]},
            "new_scheme": ["nova-api"],
            "rocky-9": ["zun"],
            "rocky-10": None,
            "ubuntu-noble": "zun",
        },
    )
    assert [(one[0], one[2], one[3]) for one in found] == [
        ("warning", "nova-apy", "is not in kolla_container_images (nearest: nova-api)"),
        ("warning", "zun", "is not in kolla_container_images"),
        ("error", "ubuntu-noble", "must be a list of image names"),
    ]
    assert found[0][1] == ("kolla_unbuildable_images", "old_scheme", "centos", 0)


def test_a_filter_without_a_match_is_an_error():
    [found] = findings(kolla_container_images=["nova-api"], kolla_container_image_filter="zun")
    assert found[2] == "kolla_container_image_filter"
    assert "'zun' matches none of 1 names" in found[3]


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"kolla_container_images": "{{ other }}"},
        {"kolla_container_images": ["{{ other }}", "a", "a"]},
        {"kolla_container_images": ["nova-api"], "kolla_container_image_filter": "nova"},
        {"kolla_container_images": ["a"], "kolla_unbuildable_images": {"rocky-9": "{{ a }}"}},
    ],
)
def test_valid_values_and_templates_have_no_finding(variables):
    assert findings(**variables) == []


def test_invalid_lists_and_mappings_are_reported():
    assert findings(kolla_container_images="a b")[0][3] == "must be a list of image names"
    [found] = findings(kolla_container_images=["a"], kolla_unbuildable_images=["a"])
    assert found[3] == "must map base distributions to images"
