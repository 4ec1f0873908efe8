# SPDX-License-Identifier: Apache-2.0
"""A file that is not complete yet, beside the place where it will be."""

from __future__ import annotations

import errno
import fcntl
import os
from types import TracebackType

from .errors import OperatorError
from .local_file import LocalFile

__all__ = ["DiskFull", "PartialFile"]

_SUFFIX = ".part"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MIB = 1024 * 1024


class DiskFull(OperatorError):
    """There is no room for a file."""


class PartialFile:
    """`<path>.part`, of mode 0600 and, as a context, locked; `path` gets it whole or not at all.

    Methods raise OperatorError, naming the path; DiskFull where there is no room.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.name = path + _SUFFIX
        self.size = 0
        self._descriptor = -1
        self._gone = False

    def __enter__(self) -> PartialFile:
        try:
            self._descriptor = os.open(self.name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.size = os.fstat(self._descriptor).st_size
        except BlockingIOError:
            os.close(self._descriptor)
            raise OperatorError(f"another run downloads {self._path}: wait for it") from None
        except OSError as error:
            raise OperatorError(f"{self.name} cannot be written: {error.strerror}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self.size and not self._gone:
            self.remove()
        os.close(self._descriptor)

    def begin_anew(self) -> None:
        """Drop what is there."""
        os.ftruncate(self._descriptor, 0)
        self.size = 0

    def require_room(self, more: int) -> None:
        """Raise DiskFull when so many more bytes cannot find room."""
        there = os.statvfs(self.name)
        free = there.f_bavail * there.f_frsize
        if more > free:
            raise DiskFull(
                f"{os.path.dirname(self.name)} has no room: {-(-more // _MIB)} MiB are wanted and "
                f"{free // _MIB} MiB are free"
            )

    def append(self, piece: bytes) -> None:
        """Add bytes at the end."""
        view = memoryview(piece)
        try:
            while view:
                written = os.pwrite(self._descriptor, view, self.size)
                self.size += written
                view = view[written:]
        except OSError as error:
            if error.errno in _FULL:
                raise DiskFull(
                    f"the disk is full: {self._path} is not there, {self.name} has "
                    f"{self.size // _MIB} MiB of it. Make room, and the next run goes on"
                ) from error
            raise OperatorError(f"{self.name} cannot be written: {error.strerror}") from error

    def sha256(self) -> str:
        """The checksum of what is there."""
        return LocalFile(self.name).sha256

    def finish(self, mode: int) -> None:
        """Let it take its place, in one step."""
        try:
            os.fchmod(self._descriptor, mode)
            os.fsync(self._descriptor)
            os.replace(self.name, self._path)
        except OSError as error:
            raise OperatorError(f"{self._path} cannot be written: {error.strerror}") from error
        self._gone = True

    def remove(self) -> None:
        """Leave nothing behind."""
        os.unlink(self.name)
        self._gone = True
