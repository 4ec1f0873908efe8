# SPDX-License-Identifier: Apache-2.0
"""The state file with which the next run resumes an upload."""

from __future__ import annotations

import os
import threading

import pytest

from plugins.module_utils.content.upload import UploadState
from plugins.module_utils.pulp.errors import InvalidItem

SHA256 = "ab" * 32


def test_the_next_run_finds_the_upload_of_an_interrupted_one(tmp_path):
    directory = str(tmp_path / "a" / "b")
    with UploadState(directory, "http://ark", SHA256) as state:
        assert state.upload == ""
        state.save("/uploads/a-long-one/")
        state.save("/uploads/1/")
    with UploadState(directory, "http://ark", SHA256) as state:
        assert state.upload == "/uploads/1/"
        path = state.path
    assert os.path.basename(path).startswith(SHA256)
    assert (os.stat(path).st_mode & 0o777, os.stat(directory).st_mode & 0o777) == (0o600, 0o700)


def test_uploads_are_separate_for_each_server(tmp_path):
    with UploadState(str(tmp_path), "http://ark", SHA256) as state:
        state.save("/uploads/1/")
    with UploadState(str(tmp_path), "http://other", SHA256) as state:
        assert state.upload == ""


def test_no_state_is_left_after_the_upload(tmp_path):
    with UploadState(str(tmp_path), "http://ark", SHA256) as state:
        state.save("/uploads/1/")
        state.delete()
    with UploadState(str(tmp_path), "http://ark", SHA256):
        pass
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"other": 1}', '"text"'])
def test_an_invalid_state_file_is_ignored(tmp_path, text):
    with UploadState(str(tmp_path), "http://ark", SHA256) as state:
        state.save("/uploads/1/")
        with open(state.path, "w", encoding="utf-8") as stream:
            stream.write(text)
        assert state.upload == ""


def test_concurrent_uploads_of_the_same_file_wait_for_each_other(tmp_path):
    order = []

    def wait():
        with UploadState(str(tmp_path), "http://ark", SHA256):
            order.append("second")

    with UploadState(str(tmp_path), "http://ark", SHA256):
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_directory_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidItem, match="state_path '.*file/x' cannot be used: Not a directory"):
        UploadState(str(tmp_path / "file" / "x"), "http://ark", SHA256).__enter__()
