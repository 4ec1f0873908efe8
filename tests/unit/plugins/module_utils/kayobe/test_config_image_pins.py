# SPDX-License-Identifier: Apache-2.0
"""The disk images that a Kayobe configuration pins."""

from __future__ import annotations

import pytest

from plugins.module_utils.artifacts.disk_images import DiskImageError
from plugins.module_utils.kayobe.config import pinned_disk_images


def key(image):
    return f"stackhpc_{image}_overcloud_host_image_version"


@pytest.mark.parametrize(
    ("image", "repository", "base_path"),
    [
        ("rocky_9", "kayobe-images-2025.1-rocky-9", "kayobe-images/2025.1/rocky/9"),
        ("ubuntu_noble", "kayobe-images-2025.1-ubuntu-noble", "kayobe-images/2025.1/ubuntu/noble"),
        ("rocky_9_ofed", "kayobe-images-2025.1-rocky-9-ofed", "kayobe-images/2025.1/rocky/9/ofed"),
        (
            "centos_9_stream",
            "kayobe-images-2025.1-centos-9-stream",
            "kayobe-images/2025.1/centos/9-stream",
        ),
    ],
)
def test_key_and_version_decide_the_image(image, repository, base_path):
    version = "2025.1-20261122T200001"
    assert pinned_disk_images({key(image): version}) == [
        {"repository": repository, "base_path": base_path, "version": version}
    ]


def test_other_variables_and_empty_pins_are_left_out():
    assert pinned_disk_images({"stackhpc_other": "x", key("rocky_9"): None, key("a_b"): " "}) == []


def test_every_invalid_version_is_reported():
    values = {
        key("rocky_9"): "20261122T200001",
        key("rocky_10"): 7,
        key("a_b"): "x-20261122T200001",
    }
    with pytest.raises(
        DiskImageError, match="rocky_9_.* is '20261122T200001'; .*rocky_10_.* is '7'"
    ):
        pinned_disk_images(values)
