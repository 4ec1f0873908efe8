# SPDX-License-Identifier: Apache-2.0
"""What the files of an item are called."""

from __future__ import annotations

import pytest

from plugins.module_utils.content.files import relative_paths, wanted_files
from plugins.module_utils.pulp.errors import InvalidItem


def item(*files, state="present", checksums=False):
    return {"files": list(files), "state": state, "checksums": checksums}


def test_a_file_has_its_own_name_unless_another_is_given():
    files = wanted_files(item({"path": "/a/b.img"}, {"path": "/c", "relative_path": "d/e.img"}))
    assert [(one.path, one.relative_path) for one in files] == [
        ("/a/b.img", "b.img"),
        ("/c", "d/e.img"),
    ]


def test_the_checksum_file_names_what_lies_beside_it(tmp_path):
    (tmp_path / "b.img").write_bytes(b"")
    wanted = item({"path": str(tmp_path / "b.img"), "relative_path": "x/c.img"}, checksums=True)
    (one,) = wanted_files(wanted)
    beside = one.checksum_file()
    assert (beside.relative_path, beside.path) == ("x/c.img.sha256", "")
    assert b"".join(beside.open().blocks(0, 999)).endswith(b"b855  c.img\n")
    assert relative_paths([one], True) == ["x/c.img", "x/c.img.sha256"]


def test_what_is_removed_needs_no_local_file():
    (one,) = wanted_files(item({"relative_path": "a"}, state="absent"))
    assert one.relative_path == "a"
    with pytest.raises(InvalidItem, match=r"files\[1\] has no path"):
        wanted_files(item({"path": "/a"}, {"relative_path": "b"}))


@pytest.mark.parametrize("name", ["/a", "../a", "a/../b", "a/", "a//b", "a\nb", ".", "./a"])
def test_a_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(InvalidItem, match="invalid relative_path"):
        wanted_files(item({"path": "/x", "relative_path": name}))


@pytest.mark.parametrize("name", ["a b", "a\u00a0b", "a?", "#a"])
def test_a_name_that_pulp_would_refuse_after_all_bytes_is_refused_before_any(name):
    entry = {"path": f"/x/{name}"}
    with pytest.raises(InvalidItem, match="Pulp accepts no spaces"):
        wanted_files(item(entry))
    assert wanted_files(item(entry, state="absent"))


@pytest.mark.parametrize(
    ("paths", "checksums", "twice"),
    [(["/a/x", "/b/x"], False, "x"), (["/a/x", "/a/x.sha256"], True, "x.sha256")],
)
def test_two_files_of_one_name_are_refused(paths, checksums, twice):
    wanted = item(*({"path": path} for path in paths), checksums=checksums)
    with pytest.raises(InvalidItem, match=f"have the relative_path {twice}: set a different"):
        wanted_files(wanted)
