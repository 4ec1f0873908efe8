# SPDX-License-Identifier: Apache-2.0
"""A private file of JSON lines, each there as soon as it is known."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import weakref
from typing import Any

from ..errors import OperatorError


class ReportFileError(OperatorError):
    """A report cannot be written where the user wants it."""


class ReportFile:
    """Lines of JSON in a file of mode 0600: names of items may be confidential.

    `append` keeps what is there already; else the first line replaces it, so that a report may be
    read and written in one run. As long as this object lives no other may be made for the file:
    each would replace lines of the other. Raises ReportFileError, naming `option`, when it cannot be
    written.
    """

    def __init__(self, path: str, append: bool = False, option: str = "report_path") -> None:
        self._path: str | None = path
        self._option = option
        self._how = "a" if append else "w"
        try:
            self._claim(_make_private(path))
            if append:
                _end_last_line(path)
        except BlockingIOError as error:
            words = f"{option} '{path}': another run is writing it; name another file, or wait"
            raise ReportFileError(words) from error
        except OSError as error:
            words = f"{option} '{path}' cannot be written: {error.strerror}"
            raise ReportFileError(words) from error

    def _claim(self, descriptor: int) -> None:
        """Keep others out until this object is gone, or its process, where the file system can."""
        weakref.finalize(self, os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise
        except OSError:
            pass

    def write(self, line: dict[str, Any]) -> str:
        """Add a line; returns what to warn of. A full disk must not end what goes well."""
        if not self._path:
            return ""
        try:
            with open(self._path, self._how, encoding="utf-8", errors="backslashreplace") as stream:
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            warning = f"{self._option} '{self._path}' is incomplete: {error.strerror}"
            self._path = None
            return warning
        self._how = "a"
        return ""


def _end_last_line(path: str) -> None:
    """A task that was killed may have left half a line: what comes next is not to be part of it."""
    if not os.path.isfile(path) or not os.path.getsize(path):
        return
    with open(path, "r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        if stream.read() != b"\n":
            stream.write(b"\n")


def _make_private(path: str) -> int:
    """Make a file that only its owner may read; devices and pipes stay as they are. Returns a
    descriptor of it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, 0o600)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
