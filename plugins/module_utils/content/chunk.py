# SPDX-License-Identifier: Apache-2.0
"""Chunks of an upload: their sizes, those that are missing on the server, and their requests."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..files import LocalFile
from ..pulp.errors import InvalidItem

MIN_CHUNK_SIZE = 64 * 1024
_MIB = 1024 * 1024
# Pulp reads a whole chunk into memory, and larger chunks are not faster.
_SMALL_CHUNK, _LARGE_CHUNK = 8 * _MIB, 64 * _MIB
_USUAL_CHUNKS = 64


@dataclass(frozen=True)
class Chunk:
    """A part of a file, in bytes."""

    offset: int
    size: int


def chunk_size_for(size: int, chosen: int | None) -> int:
    """Return the chunk size for a file: the one that the user chose, else 8 to 64 MiB by its size.

    Raises InvalidItem for a choice that needs too many requests.
    """
    if chosen is None:
        return min(_LARGE_CHUNK, max(_SMALL_CHUNK, -(-size // _USUAL_CHUNKS // _MIB) * _MIB))
    if chosen < MIN_CHUNK_SIZE:
        raise InvalidItem(
            f"invalid chunk_size of {chosen} bytes: expected at least 64K, such as 32M"
        )
    return chosen


def missing_chunks(
    size: int, held: Iterable[Mapping[str, Any]], chunk_size: int
) -> list[Chunk] | None:
    """Return the chunks of a file of `size` bytes that the server does not have, in order.

    `held`: `{"offset": ..., "size": ...}` of any size, as Pulp lists them. None if these overlap, so
    that Pulp would put them together wrongly.
    """
    missing: list[Chunk] = []
    reached = 0
    ranges = [(int(one["offset"]), int(one["size"])) for one in held]
    for offset, length in [*sorted(ranges), (size, 0)]:
        if offset < reached or offset + length > size:
            return None
        while reached < offset:
            chunk = Chunk(reached, min(chunk_size, offset - reached))
            missing.append(chunk)
            reached += chunk.size
        reached = offset + length
    return missing


class ChunkBody:
    """The body of the request that sends one chunk, as multipart/form-data (RFC 7578).

    It can be iterated again, so that the request can be repeated, and is never in memory as a whole.
    The chunk's checksum follows its bytes, and is computed while these are sent.
    """

    def __init__(self, source: LocalFile, chunk: Chunk) -> None:
        self._source = source
        self._chunk = chunk
        boundary = secrets.token_hex(16)
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="chunk"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        self._middle = (
            f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="sha256"\r\n\r\n'
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        last = chunk.offset + chunk.size - 1
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Range": f"bytes {chunk.offset}-{last}/{source.size}",
        }

    def __len__(self) -> int:
        digits = hashlib.sha256().digest_size * 2
        return len(self._head) + self._chunk.size + len(self._middle) + digits + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        digest = hashlib.sha256()
        yield self._head
        for block in self._source.blocks(self._chunk.offset, self._chunk.size):
            digest.update(block)
            yield block
        yield self._middle + digest.hexdigest().encode() + self._tail
