# SPDX-License-Identifier: Apache-2.0
"""A file is created completely or not at all."""

from __future__ import annotations

import errno
import hashlib
import os

import pytest

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.files import DiskFull, PartialFile


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "image")


def test_the_file_does_not_exist_until_it_is_finished(path):
    with PartialFile(path) as part:
        part.append(b"abc")
        part.append(b"def")
        assert not os.path.exists(path)
        assert os.stat(part.name).st_mode & 0o777 == 0o600
        assert part.sha256() == hashlib.sha256(b"abcdef").hexdigest()
        part.finish(0o640)
    with open(path, "rb") as stream:
        assert stream.read() == b"abcdef"
    assert (os.stat(path).st_mode & 0o777, os.path.exists(f"{path}.part")) == (0o640, False)


def test_a_partial_file_is_kept_for_the_next_run(path):
    with PartialFile(path) as part:
        part.append(b"abc")
    with PartialFile(path) as part:
        assert part.size == 3
        part.discard()
        part.append(b"x")
        part.finish(0o644)
    assert os.path.getsize(path) == 1


def test_an_unused_partial_file_leaves_nothing(path):
    with PartialFile(path):
        pass
    with PartialFile(path) as part:
        part.append(b"abc")
        part.remove()
    assert os.listdir(os.path.dirname(path)) == []


def test_two_runs_do_not_write_the_same_file(path):
    with PartialFile(path) as part:
        part.append(b"a")
        with pytest.raises(OperatorError, match=f"another run is downloading {path}"):
            PartialFile(path).__enter__()


def test_a_symbolic_link_is_not_followed(path, tmp_path):
    (tmp_path / "image.part").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OperatorError, match="image.part cannot be written"):
        PartialFile(path).__enter__()


def test_a_full_disk_is_reported_before_and_during_the_write(path, monkeypatch):
    with PartialFile(path) as part:
        part.append(b"abc")
        with pytest.raises(DiskFull, match="not enough space in .* MiB are needed"):
            part.require_space(1 << 60)

        def full(*_arguments):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "pwrite", full)
        with pytest.raises(DiskFull, match="image is not complete, .*Free up space; the next run"):
            part.append(b"def")
        monkeypatch.undo()
    assert (os.path.exists(path), os.path.getsize(f"{path}.part")) == (False, 3)


def test_an_unwritable_directory_is_reported(tmp_path):
    with pytest.raises(OperatorError, match="nowhere/image.part cannot be written: No such file"):
        PartialFile(str(tmp_path / "nowhere" / "image")).__enter__()
