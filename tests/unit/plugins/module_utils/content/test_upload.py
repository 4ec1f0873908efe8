# SPDX-License-Identifier: Apache-2.0
"""Files are uploaded to Pulp in chunks, each of them once."""

from __future__ import annotations

import pytest

from plugins.module_utils.content.upload import Uploader, UploadState
from plugins.module_utils.files import LocalFile
from plugins.module_utils.pulp.errors import LostResponse, PulpError, ResponseError
from tests.unit.fake_pulp.content import content_of
from tests.unit.fake_pulp.pulp import FakePulp

K64 = 64 * 1024
CONTENT = b"".join(bytes([number]) * K64 for number in range(10)) + b"rest"
LOST = LostResponse("the connection broke")
ALTERED = ResponseError(400, "Checksum does not match chunk upload.")


def received_chunks(pulp):
    """Return offset and size of each chunk of the only upload, in the order of arrival."""
    (upload,) = pulp.store.within("uploads/")
    return [(chunk["offset"], chunk["size"]) for chunk in upload["chunks"]]


def send(pulp, directory, content=CONTENT, chunk_size=K64):
    uploader = Uploader(pulp.server(), chunk_size, pause=0)
    source = LocalFile("image", content)
    with UploadState(str(directory), "http://ark", source.sha256) as state:
        href, sent = uploader.send(source, "images: image", state)
    assert content_of(pulp.store.get(href)) == content
    return sent


@pytest.mark.parametrize("version", ["3.43.1", "3.123.1"])
def test_a_file_is_uploaded_completely(tmp_path, version):
    pulp = FakePulp(version)
    assert send(pulp, tmp_path) == len(CONTENT)
    assert len(received_chunks(pulp)) == 11


def test_chunks_are_sent_one_by_one_to_an_older_server(tmp_path):
    pulp = FakePulp("3.43.1")
    send(pulp, tmp_path)
    assert received_chunks(pulp) == sorted(received_chunks(pulp))


@pytest.mark.parametrize("version", ["3.43.1", "3.123.1"])
@pytest.mark.parametrize(("error", "arrives"), [(LOST, False), (LOST, True), (ALTERED, False)])
def test_a_lost_or_corrupted_chunk_is_sent_again(tmp_path, version, error, arrives):
    pulp = FakePulp(version)
    for number in (1, 3):
        pulp.on("PUT", "/uploads/", raises=error, carried_out=arrives, skip=number)
    assert send(pulp, tmp_path) == len(CONTENT)
    assert sorted(received_chunks(pulp)) == sorted(set(received_chunks(pulp)))


def test_the_next_run_sends_the_missing_parts_with_any_chunk_size(tmp_path):
    pulp = FakePulp("3.43.1")
    pulp.on("PUT", "/uploads/", raises=LOST, skip=4, times=5)
    with pytest.raises(PulpError, match=r"connection broke. The chunks sent so far are kept"):
        send(pulp, tmp_path)
    assert send(pulp, tmp_path, chunk_size=3 * K64) == len(CONTENT) - 4 * K64
    assert len(pulp.store.within("uploads/")) == 1


def test_a_permanent_failure_ends_the_upload(tmp_path):
    pulp = FakePulp("3.43.1")
    pulp.on("PUT", "/uploads/", raises=LOST, times=100)
    with pytest.raises(PulpError, match="connection broke"):
        send(pulp, tmp_path)
    assert len(pulp.sent("PUT")) == 5


@pytest.mark.parametrize("problem", ["gone", "size", "overlap"])
def test_an_upload_that_cannot_be_resumed_is_started_again(tmp_path, problem):
    pulp = FakePulp("3.43.1")
    pulp.on("PUT", "/uploads/", raises=LOST, skip=4, times=5)
    with pytest.raises(PulpError):
        send(pulp, tmp_path)
    (upload,) = pulp.store.within("uploads/")
    if problem == "gone":
        pulp.store.remove(upload["pulp_href"])
    elif problem == "size":
        upload["size"] = 7
    else:
        upload["chunks"].append({"offset": 5, "size": 4})
    assert send(pulp, tmp_path) == len(CONTENT)


def test_the_error_of_a_proxy_with_a_size_limit_has_a_remedy(tmp_path):
    pulp = FakePulp("3.43.1")
    pulp.on("PUT", "/uploads/", raises=ResponseError(413, "Request Entity Too Large"))
    with pytest.raises(PulpError, match="refused a chunk of 65536 bytes: lower chunk_size"):
        send(pulp, tmp_path)


def test_an_empty_file_needs_no_chunk(tmp_path):
    pulp = FakePulp()
    assert send(pulp, tmp_path, b"") == 0
    assert received_chunks(pulp) == []
