# SPDX-License-Identifier: Apache-2.0
"""A version of an image is a snapshot of its repository."""

from __future__ import annotations

import pytest

from plugins.module_utils.artifacts.disk_images import (
    DiskImageError,
    disk_image_pin,
    disk_image_pins,
)

HOST = "kayobe-images-2025.1-rocky-9"
VERSION = "2025.1-20261122T200001"


def image(repository=HOST, version=VERSION, base_path=None):
    return {"repository": repository, "base_path": base_path, "version": version}


def test_name_and_base_path_contain_the_version():
    pin = disk_image_pin(image(base_path="/a/b/"))
    assert (pin.snapshot_name, pin.snapshot_path) == (f"{HOST}_{VERSION}", f"a/b/{VERSION}")
    assert (pin.content_type, pin.short_name, pin.stamp) == ("file", HOST, VERSION)


@pytest.mark.parametrize(
    ("repository", "path"),
    [
        (HOST, "kayobe-images/2025.1/rocky/9"),
        ("kayobe-images-2025.1-rocky-9-ofed", "kayobe-images/2025.1/rocky/9/ofed"),
        ("kayobe-images-2025.1-centos-9-stream", "kayobe-images/2025.1/centos/9-stream"),
        ("amphora-images-2025.1", "amphora-images/2025.1"),
        ("my-tools", "my-tools"),
    ],
)
def test_the_base_path_is_derived_from_the_name(repository, path):
    assert disk_image_pin(image(repository)).snapshot_path == f"{path}/{VERSION}"


def test_a_trailing_slash_of_the_base_path_is_ignored():
    assert disk_image_pin(image(f"{HOST}/")) == disk_image_pin(image())


@pytest.mark.parametrize("version", ["", "latest", "a/b", "..", "-1", "a b", "a\nb"])
def test_an_invalid_version_is_rejected(version):
    with pytest.raises(DiskImageError, match=f"(?s)^invalid version .* of {HOST}"):
        disk_image_pin(image(version=version))


def test_an_empty_name_is_rejected():
    with pytest.raises(DiskImageError, match="repository of a disk image is empty"):
        disk_image_pin(image(" "))


def test_duplicates_and_an_empty_list_are_errors():
    assert len(disk_image_pins([image(), image(), image(version="1")])) == 2
    with pytest.raises(DiskImageError, match="no disk image is selected"):
        disk_image_pins([])


@pytest.mark.parametrize("path", ["a//b", "a/../b", "a b", "a?", "a#b"])
def test_a_path_that_pulp_refuses_is_an_error_before_an_upload(path):
    with pytest.raises(
        DiskImageError, match="invalid image_base_path of .*: it must have no space"
    ):
        disk_image_pin(image(base_path=path))
