# SPDX-License-Identifier: Apache-2.0
"""Updates of tags of container images and of versions of disk images."""

from __future__ import annotations

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.kayobe.image_pins import (
    TagUpdate,
    update_container_image_tags,
    update_disk_image_versions,
)
from plugins.module_utils.kayobe.package_pins import report_lines

OLD, NEW = "2025.1-rocky-9-20260101T000000", "2025.1-rocky-9-20261122T200001"
UBUNTU = "2025.1-ubuntu-noble-20260101T000000"
TEXT = f"""\
kolla_image_tags:
  openstack:
    rocky-9: {OLD}
    ubuntu-noble: {UBUNTU}
  cinder:
    rocky-9: "{{{{ kolla_image_tags.openstack }}}}"
  nova:
    rocky-9: {OLD}
    ubuntu-noble: {UBUNTU}
"""
VERSIONS = """\
stackhpc_rocky_9_overcloud_host_image_version: "2025.1-20260101T000000"
stackhpc_rocky_9_ofed_overcloud_host_image_version:
stackhpc_ubuntu_noble_overcloud_host_image_version: 2025.1-20260101T000000
other: 1
"""


def actions(changes):
    return {one.name: one.action for one in changes}


def test_a_tag_is_set_in_the_default_for_its_distribution_only():
    text, changes = update_container_image_tags(TEXT, TagUpdate(NEW))
    assert text == TEXT.replace(OLD, NEW, 1)
    assert actions(changes) == {"openstack rocky-9": "update"}


def test_named_keys_are_set_instead():
    text, changes = update_container_image_tags(
        TEXT, TagUpdate(NEW, ["nova", "glance", "cinder", "nova"])
    )
    assert f"  nova:\n    rocky-9: {NEW}\n" in text
    assert f"  glance:\n    rocky-9: {NEW}\n  nova" in text
    assert f"  openstack:\n    rocky-9: {OLD}\n" in text
    assert actions(changes) == {
        **{"nova rocky-9": "update", "glance rocky-9": "add"},
        "cinder rocky-9": "template",
    }


def test_a_reset_removes_the_distribution_from_all_other_keys():
    text, changes = update_container_image_tags(TEXT, TagUpdate(NEW, reset=True))
    assert text == (
        "kolla_image_tags:\n"
        f"  openstack:\n    rocky-9: {NEW}\n    ubuntu-noble: {UBUNTU}\n"
        f"  nova:\n    ubuntu-noble: {UBUNTU}\n"
    )
    assert actions(changes)["nova rocky-9"] == "remove"
    assert f"nova rocky-9       {OLD}" in report_lines(changes, "f", "")[2]
    assert report_lines(changes, "f", "")[2].endswith("-> (none)   removed")


def test_a_reset_with_named_keys_keeps_them_and_the_default():
    text, changes = update_container_image_tags(TEXT, TagUpdate(NEW, ["nova"], reset=True))
    assert f"  openstack:\n    rocky-9: {OLD}\n" in text
    assert actions(changes) == {"nova rocky-9": "update", "cinder rocky-9": "remove"}


def test_older_and_unchanged_tags_are_reported():
    def action(tag):
        return actions(update_container_image_tags(TEXT, TagUpdate(tag))[1])

    assert action(OLD) == {"openstack rocky-9": "none"}
    older = "2025.1-rocky-9-20250101T000000"
    assert action(older) == {"openstack rocky-9": "older"}
    other = "2026.1-rocky-9-20250101T000000"
    assert action(other) == {"openstack rocky-9": "update"}


def test_a_base_distribution_that_the_file_does_not_have_is_added_only_on_demand():
    tag = "2025.1-rokcy-9-20261122T200001"
    with pytest.raises(OperatorError, match="for rokcy-9, only for rocky-9, ubuntu-noble: correct"):
        update_container_image_tags(TEXT, TagUpdate(tag))
    text, changes = update_container_image_tags(TEXT, TagUpdate(tag, add=True))
    assert actions(changes) == {"openstack rokcy-9": "add"}
    assert f"    rokcy-9: {tag}\n" in text


def test_invalid_items_are_reported_at_once():
    with pytest.raises(OperatorError) as refused:
        update_container_image_tags(TEXT, TagUpdate("latest", ["nova-api", "nova"]))
    assert str(refused.value) == (
        "invalid tag 'latest': expected one such as 2025.1-rocky-9-20250812T091848; "
        "invalid key 'nova-api': expected lowercase letters, digits and underscores"
    )


def test_a_version_is_set_for_all_disk_images_or_for_the_given_ones():
    version = "2025.1-20261122T200001"
    text, changes = update_disk_image_versions(VERSIONS, version)
    assert text.count(version) == 3
    assert actions(changes) == {
        "rocky_9": "update",
        "rocky_9_ofed": "fill",
        "ubuntu_noble": "update",
    }
    text, changes = update_disk_image_versions(VERSIONS, version, ["rocky-9"])
    assert text == VERSIONS.replace("2025.1-20260101T000000", version, 1)
    assert actions(changes) == {"rocky_9": "update"}


@pytest.mark.parametrize(
    ("version", "names", "message"),
    [
        ("20261122T200001", [], "invalid version .*: expected one such as 2025.1-"),
        (
            "2025.1-20261122T200001",
            ["rocky-10"],
            "no version of rocky_10 is in .* only of rocky_9, ",
        ),
    ],
)
def test_an_invalid_version_and_a_missing_image_are_rejected(version, names, message):
    with pytest.raises(OperatorError, match=message):
        update_disk_image_versions(VERSIONS, version, names)
    with pytest.raises(OperatorError, match="no version of any disk image is in the file"):
        update_disk_image_versions("a: 1\n", "2025.1-20261122T200001")


def test_keys_that_are_aliases_change_with_their_key():
    text = """\
kolla_image_tags:
  openstack: &default
    rocky-9: 2025.1-rocky-9-20250812T091848
  bifrost: *default
"""
    tag = "2025.1-rocky-9-20260101T000000"
    after, changes = update_container_image_tags(text, TagUpdate(tag))
    assert after == text.replace("20250812T091848", "20260101T000000")
    assert [(change.name, change.after) for change in changes] == [
        ("openstack rocky-9", tag),
        ("bifrost rocky-9", tag),
    ]
