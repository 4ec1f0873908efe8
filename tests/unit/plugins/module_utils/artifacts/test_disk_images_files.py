# SPDX-License-Identifier: Apache-2.0
"""The files of a disk image."""

from __future__ import annotations

import os

import pytest

from plugins.module_utils.artifacts.disk_images import DiskImageError, disk_image_files


@pytest.fixture
def directory(tmp_path):
    for name in ("a.qcow2", "a.qcow2.sha256", "ipa.kernel", "ipa.initramfs"):
        (tmp_path / name).write_text("")
    (tmp_path / "b.qcow2").mkdir()
    return tmp_path


def find(path, *patterns, several=False, file_name=None):
    item = {"path": str(path), "patterns": patterns, "several": several, "file_name": file_name}
    return [(os.path.basename(one["path"]), one["relative_path"]) for one in disk_image_files(item)]


def test_a_file_keeps_its_name_or_gets_file_name(directory):
    assert find(directory / "a.qcow2", "*.iso") == [("a.qcow2", "a.qcow2")]
    assert find(directory / "a.qcow2", file_name="x.qcow2") == [("a.qcow2", "x.qcow2")]


def test_each_pattern_finds_one_file(directory):
    assert find(directory, "*.qcow2", file_name="x") == [("a.qcow2", "x")]
    both = [("ipa.kernel", "ipa.kernel"), ("ipa.initramfs", "ipa.initramfs")]
    assert find(directory, "*.kernel", "*.initramfs") == both


def test_a_pattern_may_match_several_files_on_request(directory):
    assert len(find(directory, several=True)) == 3
    assert len(find(directory, "*", "ipa.*", several=True)) == 3


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        (["*.iso"], r"matches '\*.iso': it has a.qcow2, ipa.initramfs, ipa.kernel"),
        (
            ["ipa.*"],
            r"2 files in .* match 'ipa.\*', but one is expected: ipa.initramfs, ipa.kernel",
        ),
        ([], r"3 files in .* match '\*'"),
    ],
)
def test_no_match_and_too_many_matches_are_reported(directory, patterns, message):
    with pytest.raises(DiskImageError, match=message):
        find(directory, *patterns)


def test_a_long_list_is_shortened(tmp_path):
    for number in range(30):
        (tmp_path / f"{number:02}").write_text("")
    with pytest.raises(DiskImageError, match="00, 01.* and 10 more"):
        find(tmp_path)


def test_a_missing_and_an_empty_directory_are_reported(tmp_path, directory):
    with pytest.raises(DiskImageError, match="/nowhere/x does not exist"):
        find("/nowhere/x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DiskImageError, match="it has no files"):
        find(tmp_path / "empty")
    with pytest.raises(DiskImageError, match="cannot have the name x: a.qcow2, ipa"):
        find(directory, several=True, file_name="x")
