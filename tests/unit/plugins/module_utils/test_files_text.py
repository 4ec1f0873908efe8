# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import stat

import pytest

from plugins.module_utils import files as text_file
from plugins.module_utils.files import TextFileError, read_text_file, replace_text_file


@pytest.fixture
def path(tmp_path):
    """Return a file with both kinds of line endings and a byte order mark."""
    path = tmp_path / "file.yml"
    path.write_bytes("\ufeffa\r\nb\nä".encode())
    path.chmod(0o604)
    return path


def test_line_endings_are_kept(path):
    text = read_text_file(str(path))
    assert text == "\ufeffa\r\nb\nä"
    replace_text_file(str(path), text, f"{text}\r\n")
    assert path.read_bytes() == "\ufeffa\r\nb\nä\r\n".encode()


def test_an_edited_file_keeps_its_mode_and_has_a_new_time(path):
    os.utime(path, (1, 1))
    replace_text_file(str(path), read_text_file(str(path)), "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert path.stat().st_mtime > 1
    assert os.listdir(path.parent) == ["file.yml"]


def test_a_symbolic_link_is_kept(path, tmp_path):
    link = tmp_path / "directory" / "link.yml"
    link.parent.mkdir()
    link.symlink_to("../file.yml")
    replace_text_file(str(link), read_text_file(str(link)), "new")
    assert os.readlink(link) == "../file.yml"
    assert path.read_text() == "new"
    assert os.listdir(link.parent) == ["link.yml"]


def test_a_concurrent_change_of_the_file_is_kept(path):
    with pytest.raises(TextFileError, match="was changed by another process meanwhile, try again"):
        replace_text_file(str(path), "something else", "new")
    assert path.read_bytes() == "\ufeffa\r\nb\nä".encode()
    assert os.listdir(path.parent) == ["file.yml"]


def test_a_failure_changes_neither_file_nor_directory(path, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(text_file.os, "fsync", full)
    with pytest.raises(TextFileError, match=r"file\.yml: cannot be written: .*No space left"):
        replace_text_file(str(path), read_text_file(str(path)), "new")
    assert path.read_bytes() == "\ufeffa\r\nb\nä".encode()
    assert os.listdir(path.parent) == ["file.yml"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_an_unreadable_file_is_reported(tmp_path, content):
    path = tmp_path / "other"
    if content:
        path.write_bytes(content)
    with pytest.raises(TextFileError, match="other: cannot be read: "):
        read_text_file(str(path))
