# SPDX-License-Identifier: Apache-2.0
"""Send a file to Pulp in chunks, and nothing of it that the server has already."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from ..files import LocalFile
from ..pulp.errors import InvalidItem, LostResponse, PulpError, ResponseError, TaskFailed
from ..pulp.pool import for_each
from ..pulp.server import Server

_MIB = 1024 * 1024
MIN_CHUNK_SIZE = 64 * 1024
# Pulp reads a whole chunk into its memory, so that larger ones do not pay.
_SMALL, _LARGE = 8 * _MIB, 64 * _MIB
_MANY = 64


@dataclass(frozen=True)
class Chunk:
    """A part of a file, in bytes."""

    offset: int
    size: int


def chunk_size_for(size: int, chosen: int | None) -> int:
    """How long the chunks of a file are: what the user says, else by its size 8 to 64 MiB.

    Raises InvalidItem for a choice that would make a request of every few bytes.
    """
    if chosen is None:
        return min(_LARGE, max(_SMALL, -(-size // _MANY // _MIB) * _MIB))
    if chosen < MIN_CHUNK_SIZE:
        raise InvalidItem(f"chunk_size is {chosen} bytes: give at least 64K, such as 32M")
    return chosen


def missing_chunks(
    size: int, held: Iterable[Mapping[str, Any]], chunk_size: int
) -> list[Chunk] | None:
    """What of `size` bytes the server lacks, in order, whatever sizes were sent before.

    `held`: `{"offset": ..., "size": ...}` as Pulp lists them. None where these overlap, so that
    Pulp would put them together wrongly.
    """
    missing: list[Chunk] = []
    reached = 0
    there = [(int(one["offset"]), int(one["size"])) for one in held]
    for offset, length in [*sorted(there), (size, 0)]:
        if offset < reached or offset + length > size:
            return None
        while reached < offset:
            chunk = Chunk(reached, min(chunk_size, offset - reached))
            missing.append(chunk)
            reached += chunk.size
        reached = offset + length
    return missing


class ChunkBody:
    """The body of the request that sends one chunk, as multipart/form-data (RFC 7578).

    It can be iterated over again, so that the request may be repeated, and is never in memory as a
    whole. The chunk's checksum follows its bytes, and is computed while these are sent.
    """

    def __init__(self, source: LocalFile, chunk: Chunk) -> None:
        self._source = source
        self._chunk = chunk
        boundary = secrets.token_hex(16)
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="chunk"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        self._middle = (
            f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="sha256"\r\n\r\n'
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        last = chunk.offset + chunk.size - 1
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Range": f"bytes {chunk.offset}-{last}/{source.size}",
        }

    def __len__(self) -> int:
        digits = hashlib.sha256().digest_size * 2
        return len(self._head) + self._chunk.size + len(self._middle) + digits + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        digest = hashlib.sha256()
        yield self._head
        for piece in self._source.blocks(self._chunk.offset, self._chunk.size):
            digest.update(piece)
            yield piece
        yield self._middle + digest.hexdigest().encode() + self._tail


class UploadState:
    """A small file of mode 0600, named by the sha256 of what is uploaded and by the server.

    As a context it is locked: of two runs that send the same bytes to the same server the second
    waits. Raises InvalidItem, naming the folder, where it cannot be written.
    """

    def __init__(self, directory: str, server: str, sha256: str) -> None:
        self._folder = directory
        digest = hashlib.sha256(server.encode()).hexdigest()[:12]
        self.path = os.path.join(directory, f"{sha256}-{digest}.json")
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
            self.delete()
        os.close(self._descriptor)

    @property
    def upload(self) -> str:
        """The href of the upload; empty where there is none, or the file was not written whole."""
        try:
            text = os.pread(self._descriptor, 4096, 0).decode()
            return str(json.loads(text)["upload"])
        except (ValueError, LookupError, TypeError):
            return ""

    def save(self, upload: str) -> None:
        """Keep the href of the upload, whatever happens to this run."""
        text = json.dumps({"upload": upload}) + "\n"
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text.encode(), 0)
            os.fsync(self._descriptor)
        except OSError as error:
            raise self._refusal(error) from error

    def delete(self) -> None:
        """There is nothing left to go on with."""
        os.ftruncate(self._descriptor, 0)
        if os.path.exists(self.path):
            os.unlink(self.path)

    def _refusal(self, error: OSError) -> InvalidItem:
        return InvalidItem(f"state_path '{self._folder}' cannot be used: {error.strerror}")


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
        self._at_once = server.write_concurrency() if server.has_version("core", "3.106") else 1
        self._slots = threading.BoundedSemaphore(server.write_concurrency())
        self._lock = threading.Lock()

    def send(self, source: LocalFile, name: str, state: UploadState) -> tuple[str, int]:
        """The href of a complete upload of the file, and how many bytes were sent for it.

        What an earlier run sent counts. Raises PulpError; what was sent until then is kept.
        """
        chunk_size = chunk_size_for(source.size, self._chunk_size)
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
        response = self._server.client.post("uploads/", {"size": source.size})
        href = str(response["pulp_href"])
        state.save(href)
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
        def send(chunk: Chunk) -> None:
            if not upload.broken:
                try:
                    self._send_chunk(upload, chunk)
                except BaseException:
                    upload.broken = True
                    raise

        errors = list(filter(None, for_each(chunks, send, self._at_once)))
        if errors:
            raise PulpError(f"{errors[0]}. What was sent is kept: the next run sends the rest")

    def _send_chunk(self, upload: _Upload, chunk: Chunk) -> None:
        """Send one chunk, again when it was lost or altered on the way."""
        pause = self._pause
        for tries_left in reversed(range(_TRIES)):
            try:
                self._put(upload, chunk)
                break
            except (LostResponse, ResponseError) as error:
                if tries_left == 0 or not _may_repeat(error):
                    raise _explained(error, chunk) from error
                time.sleep(pause)
                pause *= 2
                if isinstance(error, LostResponse) and self._has(upload, chunk):
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
    return isinstance(error, LostResponse) or (altered and "checksum" in str(error).lower())


def _explained(error: PulpError, chunk: Chunk) -> PulpError:
    if isinstance(error, ResponseError) and error.status == _TOO_LARGE:
        words = f"what is in front of Pulp refuses a chunk of {chunk.size} bytes: lower chunk_size"
        return ResponseError(error.status, words)
    return error


UPLOAD_OPTIONS: dict[str, dict[str, Any]] = {
    "chunk_size": {"type": "bytes"},
    "state_path": {"type": "path", "default": "~/.local/state/release_train/uploads"},
}

_FIELDS = "pulp_href,sha256,artifact,relative_path,architecture"


def find_content_unit(
    server: Server, endpoint: str, source: LocalFile, relative_path: str = "", version: str = ""
) -> dict[str, Any] | None:
    """The content unit with these bytes, at this path where the type has one, and in this
    repository version (href) where that is given; with its bytes on the server, which one that is
    fetched on demand need not have."""
    asked = {"sha256": source.sha256, "fields": _FIELDS}
    if version:
        asked["repository_version"] = version
    if relative_path:
        asked["relative_path"] = relative_path
    found = server.client.list(endpoint, asked)
    return next((one for one in found if one.get("artifact")), None)


def create_content_unit(
    server: Server,
    endpoint: str,
    source: LocalFile,
    body: Mapping[str, Any],
    uploader: Uploader,
    state_path: str,
    subject: str,
) -> tuple[dict[str, Any], int]:
    """The content unit of a file, and how many bytes were sent for it.

    `body` is what is posted besides the bytes; its `relative_path` tells units apart. Raises
    PulpError when Pulp's checksum is not ours, FileError when the file changed.
    """
    connection = server.client.connection
    path = str(body.get("relative_path") or "")
    with UploadState(state_path, connection.pulp_url + connection.api_path, source.sha256) as state:
        # Another run may have been at it when this one came.
        found = find_content_unit(server, endpoint, source, path)
        sent = 0
        if found is None:
            artifact = _artifact(server, source)
            if artifact:
                bytes_from = {"artifact": artifact}
            else:
                href, sent = uploader.send(source, subject, state)
                source.require_unchanged()
                bytes_from = {"upload": href}
            found = _make(server, endpoint, source, {**body, **bytes_from}, subject, state)
        state.delete()
    return found, sent


def _make(
    server: Server,
    endpoint: str,
    source: LocalFile,
    body: Mapping[str, Any],
    subject: str,
    state: UploadState,
) -> dict[str, Any]:
    path = str(body.get("relative_path") or "")
    problem: PulpError | None = None
    task: dict[str, Any] = {}
    try:
        task = _post(server, endpoint, body, subject) or {}
    except (TaskFailed, ResponseError) as error:  # also when there is such a unit already
        problem = error
    found = find_content_unit(server, endpoint, source, path)
    if found:
        return found
    if problem:
        raise problem
    state.delete()  # another try begins anew: what Pulp made of this one is not what was meant
    made = (task.get("created_resources") or [""])[0]
    theirs = server.client.get(made, {"fields": "sha256"}).get("sha256") if made else "nothing"
    raise PulpError(
        f"Pulp has {theirs} as its sha256, and the file {source.sha256}: run it again, and look at "
        "the storage of both if that happens again"
    )


def _post(
    server: Server, endpoint: str, body: Mapping[str, Any], subject: str
) -> dict[str, Any] | None:
    """Post once more after a lost answer: Pulp makes one unit of both."""
    try:
        return server.write(lambda: server.client.post(endpoint, dict(body)), subject)
    except LostResponse:
        return server.write(lambda: server.client.post(endpoint, dict(body)), subject)


def _artifact(server: Server, source: LocalFile) -> str:
    """The href of the bytes, where Pulp has them under another name; empty where it has not, or
    the user may not know."""
    try:
        found = server.client.list(
            "artifacts/", {"sha256": source.sha256, "fields": "pulp_href,size"}
        )
    except ResponseError as error:
        if error.status == 403:
            return ""
        raise
    return str(found[0]["pulp_href"]) if found else ""
