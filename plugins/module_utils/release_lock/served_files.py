# SPDX-License-Identifier: Apache-2.0
"""Files below a base path of Pulp's content app, read as one account."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator

from ..content.fetcher import Fetcher, failure_reason
from ..metadata.source import Fetch, MissingFile
from ..pulp.connection import Connection
from ..pulp.content_app import content_url
from ..pulp.errors import ResponseError
from ..pulp.transport import Response, send_with_retries

_BLOCK_SIZE = 256 * 1024
# Larger files are on disk while they are read.
_MAX_IN_MEMORY = 1024 * 1024
# The largest metadata of public repositories have some hundred MiB.
_MAX_FILE_SIZE = 2 * 1024**3


class ServedFiles:
    """Reads files from the content app, in several threads. `connection` has the account."""

    def __init__(self, connection: Connection, sleep: Callable[[float], None] = time.sleep) -> None:
        self._connection = connection
        self._fetcher = Fetcher(connection)
        self._sleep = sleep

    @property
    def request_count(self) -> int:
        """The number of requests sent."""
        return self._fetcher.request_count

    def below(self, base_path: str) -> Fetch:
        """Return a function that yields the blocks of a file below a base path.

        It raises MissingFile if the file does not exist, ResponseError if the account may not read
        it or the server fails, and the errors of the transport.
        """
        return lambda path: self._blocks(f"{base_path.rstrip('/')}/{path}")

    def _blocks(self, path: str) -> Iterator[bytes]:
        with tempfile.SpooledTemporaryFile(max_size=_MAX_IN_MEMORY) as spool:
            response = send_with_retries(lambda: self._receive(path, spool), True, self._sleep)
            if response.status == 404:
                raise MissingFile(f"{path} does not exist")
            if response.status != 200:
                raise ResponseError(response.status, f"{path}: {failure_reason(response)}")
            spool.seek(0)
            while block := spool.read(_BLOCK_SIZE):
                yield block

    def _receive(self, path: str, spool: tempfile.SpooledTemporaryFile[bytes]) -> Response:
        spool.seek(0)
        spool.truncate()

        size = 0

        def take(block: bytes) -> None:
            nonlocal size
            size += spool.write(block)
            if size > _MAX_FILE_SIZE:
                raise ResponseError(200, f"{path} is larger than {_MAX_FILE_SIZE} bytes")

        url = content_url(self._connection, path)
        return self._fetcher.get(url, {}, lambda status, _headers: take if status == 200 else None)
