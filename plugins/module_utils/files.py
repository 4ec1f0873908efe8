# SPDX-License-Identifier: Apache-2.0
"""Local files: texts replaced atomically, files read for uploads, and partial downloads."""

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

_BLOCK_SIZE = 256 * 1024
_PARTIAL_SUFFIX = ".part"
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MIB = 1024 * 1024


class TextFileError(OperatorError):
    """A text file that cannot be read or written."""


def read_text_file(path: str) -> str:
    """Return the text of a UTF-8 file, with its line endings unchanged. Raises TextFileError."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise TextFileError(f"{path}: cannot be read: {error}") from error


def replace_text_file(path: str, before: str, after: str) -> None:
    """Replace the text `before` of a file by `after`; mode, owner and attributes are kept.

    The replacement is atomic. A symbolic link is followed. Raises TextFileError, and leaves the
    file unchanged, when its text is not `before` any more.
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
            if read_text_file(target) != before:
                raise TextFileError(f"{path}: was changed by another process meanwhile, try again")
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
        _sync_directory(directory)
    except OSError as error:
        raise TextFileError(f"{path}: cannot be written: {error}") from error


def create_text_file(path: str, text: str, mode: int = 0o644) -> None:
    """Create a file, atomically. Raises TextFileError, also if the file exists."""
    directory, name = os.path.split(os.path.realpath(path))
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=directory)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            # Fails if another process has created the file meanwhile.
            os.link(temporary, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
        _sync_directory(directory)
    except FileExistsError:
        message = f"{path}: was created by another process meanwhile, try again"
        raise TextFileError(message) from None
    except OSError as error:
        raise TextFileError(f"{path}: cannot be written: {error}") from error


def require_directory(path: str) -> None:
    """Raise TextFileError if the directory of a file that is to be written does not exist."""
    directory = os.path.dirname(path) or "."
    if not os.path.isdir(directory):
        raise TextFileError(
            f"{path}: cannot be written: the directory {directory} does not exist: create it first"
        )


def write_text_file(path: str, text: str, check_mode: bool = False) -> str:
    """Write a file unless it has this text. Returns created, updated or unchanged."""
    if not os.path.lexists(path):
        if not check_mode:
            create_text_file(path, text)
        return "created"
    before = read_text_file(path)
    if before == text:
        return "unchanged"
    if not check_mode:
        replace_text_file(path, before, text)
    return "updated"


def _copy_attributes(model: str, path: str) -> None:
    """Copy owner, mode and attributes of `model` to a new file, as far as permitted."""
    status = os.stat(model)
    with contextlib.suppress(PermissionError):
        os.chown(path, status.st_uid, status.st_gid)
    shutil.copystat(model, path)
    os.utime(path)


def _sync_directory(directory: str) -> None:
    """Flush a directory, so that a renamed file survives a crash of the machine."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class FileError(OperatorError):
    """A local file that cannot be used: missing, not a regular file, or changed while in use."""


class LocalFile:
    """A file to upload, or `content` (bytes) under a path; safe to read from several threads.

    `size` is in bytes, `sha256` in hexadecimal digits. Methods raise FileError, naming the path,
    when the file does not exist or was changed since this object was made.
    """

    def __init__(self, path: str, content: bytes | None = None) -> None:
        self.path = path
        self._content = content
        self._sha256 = ""
        self._stat = self._read_stat()
        self.size = len(content) if content is not None else self._stat[0]

    @property
    def sha256(self) -> str:
        """The SHA-256 checksum of the whole file, computed once."""
        if not self._sha256:
            digest = hashlib.sha256()
            for piece in self.blocks(0, self.size):
                digest.update(piece)
            self.require_unchanged()
            self._sha256 = digest.hexdigest()
        return self._sha256

    def blocks(self, offset: int, length: int) -> Iterator[bytes]:
        """Yield `length` bytes from `offset` on, in blocks of at most 256 KiB."""
        if self._content is not None:
            yield self._content[offset : offset + length]
            return
        try:
            with open(self.path, "rb", buffering=0) as stream:
                stream.seek(offset)
                while length > 0:
                    piece = stream.read(min(_BLOCK_SIZE, length))
                    if not piece:
                        raise FileError(f"{self.path} was truncated while it was read")
                    length -= len(piece)
                    yield piece
        except OSError as error:
            raise FileError(f"{self.path} cannot be read: {error.strerror}") from error

    def require_unchanged(self) -> None:
        """Raise FileError when the file was changed since this object was made."""
        if self._read_stat() != self._stat:
            raise FileError(
                f"{self.path} was changed while it was read: run it again when the file is complete"
            )

    def _read_stat(self) -> tuple[int, ...]:
        if self._content is not None:
            return ()
        try:
            status = os.stat(self.path)
        except OSError as error:
            raise FileError(f"{self.path} cannot be read: {error.strerror}") from error
        if not stat.S_ISREG(status.st_mode):
            kind = "a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise FileError(f"{self.path} is {kind}: name a file")
        return (status.st_size, status.st_mtime_ns, status.st_ino)


CHECKSUM_SUFFIX = ".sha256"


def checksum_file_content(sha256: str, name: str) -> bytes:
    """Return the content of a checksum file for `name`, in the format of `sha256sum`."""
    return f"{sha256}  {os.path.basename(name)}\n".encode("utf-8", "surrogateescape")


class DiskFull(OperatorError):
    """There is not enough space on the disk for a file."""


class PartialFile:
    """An incomplete download, `<path>.part` with mode 0600, locked while used as a context.

    `finish` renames it to `path` atomically. `size` is in bytes. Methods raise OperatorError,
    naming the path, and DiskFull when there is not enough space.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.name = path + _PARTIAL_SUFFIX
        self.size = 0
        self._descriptor = -1
        self._finished = False

    def __enter__(self) -> PartialFile:
        try:
            self._descriptor = os.open(self.name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.size = os.fstat(self._descriptor).st_size
        except BlockingIOError:
            os.close(self._descriptor)
            raise OperatorError(f"another run is downloading {self._path}: wait for it") from None
        except OSError as error:
            raise OperatorError(f"{self.name} cannot be written: {error.strerror}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self.size and not self._finished:
            self.remove()
        os.close(self._descriptor)

    def discard(self) -> None:
        """Truncate the file to zero bytes."""
        os.ftruncate(self._descriptor, 0)
        self.size = 0

    def require_space(self, more: int) -> None:
        """Raise DiskFull when there is no space for `more` bytes."""
        disk = os.statvfs(self.name)
        free = disk.f_bavail * disk.f_frsize
        if more > free:
            raise DiskFull(
                f"not enough space in {os.path.dirname(self.name)}: {-(-more // _MIB)} MiB are "
                f"needed and {free // _MIB} MiB are free"
            )

    def append(self, piece: bytes) -> None:
        """Append bytes."""
        view = memoryview(piece)
        try:
            while view:
                written = os.pwrite(self._descriptor, view, self.size)
                self.size += written
                view = view[written:]
        except OSError as error:
            if error.errno in _NO_SPACE:
                raise DiskFull(
                    f"the disk is full: {self._path} is not complete, {self.name} has "
                    f"{self.size // _MIB} MiB of it. Free up space; the next run continues"
                ) from error
            raise OperatorError(f"{self.name} cannot be written: {error.strerror}") from error

    def sha256(self) -> str:
        """Return the SHA-256 checksum of the bytes written so far."""
        return LocalFile(self.name).sha256

    def finish(self, mode: int) -> None:
        """Set the mode and rename the file to its final path, atomically."""
        try:
            os.fchmod(self._descriptor, mode)
            os.fsync(self._descriptor)
            os.replace(self.name, self._path)
        except OSError as error:
            raise OperatorError(f"{self._path} cannot be written: {error.strerror}") from error
        self._finished = True

    def remove(self) -> None:
        """Delete the file."""
        os.unlink(self.name)
        self._finished = True
