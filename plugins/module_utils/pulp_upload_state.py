# SPDX-License-Identifier: Apache-2.0
"""Which upload on the server holds what was sent of a file, for a run that follows a killed one."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from types import TracebackType

from .pulp_errors import InvalidItem

__all__ = ["UploadState"]


class UploadState:
    """A small file of mode 0600, named by the sha256 of what is uploaded and by the server.

    As a context it is locked: of two runs that send the same bytes to the same server the second
    waits. Raises InvalidItem, naming the folder, where it cannot be written.
    """

    def __init__(self, folder: str, server: str, sha256: str) -> None:
        self._folder = folder
        digest = hashlib.sha256(server.encode()).hexdigest()[:12]
        self.path = os.path.join(folder, f"{sha256}-{digest}.json")
        self._descriptor = -1

    def __enter__(self) -> UploadState:
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        except OSError as error:
            raise self._refusal(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self.upload:
            self.forget()
        os.close(self._descriptor)

    @property
    def upload(self) -> str:
        """The href of the upload; empty where there is none, or the file was not written whole."""
        try:
            text = os.pread(self._descriptor, 4096, 0).decode()
            return str(json.loads(text)["upload"])
        except (ValueError, LookupError, TypeError):
            return ""

    def remember(self, upload: str) -> None:
        """Keep the href of the upload, whatever happens to this run."""
        text = json.dumps({"upload": upload}) + "\n"
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text.encode(), 0)
            os.fsync(self._descriptor)
        except OSError as error:
            raise self._refusal(error) from error

    def forget(self) -> None:
        """There is nothing left to go on with."""
        os.ftruncate(self._descriptor, 0)
        if os.path.exists(self.path):
            os.unlink(self.path)

    def _refusal(self, error: OSError) -> InvalidItem:
        return InvalidItem(f"state_path '{self._folder}' cannot be used: {error.strerror}")
