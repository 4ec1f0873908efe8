# SPDX-License-Identifier: Apache-2.0
"""The list of the files in a repository is read completely, or refused."""

from __future__ import annotations

import pytest

from plugins.module_utils.metadata import manifest
from plugins.module_utils.metadata.manifest import read_manifest
from plugins.module_utils.metadata.packages import MetadataError

SHA256 = "ab" * 32


def test_path_checksum_and_size_of_each_file_are_read():
    text = f"b/x,y.qcow2,{SHA256},10\na.sha256,{'CD' * 32},0\n\n".encode()
    assert read_manifest(text) == {
        "b/x,y.qcow2": {"sha256": SHA256, "size": 10},
        "a.sha256": {"sha256": "cd" * 32, "size": 0},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lists no file"),
        ("\n\n", "lists no file"),
        ("<html>Log in</html>", "'<html>Log in</html>' is not path, sha256 and size"),
        ("a,b", "'a,b' is not path, sha256 and size"),
        ("x" * 5000, "is not path, sha256 and size"),
        (f"a,{SHA256[1:]},1", "invalid checksum"),
        (f"a,{'x' * 64},1", "invalid checksum"),
        (f"a,{SHA256},-1", "invalid size of a file '-1'"),
        (f"a,{SHA256},", "invalid size of a file ''"),
        (f"a,{SHA256},{'9' * 30}", "invalid size of a file"),
        (f"../a,{SHA256},1", "invalid path '../a'"),
        (f"/a,{SHA256},1", "invalid path '/a'"),
        (f",{SHA256},1", "invalid path ''"),
        (f"\x1b[31m,{SHA256},1", r"invalid path '\\x1b\[31m'"),
        (f"a,{SHA256},1\na,{SHA256},1", "lists 'a' more than once"),
    ],
)
def test_anything_else_is_refused(text, message):
    with pytest.raises(MetadataError, match=message) as raised:
        read_manifest(text.encode())
    assert str(raised.value).startswith("PULP_MANIFEST: ")
    assert len(str(raised.value)) < 300


def test_a_list_without_an_end_is_refused(monkeypatch):
    monkeypatch.setattr(manifest, "_MAX_FILES", 2)
    with pytest.raises(MetadataError, match="more than 2 lines"):
        read_manifest(b"a\nb\nc\n")
