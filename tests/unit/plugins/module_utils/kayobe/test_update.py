# SPDX-License-Identifier: Apache-2.0
"""Pins of all kinds are written to the files of a configuration: all of them or none."""

from __future__ import annotations

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.kayobe.update import update_configuration

OLD, MID, NEW = "20261101T000000", "20261110T000000", "20261122T200001"
TEXT = f"""\
stackhpc_pulp_repo_a_version: {OLD}
stackhpc_pulp_repo_b_version:
stackhpc_pulp_repo_e_version: {NEW}
"""
TAGS = f"""\
kolla_image_tags:
  openstack:
    rocky-9: 2025.1-rocky-9-{OLD}
"""
VERSIONS = f"""\
stackhpc_rocky_9_overcloud_host_image_version: "2025.1-{OLD}"
"""


def params(**given):
    empty = ("rpm", "deb", "deprecated_rpm", "deprecated_deb", "rpm_filter", "deb_filter")
    images = {"image_tag": "", "image_version": "", "image_reset": False}
    keys = dict.fromkeys([*empty, "package_filter", "sync_group", "package_versions"])
    lists = {"image_keys": [], "image_names": []}
    return {**keys, **images, **lists, "pins_strict": False, "add": False, **given}


@pytest.fixture
def configuration(tmp_path):
    """Return the pin file of a configuration."""
    path = tmp_path / "etc" / "kayobe" / "pulp-repo-versions.yml"
    path.parent.mkdir(parents=True)
    path.write_text(TEXT)
    return path


def test_check_mode_does_not_write_the_configuration(configuration, tmp_path):
    given = params(config=str(tmp_path), package_versions={"a": NEW, "e": MID})
    answer, warnings = update_configuration(given, write=False)
    assert answer["changed"]
    assert configuration.read_text() == answer["diff"]["before"] == TEXT
    assert warnings == ["the new stamps of these pins are OLDER: e"]
    assert answer["results"][0] == {
        **{"name": "a", "type": "pin", "action": "update", "changed": True, "error": None},
        **{"before": OLD, "after": NEW},
    }
    update_configuration(given, write=True)
    assert configuration.read_text() == answer["diff"]["after"]
    again, _warnings = update_configuration(given, write=True)
    assert (again["changed"], again["diff"]) == (False, {})


def test_a_problem_is_reported_with_file_and_line_and_nothing_is_written(configuration, tmp_path):
    text = f"{TEXT}stackhpc_pulp_repo_a_version: {OLD}\n"
    configuration.write_text(text)
    given = params(config=str(configuration.parent), package_versions={"a": NEW})
    with pytest.raises(OperatorError) as refused:
        update_configuration(given, write=True)
    assert str(refused.value) == (
        f"{configuration}: line 4: stackhpc_pulp_repo_a_version is already in line 1: remove one of"
        " them. Nothing was written"
    )
    assert configuration.read_text() == text


def test_a_configuration_without_pins_is_reported_with_a_remedy(tmp_path):
    given = params(config=str(tmp_path), package_versions={"a": NEW})
    with pytest.raises(OperatorError) as refused:
        update_configuration(given, write=True)
    assert str(refused.value) == (
        f"no package pins at '{tmp_path}':"
        f" {tmp_path}/etc/kayobe/pulp-repo-versions.yml does not exist. Set"
        " kayobe_config_repo_path to the root of a Kayobe configuration"
    )


@pytest.fixture
def images(configuration):
    """Return the files of tags and versions of the configuration."""
    tags, versions = (
        configuration.with_name(name)
        for name in ("kolla-image-tags.yml", "pulp-host-image-versions.yml")
    )
    tags.write_text(TAGS)
    versions.write_text(VERSIONS)
    return tags, versions


def test_packages_tags_and_versions_are_written_together(configuration, images, tmp_path):
    given = params(
        config=str(tmp_path),
        package_versions={"a": NEW},
        image_tag=f"2025.1-rocky-9-{NEW}",
        image_version=f"2025.1-{NEW}",
    )
    answer, _warnings = update_configuration(given, write=True)
    assert configuration.read_text() == TEXT.replace(OLD, NEW)
    assert [file.read_text() for file in images] == [
        TAGS.replace(OLD, NEW),
        VERSIONS.replace(OLD, NEW),
    ]
    assert answer["paths"] == [str(configuration), *map(str, images)]
    assert [one["after_header"] for one in answer["diff"]] == answer["paths"]
    assert [one["name"] for one in answer["results"]] == ["a", "openstack rocky-9", "rocky_9"]
    assert f"openstack rocky-9  2025.1-rocky-9-{OLD} -> 2025.1-rocky-9-{NEW}" in answer["text"]
    assert answer["text"][-1] == f"{images[1]}: 1 updated"
    assert update_configuration(given, write=True)[0]["changed"] is False


def test_nothing_is_written_if_one_file_is_invalid(configuration, images, tmp_path):
    images[1].write_text("a: b\n")
    given = params(config=str(tmp_path), package_versions={"a": NEW}, image_version=f"2025.1-{NEW}")
    with pytest.raises(OperatorError, match="no version of any disk image .* Nothing was"):
        update_configuration(given, write=True)
    assert configuration.read_text() == TEXT


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "give package_versions, image_tag or image_version"),
        ({"image_keys": ["nova"]}, "image_keys requires image_tag"),
        ({"image_reset": True}, "image_reset requires image_tag"),
        ({"image_names": ["rocky-9"]}, "image_names requires image_version"),
    ],
)
def test_incomplete_options_are_rejected(given, message, tmp_path):
    with pytest.raises(OperatorError, match=message):
        update_configuration(params(config=str(tmp_path), **given), write=True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"image_tag": f"2025.1-rocky-9-{NEW}"},
            "no container image tags at .*image-tags.yml",
        ),
        ({"image_version": f"2025.1-{NEW}"}, "no disk image versions at"),
    ],
)
def test_a_configuration_without_the_file_is_reported(given, message, tmp_path):
    with pytest.raises(OperatorError, match=message):
        update_configuration(params(config=str(tmp_path), **given), write=True)
