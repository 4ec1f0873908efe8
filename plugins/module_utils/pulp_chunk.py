# SPDX-License-Identifier: Apache-2.0
"""Parts of a file on their way to Pulp: which are missing, and how one is sent."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .local_file import LocalFile
from .pulp_errors import InvalidItem

__all__ = ["SMALLEST_CHUNK", "Chunk", "ChunkBody", "chunk_size_of", "missing_chunks"]

_MIB = 1024 * 1024
SMALLEST_CHUNK = 64 * 1024
# Pulp reads a whole chunk into its memory, so that larger ones do not pay.
_SMALL, _LARGE = 8 * _MIB, 64 * _MIB
_MANY = 64


@dataclass(frozen=True)
class Chunk:
    """A part of a file, in bytes."""

    offset: int
    size: int


def chunk_size_of(size: int, chosen: int | None) -> int:
    """How long the chunks of a file are: what the user says, else by its size 8 to 64 MiB.

    Raises InvalidItem for a choice that would make a request of every few bytes.
    """
    if chosen is None:
        return min(_LARGE, max(_SMALL, -(-size // _MANY // _MIB) * _MIB))
    if chosen < SMALLEST_CHUNK:
        raise InvalidItem(f"chunk_size is {chosen} bytes: give at least 64K, such as 32M")
    return chosen


def missing_chunks(
    size: int, held: Iterable[Mapping[str, Any]], chunk_size: int
) -> list[Chunk] | None:
    """What of `size` bytes the server lacks, in order, whatever sizes were sent before.

    `held`: `{"offset": ..., "size": ...}` as Pulp lists them. None where these overlap, so that
    Pulp would put them together wrongly.
    """
    missing: list[Chunk] = []
    reached = 0
    there = [(int(one["offset"]), int(one["size"])) for one in held]
    for offset, length in [*sorted(there), (size, 0)]:
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

    It can be iterated over again, so that the request may be repeated, and is never in memory as a
    whole. The chunk's checksum follows its bytes, and is computed while these are sent.
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
        for piece in self._source.pieces(self._chunk.offset, self._chunk.size):
            digest.update(piece)
            yield piece
        yield self._middle + digest.hexdigest().encode() + self._tail
