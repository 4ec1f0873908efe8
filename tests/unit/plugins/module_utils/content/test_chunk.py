# SPDX-License-Identifier: Apache-2.0
"""The missing parts of a file, and the request that sends one."""

from __future__ import annotations

import hashlib
from email.message import Message
from email.parser import BytesParser

import pytest

from plugins.module_utils.content.chunk import Chunk, ChunkBody, chunk_size_for, missing_chunks
from plugins.module_utils.files import LocalFile
from plugins.module_utils.pulp.errors import InvalidItem

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("size", "chunk"),
    [
        (0, 8),
        (1, 8),
        (512 * MIB, 8),
        (513 * MIB, 9),
        (2048 * MIB, 32),
        (4096 * MIB, 64),
        (40960 * MIB, 64),
    ],
)
def test_the_chunk_size_grows_with_the_file(size, chunk):
    assert chunk_size_for(size, None) == chunk * MIB


def test_the_configured_chunk_size_has_limits():
    assert chunk_size_for(1, 32 * MIB) == 32 * MIB
    with pytest.raises(InvalidItem, match="invalid chunk_size of 32 bytes: expected at least 64K"):
        chunk_size_for(1, 32)


def chunks(*pairs):
    return [{"offset": offset, "size": size} for offset, size in pairs]


@pytest.mark.parametrize(
    ("received", "missing"),
    [
        ((), [(0, 4), (4, 4), (8, 2)]),
        (((0, 4), (4, 4), (8, 2)), []),
        (((4, 4),), [(0, 4), (8, 2)]),
        (((8, 2), (0, 4)), [(4, 4)]),
        (((0, 3),), [(3, 4), (7, 3)]),
        (((5, 1),), [(0, 4), (4, 1), (6, 4)]),
        (((0, 10),), []),
    ],
)
def test_received_parts_are_not_sent_again_with_any_chunk_size(received, missing):
    expected = [Chunk(offset, size) for offset, size in missing]
    assert missing_chunks(10, chunks(*received), 4) == expected


@pytest.mark.parametrize("received", [((0, 4), (3, 4)), ((0, 4), (0, 4)), ((8, 4),)])
def test_overlapping_chunks_cannot_be_resumed(received):
    assert missing_chunks(10, chunks(*received), 4) is None


def test_an_empty_file_has_no_chunks():
    assert missing_chunks(0, [], 4) == []


def test_a_chunk_is_a_form_with_a_checksum_and_can_be_sent_again():
    content = b"0123456789" * 100000
    body = ChunkBody(LocalFile("x", content), Chunk(10, 300000))
    sent = b"".join(body)
    assert (sent, len(sent)) == (b"".join(body), len(body))
    assert body.headers["Content-Range"] == "bytes 10-300009/1000000"
    head = f"Content-Type: {body.headers['Content-Type']}\r\n\r\n".encode()
    form: Message = BytesParser().parsebytes(head + sent)
    file, sha256 = form.get_payload()
    names = [part.get_param("name", header="content-disposition") for part in (file, sha256)]
    assert names == ["file", "sha256"]
    assert file.get_payload(decode=True) == content[10:300010]
    assert sha256.get_payload() == hashlib.sha256(content[10:300010]).hexdigest()
