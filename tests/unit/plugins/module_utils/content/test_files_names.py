# SPDX-License-Identifier: Apache-2.0
"""The names of the files of an item in the repository."""

from __future__ import annotations

import pytest

from plugins.module_utils.content.files import relative_paths, wanted_files
from plugins.module_utils.pulp.errors import InvalidItem


def item(*files, state="present", checksums=False):
    return {"files": list(files), "state": state, "checksums": checksums}


def test_relative_path_defaults_to_the_name_of_the_file():
    files = wanted_files(item({"path": "/a/b.img"}, {"path": "/c", "relative_path": "d/e.img"}))
    assert [(one.path, one.relative_path) for one in files] == [
        ("/a/b.img", "b.img"),
        ("/c", "d/e.img"),
    ]


def test_the_checksum_file_names_the_file_without_its_directory(tmp_path):
    (tmp_path / "b.img").write_bytes(b"")
    wanted = item({"path": str(tmp_path / "b.img"), "relative_path": "x/c.img"}, checksums=True)
    (one,) = wanted_files(wanted)
    beside = one.checksum_file()
    assert (beside.relative_path, beside.path) == ("x/c.img.sha256", "")
    assert b"".join(beside.open().blocks(0, 999)).endswith(b"b855  c.img\n")
    assert relative_paths([one], True) == ["x/c.img", "x/c.img.sha256"]


def test_removal_needs_no_local_file():
    (one,) = wanted_files(item({"relative_path": "a"}, state="absent"))
    assert one.relative_path == "a"
    with pytest.raises(InvalidItem, match=r"files\[1\] has no path"):
        wanted_files(item({"path": "/a"}, {"relative_path": "b"}))


@pytest.mark.parametrize("name", ["/a", "../a", "a/../b", "a/", "a//b", "a\nb", ".", "./a"])
def test_an_invalid_relative_path_is_rejected(name):
    with pytest.raises(InvalidItem, match="invalid relative_path"):
        wanted_files(item({"path": "/x", "relative_path": name}))


@pytest.mark.parametrize("name", ["a b", "a\u00a0b", "a?", "#a"])
def test_a_name_that_pulp_would_reject_is_rejected_before_the_upload(name):
    entry = {"path": f"/x/{name}"}
    with pytest.raises(InvalidItem, match="Pulp accepts no spaces"):
        wanted_files(item(entry))
    assert wanted_files(item(entry, state="absent"))


@pytest.mark.parametrize(
    ("paths", "checksums", "duplicate"),
    [(["/a/x", "/b/x"], False, "x"), (["/a/x", "/a/x.sha256"], True, "x.sha256")],
)
def test_duplicate_paths_are_rejected(paths, checksums, duplicate):
    wanted = item(*({"path": path} for path in paths), checksums=checksums)
    with pytest.raises(InvalidItem, match=f"have the relative_path {duplicate}: set a different"):
        wanted_files(wanted)
