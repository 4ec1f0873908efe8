# SPDX-License-Identifier: Apache-2.0
"""Which files an image is made of."""

from __future__ import annotations

import os

import pytest

from plugins.module_utils.release.disk_images import ImageError, image_files


@pytest.fixture
def folder(tmp_path):
    for name in ("a.qcow2", "a.qcow2.sha256", "ipa.kernel", "ipa.initramfs"):
        (tmp_path / name).write_text("")
    (tmp_path / "b.qcow2").mkdir()
    return tmp_path


def find(path, *patterns, several=False, file_name=None):
    item = {"path": str(path), "patterns": patterns, "several": several, "file_name": file_name}
    return [(os.path.basename(one["path"]), one["relative_path"]) for one in image_files(item)]


def test_a_file_is_taken_as_it_is_or_renamed(folder):
    assert find(folder / "a.qcow2", "*.iso") == [("a.qcow2", "a.qcow2")]
    assert find(folder / "a.qcow2", file_name="x.qcow2") == [("a.qcow2", "x.qcow2")]


def test_each_pattern_finds_one_file(folder):
    assert find(folder, "*.qcow2", file_name="x") == [("a.qcow2", "x")]
    both = [("ipa.kernel", "ipa.kernel"), ("ipa.initramfs", "ipa.initramfs")]
    assert find(folder, "*.kernel", "*.initramfs") == both


def test_several_may_be_meant(folder):
    assert len(find(folder, several=True)) == 3
    assert len(find(folder, "*", "ipa.*", several=True)) == 3


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        (["*.iso"], r"matches '\*.iso': it has a.qcow2, ipa.initramfs, ipa.kernel"),
        (["ipa.*"], r"2 files of .* match 'ipa.\*', and one is wanted: ipa.initramfs, ipa.kernel"),
        ([], r"3 files of .* match '\*'"),
    ],
)
def test_none_or_too_many_are_listed(folder, patterns, words):
    with pytest.raises(ImageError, match=words):
        find(folder, *patterns)


def test_a_long_list_is_cut(tmp_path):
    for number in range(30):
        (tmp_path / f"{number:02}").write_text("")
    with pytest.raises(ImageError, match="00, 01.* and 10 more"):
        find(tmp_path)


def test_nothing_at_all_is_said(tmp_path, folder):
    with pytest.raises(ImageError, match="there is no /nowhere/x"):
        find("/nowhere/x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match="it has no file at all"):
        find(tmp_path / "empty")
    with pytest.raises(ImageError, match="cannot all be called x: a.qcow2, ipa"):
        find(folder, several=True, file_name="x")
