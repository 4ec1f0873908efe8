# SPDX-License-Identifier: Apache-2.0
"""What one server serves to an account: files of Pulp's content app, and images."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from ..container.registry import Registry
from ..content.fetcher import Fetcher, failure_reason
from ..metadata.cache import PackageCache
from ..metadata.compression import MAX_SIZE
from ..metadata.source import Fetch, MissingFile
from ..pulp.connection import Connection
from ..pulp.content_app import ContentApp
from ..pulp.errors import PulpError, ResponseError
from ..pulp.transport import Response, send_with_retries
from ..release.access_check import Account, identify_account

_BLOCK_SIZE = 256 * 1024
# Larger files are on disk while they are read.
_MAX_IN_MEMORY = 1024 * 1024
_Reader = TypeVar("_Reader", bound="ServerReader")


class ServedFiles:
    """Reads files from the content app, in several threads. `connection` has the account."""

    def __init__(self, connection: Connection, sleep: Callable[[float], None] = time.sleep) -> None:
        self.app = ContentApp(connection, sleep)
        self._fetcher = Fetcher(connection)
        self._sleep = sleep

    @property
    def request_count(self) -> int:
        """The number of requests sent, with those of `app`."""
        return self._fetcher.request_count + self.app.request_count

    def below(self, base_path: str) -> Fetch:
        """Return a function that yields the blocks of a file below a base path.

        It raises MissingFile if the file does not exist, ResponseError if the account may not read
        it, it is too large, or the server fails, and the errors of the transport.
        """

        def fetch(path: str, limit: int = MAX_SIZE) -> Iterator[bytes]:
            return self._blocks(f"{base_path.rstrip('/')}/{path}", limit)

        return fetch

    def _blocks(self, path: str, limit: int) -> Iterator[bytes]:
        with tempfile.SpooledTemporaryFile(max_size=_MAX_IN_MEMORY) as spool:
            response = send_with_retries(
                lambda: self._receive(path, spool, limit), True, self._sleep
            )
            if response.status == 404:
                raise MissingFile(f"{path} does not exist")
            if response.status != 200:
                raise ResponseError(response.status, f"{path}: {failure_reason(response)}")
            while block := spool.read(_BLOCK_SIZE):
                yield block

    def _receive(
        self, path: str, spool: tempfile.SpooledTemporaryFile[bytes], limit: int
    ) -> Response:
        """Send a request, and store the body of a successful response in an empty `spool`."""
        size = 0

        def take(block: bytes) -> None:
            nonlocal size
            size += len(block)
            if size > limit:
                raise ResponseError(200, f"{path} is larger than {limit} bytes")
            with _reporting_full_disks(path):
                spool.write(block)

        with _reporting_full_disks(path):
            spool.seek(0)
            spool.truncate()
        url = self.app.url(path)
        response = self._fetcher.get(url, {}, lambda code, _head: take if code == 200 else None)
        with _reporting_full_disks(path):
            spool.seek(0)  # writes what is in the buffer
        return response


@dataclass(frozen=True)
class ServerReader:
    """Reads packages, files and images from one server; may be used from several threads."""

    files: ServedFiles
    registry: Registry
    account: Account
    cache: PackageCache

    @classmethod
    def open(
        cls: type[_Reader],
        connection: Connection,
        images: Sequence[str],
        cache: PackageCache,
        *more: Any,
    ) -> _Reader:
        """Identify the account; `more` are the other fields of a subclass.

        Raises PulpError if the server cannot be reached.
        """
        files = ServedFiles(connection)
        account = identify_account(files.app, connection)
        return cls(files, Registry(connection, images), account, cache, *more)

    @property
    def request_count(self) -> int:
        """The number of requests sent."""
        return self.files.request_count + self.registry.request_count


@contextmanager
def _reporting_full_disks(path: str) -> Iterator[None]:
    """Raise PulpError for an OSError, which is not one of the connection."""
    try:
        yield
    except OSError as error:
        raise PulpError(
            f"{path} cannot be stored in the directory of temporary files: {error.strerror}. Free up "
            "space there, or set TMPDIR to another directory"
        ) from error
