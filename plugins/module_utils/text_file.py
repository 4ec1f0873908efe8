# SPDX-License-Identifier: Apache-2.0
"""A text file that is replaced as a whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile

from .errors import OperatorError

__all__ = ["TextFileError", "read", "replace"]


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
    folder, name = os.path.split(target)
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(after)
                file.flush()
                _look_like(target, temporary)
                os.fsync(file.fileno())
            if read(target) != before:
                raise TextFileError(f"{path}: was changed by somebody else, try again")
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
        _keep(folder)
    except OSError as error:
        raise TextFileError(f"{path}: cannot be written: {error}") from error


def _look_like(model: str, path: str) -> None:
    """Give a new file the owner, mode and attributes of another, as far as this user may."""
    status = os.stat(model)
    with contextlib.suppress(PermissionError):
        os.chown(path, status.st_uid, status.st_gid)
    shutil.copystat(model, path)
    os.utime(path)


def _keep(folder: str) -> None:
    """Have the renaming survive a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
