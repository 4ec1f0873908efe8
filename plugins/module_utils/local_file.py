# SPDX-License-Identifier: Apache-2.0
"""What is to be sent somewhere: a local file, or a text that is made on the spot."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator

from .errors import OperatorError

__all__ = ["FileError", "LocalFile", "checksum_text"]

_PIECE = 256 * 1024


class FileError(OperatorError):
    """A local file that cannot be used as it is."""


class LocalFile:
    """Bytes that can be read in pieces, again and again, from any place and any thread.

    `size` in bytes, `sha256` in hex digits; with `content` no file is read. Raises FileError,
    naming the path, where there is no such file, or another one than at first.
    """

    def __init__(self, path: str, content: bytes | None = None) -> None:
        self.path = path
        self._content = content
        self._sha256 = ""
        self._seen = self._look()
        self.size = len(content) if content is not None else self._seen[0]

    @property
    def sha256(self) -> str:
        """The checksum of all of it, computed once."""
        if not self._sha256:
            digest = hashlib.sha256()
            for piece in self.pieces(0, self.size):
                digest.update(piece)
            self.refuse_changes()
            self._sha256 = digest.hexdigest()
        return self._sha256

    def pieces(self, offset: int, length: int) -> Iterator[bytes]:
        """The bytes of a part, 256 KiB at a time."""
        if self._content is not None:
            yield self._content[offset : offset + length]
            return
        try:
            with open(self.path, "rb", buffering=0) as stream:
                stream.seek(offset)
                while length > 0:
                    piece = stream.read(min(_PIECE, length))
                    if not piece:
                        raise FileError(f"{self.path} became shorter while it was read")
                    length -= len(piece)
                    yield piece
        except OSError as error:
            raise FileError(f"{self.path} cannot be read: {error.strerror}") from error

    def refuse_changes(self) -> None:
        """Raise FileError when the file is not the one any more that it was at first."""
        if self._look() != self._seen:
            raise FileError(f"{self.path} was changed meanwhile: run it again when it is complete")

    def _look(self) -> tuple[int, ...]:
        if self._content is not None:
            return ()
        try:
            there = os.stat(self.path)
        except OSError as error:
            raise FileError(f"{self.path} cannot be read: {error.strerror}") from error
        if not stat.S_ISREG(there.st_mode):
            kind = "a folder" if stat.S_ISDIR(there.st_mode) else "not a regular file"
            raise FileError(f"{self.path} is {kind}: name a file")
        return (there.st_size, there.st_mtime_ns, there.st_ino)


def checksum_text(sha256: str, name: str) -> bytes:
    """A file as `sha256sum` writes it and `sha256sum -c` reads it, of one file beside it."""
    return f"{sha256}  {os.path.basename(name)}\n".encode("utf-8", "surrogateescape")
