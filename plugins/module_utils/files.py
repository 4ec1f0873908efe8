# SPDX-License-Identifier: Apache-2.0
"""What is to be sent somewhere: a local file, or a text that is made on the spot."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from types import TracebackType

from .errors import OperatorError


class TextFileError(OperatorError):
    """A file that cannot be read as text, or not written."""


def read(path: str) -> str:
    """The text of a file in UTF-8, with its ends of lines as they are."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise TextFileError(f"{path}: cannot be read: {error}") from error


def replace(path: str, before: str, after: str) -> None:
    """Give a file that holds `before` another text; it keeps its mode, owner and attributes.

    A reader sees the one text or the other. Where `path` is a link, it is the file that it leads
    to. Raises TextFileError, and leaves the file as it is, when somebody changed it meanwhile.
    """
    target = os.path.realpath(path)
    directory, name = os.path.split(target)
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=directory)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(after)
                file.flush()
                _copy_attributes(target, temporary)
                os.fsync(file.fileno())
            if read(target) != before:
                raise TextFileError(f"{path}: was changed by somebody else, try again")
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
        _sync_directory(directory)
    except OSError as error:
        raise TextFileError(f"{path}: cannot be written: {error}") from error


def _copy_attributes(model: str, path: str) -> None:
    """Give a new file the owner, mode and attributes of another, as far as this user may."""
    status = os.stat(model)
    with contextlib.suppress(PermissionError):
        os.chown(path, status.st_uid, status.st_gid)
    shutil.copystat(model, path)
    os.utime(path)


def _sync_directory(directory: str) -> None:
    """Have the renaming survive a crash of the machine."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_BLOCK_SIZE = 256 * 1024


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
            for piece in self.blocks(0, self.size):
                digest.update(piece)
            self.require_unchanged()
            self._sha256 = digest.hexdigest()
        return self._sha256

    def blocks(self, offset: int, length: int) -> Iterator[bytes]:
        """The bytes of a part, 256 KiB at a time."""
        if self._content is not None:
            yield self._content[offset : offset + length]
            return
        try:
            with open(self.path, "rb", buffering=0) as stream:
                stream.seek(offset)
                while length > 0:
                    piece = stream.read(min(_BLOCK_SIZE, length))
                    if not piece:
                        raise FileError(f"{self.path} became shorter while it was read")
                    length -= len(piece)
                    yield piece
        except OSError as error:
            raise FileError(f"{self.path} cannot be read: {error.strerror}") from error

    def require_unchanged(self) -> None:
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


CHECKSUM_SUFFIX = ".sha256"


def checksum_file_content(sha256: str, name: str) -> bytes:
    """A file as `sha256sum` writes it and `sha256sum -c` reads it, of one file beside it."""
    return f"{sha256}  {os.path.basename(name)}\n".encode("utf-8", "surrogateescape")


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

    def discard(self) -> None:
        """Drop what is there."""
        os.ftruncate(self._descriptor, 0)
        self.size = 0

    def require_space(self, more: int) -> None:
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
