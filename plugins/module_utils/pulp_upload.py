# SPDX-License-Identifier: Apache-2.0
"""Send a file to Pulp in chunks, and nothing of it that the server has already."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from .local_file import LocalFile
from .pulp_chunk import Chunk, ChunkBody, chunk_size_of, missing_chunks
from .pulp_errors import LostAnswer, PulpError, ResponseError
from .pulp_pipeline import run_all
from .pulp_report import Report, Result
from .pulp_server import Server
from .pulp_upload_state import UploadState

__all__ = ["Uploader"]

_TRIES = 5
_PAUSE = 1.0
_TOO_LARGE = 413


@dataclass
class _Upload:
    """One upload on the server; `sent` counts bytes of this run, `broken` ends its sending."""

    source: LocalFile
    name: str
    href: str = ""
    sent: int = 0
    broken: bool = False


class Uploader:
    """Sends files; all of one run share it, so that only so many chunks are under way at once.

    `chunk_size` in bytes, None to choose by the size of each file. `pause`: seconds before a
    chunk is sent again, growing.
    """

    def __init__(self, server: Server, chunk_size: int | None, pause: float = _PAUSE) -> None:
        self._server = server
        self._chunk_size = chunk_size
        self._pause = pause
        # Before 3.106 a chunk that arrives twice breaks the upload.
        self._at_once = server.writes_at_once() if server.has("core", "3.106") else 1
        self._slots = threading.BoundedSemaphore(server.writes_at_once())
        self._lock = threading.Lock()

    def send(self, source: LocalFile, name: str, state: UploadState) -> tuple[str, int]:
        """The href of a complete upload of the file, and how many bytes were sent for it.

        What an earlier run sent counts. Raises PulpError; what was sent until then is kept.
        """
        chunk_size = chunk_size_of(source.size, self._chunk_size)
        upload = _Upload(source, name)
        chunks = self._resume(upload, state, chunk_size)
        if chunks is None:
            upload.href = self._begin(source, state)
            chunks = missing_chunks(source.size, [], chunk_size) or []
        held = source.size - sum(chunk.size for chunk in chunks)
        transfers = self._server.transfers
        transfers.begin(name, source.size, held)
        try:
            self._send_all(upload, chunks)
        finally:
            transfers.end(name)
        return upload.href, upload.sent

    def _begin(self, source: LocalFile, state: UploadState) -> str:
        answer = self._server.client.post("uploads/", {"size": source.size})
        href = str(answer["pulp_href"])
        state.remember(href)
        return href

    def _resume(self, upload: _Upload, state: UploadState, chunk_size: int) -> list[Chunk] | None:
        """What is missing of an earlier run's upload; None where there is none to go on with."""
        upload.href = state.upload
        if not upload.href:
            return None
        client, size = self._server.client, upload.source.size
        try:
            there = client.get(upload.href)
        except ResponseError as error:
            if error.status in (403, 404):  # cleaned up meanwhile, or another user's
                return None
            raise
        fits = there.get("size") == size
        chunks = missing_chunks(size, there["chunks"], chunk_size) if fits else None
        if chunks is None:
            client.delete(upload.href)
        return chunks

    def _send_all(self, upload: _Upload, chunks: list[Chunk]) -> None:
        def walk(chunk: Chunk, _result: Result) -> None:
            if not upload.broken:
                try:
                    self._send_chunk(upload, chunk)
                except BaseException:
                    upload.broken = True
                    raise

        pairs = [(Result(f"{chunk.offset}", "chunk"), chunk) for chunk in chunks]
        errors = [one.error for one in run_all(pairs, walk, self._at_once, Report()) if one.error]
        if errors:
            raise PulpError(f"{errors[0]}. What was sent is kept: the next run sends the rest")

    def _send_chunk(self, upload: _Upload, chunk: Chunk) -> None:
        """Send one chunk, again when it was lost or altered on the way."""
        pause = self._pause
        for tries_left in reversed(range(_TRIES)):
            try:
                self._put(upload, chunk)
                break
            except (LostAnswer, ResponseError) as error:
                if tries_left == 0 or not _may_repeat(error):
                    raise _explained(error, chunk) from error
                time.sleep(pause)
                pause *= 2
                if isinstance(error, LostAnswer) and self._has(upload, chunk):
                    break
        with self._lock:
            upload.sent += chunk.size
        self._server.transfers.add(upload.name, chunk.size)

    def _put(self, upload: _Upload, chunk: Chunk) -> None:
        body = ChunkBody(upload.source, chunk)
        with self._slots:
            self._server.client.put(upload.href, body, body.headers)

    def _has(self, upload: _Upload, chunk: Chunk) -> bool:
        """Whether a chunk arrived whose answer was lost."""
        held = self._server.client.get(upload.href)["chunks"]
        return {"offset": chunk.offset, "size": chunk.size} in held


def _may_repeat(error: PulpError) -> bool:
    altered = isinstance(error, ResponseError) and error.status == 400
    return isinstance(error, LostAnswer) or (altered and "checksum" in str(error).lower())


def _explained(error: PulpError, chunk: Chunk) -> PulpError:
    if isinstance(error, ResponseError) and error.status == _TOO_LARGE:
        words = f"what is in front of Pulp refuses a chunk of {chunk.size} bytes: lower chunk_size"
        return ResponseError(error.status, words)
    return error
