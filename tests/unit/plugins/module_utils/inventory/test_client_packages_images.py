# SPDX-License-Identifier: Apache-2.0
"""The list of a client names the images that it syncs from Ark, and their tags."""

from __future__ import annotations

import pytest

from plugins.module_utils.inventory.client_packages import client_images

ARK = "https://ark.example.com"
TAG = "2025.1-rocky-9-20250812T091848"


def image(name, **more):
    return {"name": name, "url": ARK, "include_tags": [TAG], **more}


def pins(*items):
    return client_images(items, f"{ARK}/", "stackhpc")


def test_images_and_tags_are_read():
    found = pins(image("stackhpc/nova-api"), image("stackhpc/cron", include_tags=f"{TAG} other"))
    assert found == {"container_tags": {"nova-api": [TAG], "cron": [TAG, "other"]}, "others": []}


@pytest.mark.parametrize(
    "item",
    [
        image("ceph/ceph", url="https://quay.io"),
        image("hashicorp/vault"),
        image("stackhpc/all", include_tags=None),
        image("stackhpc/some", include_tags=["2025.1-*"]),
    ],
)
def test_what_is_no_pinned_image_of_ark_is_named(item):
    assert pins(item) == {"container_tags": {}, "others": [item["name"]]}


def test_items_that_are_not_required_are_not_read():
    assert pins({"name": "x", "required": "False"})["others"] == []


def test_the_name_upstream_is_that_of_the_image():
    assert pins(image("local/nova", upstream_name="stackhpc/nova"))["container_tags"] == {
        "nova": [TAG]
    }


def test_no_list_has_no_pins():
    assert client_images(None, ARK, "stackhpc") == {"container_tags": {}, "others": []}
