# SPDX-License-Identifier: Apache-2.0
"""Files go to Pulp in chunks, each of them once."""

from __future__ import annotations

import pytest

from plugins.module_utils.content.upload import Uploader, UploadState
from plugins.module_utils.files import LocalFile
from plugins.module_utils.pulp.errors import LostResponse, PulpError, ResponseError

from ..file_shelf import FileShelf

K64 = 64 * 1024
CONTENT = b"".join(bytes([number]) * K64 for number in range(10)) + b"rest"
LOST = LostResponse("the connection broke")
ALTERED = ResponseError(400, "Checksum does not match chunk upload.")


def send(shelf, directory, content=CONTENT, chunk_size=K64):
    uploader = Uploader(shelf.server(), chunk_size, pause=0)
    source = LocalFile("image", content)
    with UploadState(str(directory), "http://ark", source.sha256) as state:
        href, sent = uploader.send(source, "images: image", state)
    parts = [data for _offset, data in sorted(shelf.uploads[href]["chunks"])]
    assert b"".join(parts) == content
    return sent


@pytest.mark.parametrize("version", ["3.43.1", "3.123.1"])
def test_a_file_arrives_whole(tmp_path, version):
    shelf = FileShelf(version)
    assert send(shelf, tmp_path) == len(CONTENT)
    assert len(shelf.arrived) == 11


def test_an_old_server_gets_one_chunk_after_the_other(tmp_path):
    shelf = FileShelf("3.43.1")
    send(shelf, tmp_path)
    assert shelf.arrived == sorted(shelf.arrived)


@pytest.mark.parametrize("version", ["3.43.1", "3.123.1"])
@pytest.mark.parametrize("fault", [("", LOST), ("late", LOST), ("", ALTERED)])
def test_a_chunk_that_met_trouble_is_there_once(tmp_path, version, fault):
    shelf = FileShelf(version)
    shelf.faults = [("", None), fault, ("", None), fault]
    assert send(shelf, tmp_path) == len(CONTENT)
    assert sorted(shelf.arrived) == sorted(set(shelf.arrived))


def test_the_next_run_sends_the_rest_whatever_its_chunks_are(tmp_path):
    shelf = FileShelf("3.43.1")
    shelf.faults = [("", None)] * 4 + [("", LOST)] * 5
    with pytest.raises(PulpError, match=r"connection broke. The chunks sent so far are kept"):
        send(shelf, tmp_path)
    assert send(shelf, tmp_path, chunk_size=3 * K64) == len(CONTENT) - 4 * K64
    assert len(shelf.uploads) == 1


def test_trouble_that_lasts_ends_the_sending(tmp_path):
    shelf = FileShelf("3.43.1")
    shelf.faults = [("", LOST)] * 100
    with pytest.raises(PulpError, match="connection broke"):
        send(shelf, tmp_path)
    assert len(shelf.faults) == 95


@pytest.mark.parametrize("spoil", ["gone", "size", "overlap"])
def test_an_upload_that_cannot_be_gone_on_with_is_begun_anew(tmp_path, spoil):
    shelf = FileShelf("3.43.1")
    shelf.faults = [("", None)] * 4 + [("", LOST)] * 5
    with pytest.raises(PulpError):
        send(shelf, tmp_path)
    (upload,) = shelf.uploads.values()
    if spoil == "gone":
        shelf.uploads = {"/uploads/0/": upload}
    elif spoil == "size":
        upload["size"] = 7
    else:
        upload["chunks"].append((5, b"xxxx"))
    assert send(shelf, tmp_path) == len(CONTENT)


def test_a_proxy_that_takes_no_such_chunks_is_explained(tmp_path):
    shelf = FileShelf("3.43.1")
    shelf.faults = [("", ResponseError(413, "Request Entity Too Large"))]
    with pytest.raises(PulpError, match="refused a chunk of 65536 bytes: lower chunk_size"):
        send(shelf, tmp_path)


def test_an_empty_file_needs_no_chunk(tmp_path):
    shelf = FileShelf()
    assert send(shelf, tmp_path, b"") == 0
    assert shelf.arrived == []
