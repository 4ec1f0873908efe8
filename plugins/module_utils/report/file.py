# SPDX-License-Identifier: Apache-2.0
"""Report files: JSON lines in a private file, each written as soon as its item ends."""

from __future__ import annotations

import fcntl
import os
import re
import stat
import weakref
from typing import Any

from ..errors import OperatorError
from ..text import json_line

_OWN_OUTPUT = re.compile(r"/(dev/(stdout|stderr|fd/[12])|proc/self/fd/[12])$")


class ReportFileError(OperatorError):
    """A report file that cannot be written."""


class ReportFile:
    """JSON lines in a file of mode 0600, because names of items may be confidential.

    With `append` existing lines are kept; without it the first line replaces them, so that one run
    can read and write the same report. The file is locked as long as this object exists. Raises
    ReportFileError, naming `option`, when it cannot be written.
    """

    def __init__(self, path: str, append: bool = False, option: str = "report_path") -> None:
        self._path: str | None = path
        self._option = option
        self._mode = "a" if append else "w"
        if _OWN_OUTPUT.match(os.path.abspath(path)):
            raise ReportFileError(
                f"{option} '{path}' is the output of the module, which Ansible reads: set a file"
            )
        try:
            self._lock(_make_private(path))
            if append:
                _end_last_line(path)
        except BlockingIOError as error:
            message = f"{option} '{path}': another run is writing it; set another path, or wait"
            raise ReportFileError(message) from error
        except OSError as error:
            message = f"{option} '{path}' cannot be written: {error.strerror}"
            raise ReportFileError(message) from error

    def _lock(self, descriptor: int) -> None:
        """Lock the file until this object is deleted, if the file system supports locks."""
        weakref.finalize(self, os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise
        except OSError:
            pass

    def write(self, line: dict[str, Any]) -> str:
        """Append a line. Returns a warning instead of raising: a full disk must not fail the run."""
        if not self._path:
            return ""
        try:
            with open(
                self._path, self._mode, encoding="utf-8", errors="backslashreplace"
            ) as stream:
                stream.write(json_line(line) + "\n")
        except OSError as error:
            warning = f"{self._option} '{self._path}' is incomplete: {error.strerror}"
            self._path = None
            return warning
        self._mode = "a"
        return ""


def _end_last_line(path: str) -> None:
    """Add a line feed if the last line, written by a killed task, does not end with one."""
    if not os.path.isfile(path) or not os.path.getsize(path):
        return
    with open(path, "r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        if stream.read() != b"\n":
            stream.write(b"\n")


def _make_private(path: str) -> int:
    """Create a file of mode 0600 and return its descriptor; devices and pipes are unchanged."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, 0o600)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
