# SPDX-License-Identifier: Apache-2.0
"""Local files are read in blocks, and a change during the read is an error."""

from __future__ import annotations

import hashlib
import os
import subprocess

import pytest

from plugins.module_utils.files import FileError, LocalFile, checksum_file_content

CONTENT = bytes(range(256)) * 3000


@pytest.fixture
def path(tmp_path):
    (tmp_path / "image").write_bytes(CONTENT)
    return str(tmp_path / "image")


def test_any_part_is_read_in_blocks(path):
    blocks = list(LocalFile(path).blocks(1000, 600000))
    assert b"".join(blocks) == CONTENT[1000:601000]
    assert max(map(len, blocks)) <= 256 * 1024


def test_size_and_checksum_are_those_of_the_whole_file(path):
    source = LocalFile(path)
    assert (source.size, source.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


def test_text_needs_no_file():
    source = LocalFile("a.sha256", b"abc")
    source.require_unchanged()
    assert (source.size, b"".join(source.blocks(1, 2))) == (3, b"bc")


def test_a_file_that_grew_is_an_error(path):
    source = LocalFile(path)
    with open(path, "ab") as stream:
        stream.write(b"more")
    with pytest.raises(FileError, match="image was changed while it was read"):
        source.sha256  # noqa: B018


def test_a_file_that_shrank_is_an_error(path):
    source = LocalFile(path)
    os.truncate(path, 100)
    with pytest.raises(FileError, match="image was truncated"):
        list(source.blocks(0, source.size))


@pytest.mark.parametrize(
    ("name", "message"),
    [("nowhere", "nowhere cannot be read: No such file"), ("", "is a directory: name a file")],
)
def test_an_unreadable_file_is_reported(tmp_path, name, message):
    with pytest.raises(FileError, match=message):
        LocalFile(str(tmp_path / name))


def test_a_device_is_rejected():
    with pytest.raises(FileError, match="/dev/null is not a regular file"):
        LocalFile("/dev/null")


def test_sha256sum_accepts_the_checksum_file(path, tmp_path):
    text = checksum_file_content(LocalFile(path).sha256, "directory/image")
    (tmp_path / "image.sha256").write_bytes(text)
    command = ["sha256sum", "--strict", "-c", "image.sha256"]
    finished = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert finished.stdout == "image: OK\n"
