# SPDX-License-Identifier: Apache-2.0
"""Create content units from local files: upload in chunks what the server does not have yet, and
resume uploads that were interrupted."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from ..files import LocalFile
from ..pulp.errors import InvalidItem, LostResponse, PulpError, ResponseError, TaskFailed
from ..pulp.pool import for_each
from ..pulp.server import Server
from .chunk import Chunk, ChunkBody, chunk_size_for, missing_chunks

UPLOAD_OPTIONS: dict[str, dict[str, Any]] = {
    "chunk_size": {"type": "bytes"},
    "state_path": {"type": "path", "default": "~/.local/state/release_train/uploads"},
}
_TRIES = 5
_PAUSE = 1.0
_TOO_LARGE = 413
_ID = re.compile(r"[\w-]+/")
_UNIT_FIELDS = "pulp_href,sha256,artifact,relative_path,architecture"


@dataclass(frozen=True)
class LocalContent:
    """The content unit that a local file becomes: the API endpoint of its type, its bytes, and its
    relative path if the type has one."""

    endpoint: str
    source: LocalFile
    relative_path: str = ""


class WrongContent(PulpError):
    """Pulp made a content unit of other bytes than those of the file."""


@dataclass(frozen=True)
class ContentUpload:
    """Creates content units; all of a run share one. `state_path`: a directory for UploadState."""

    server: Server
    uploader: Uploader
    state_path: str

    @classmethod
    def from_params(cls, server: Server, params: Mapping[str, Any]) -> ContentUpload:
        """With the UPLOAD_OPTIONS among a module's parameters."""
        return cls(server, Uploader(server, params["chunk_size"]), params["state_path"])

    def create(self, content: LocalContent, subject: str) -> tuple[dict[str, Any], int]:
        """Return the content unit of a file, and the number of bytes that were sent for it.

        Raises PulpError if Pulp's checksum differs, FileError if the file changed.
        """
        connection, source = self.server.client.connection, content.source
        url = connection.pulp_url + connection.api_path
        with UploadState(self.state_path, url, source.sha256) as state:
            # Another run may have created it while this one waited for the lock.
            unit = find_content_unit(self.server, content)
            sent = 0
            if unit is None:
                artifact = _find_artifact(self.server, source)
                if artifact:
                    unit = self._create_unit(content, {"artifact": artifact}, subject)
                else:
                    unit, sent = self._upload(content, subject, state)
            state.delete()
        return unit, sent

    def _upload(
        self, content: LocalContent, subject: str, state: UploadState
    ) -> tuple[dict[str, Any], int]:
        """Send a file and create its content unit.

        If Pulp cannot use an upload that an earlier run began, for example because it lost a chunk,
        a second one is sent as a whole.
        """
        sent = 0
        while True:
            begun = state.upload
            href, more = self.uploader.send(content.source, subject, state)
            sent += more
            content.source.require_unchanged()
            try:
                return self._create_unit(content, {"upload": href}, subject), sent
            except (TaskFailed, ResponseError, WrongContent) as error:
                if not _is_unusable(error):
                    raise
                state.forget()
                self._delete(href)
                if href != begun:
                    raise
                self.server.report.warn(
                    f"{subject}: Pulp cannot use the upload that an earlier run began ({error}); the "
                    "file is sent again"
                )

    def _delete(self, href: str) -> None:
        """Delete an upload, which Pulp may have done already; if that fails, it is of no matter."""
        try:
            self.server.client.delete(href)
        except PulpError as error:
            self.server.report.warn(f"the upload {href} cannot be deleted: {error}")

    def _create_unit(
        self, content: LocalContent, reference: dict[str, str], subject: str
    ) -> dict[str, Any]:
        body = dict(reference)
        if content.relative_path:
            body["relative_path"] = content.relative_path
        problem: PulpError | None = None
        task: dict[str, Any] = {}
        try:
            task = self._post(content.endpoint, body, subject) or {}
        except (TaskFailed, ResponseError) as error:  # also if the content unit already exists
            problem = error
        unit = find_content_unit(self.server, content)
        if unit:
            return unit
        if problem:
            raise problem
        created = (task.get("created_resources") or [""])[0]
        digest = self.server.client.get(created, {"fields": "sha256"})["sha256"] if created else ""
        raise WrongContent(
            f"the sha256 in Pulp ({digest or 'none'}) differs from that of the file "
            f"({content.source.sha256}): run it again, and check the storage of both hosts if it "
            "differs again"
        )

    def _post(self, endpoint: str, body: dict[str, str], subject: str) -> dict[str, Any] | None:
        """POST, and once more after a lost response: Pulp creates one content unit for both."""
        client = self.server.client
        try:
            return self.server.write(lambda: client.post(endpoint, body), subject)
        except LostResponse:
            return self.server.write(lambda: client.post(endpoint, body), subject)


def find_content_unit(
    server: Server, content: LocalContent, version: str = ""
) -> dict[str, Any] | None:
    """Return the content unit of a file, if there is one with its bytes on the server (one that is
    fetched on demand may not have them), and in this repository version (href) if that is given."""
    query = {"sha256": content.source.sha256, "fields": _UNIT_FIELDS}
    if version:
        query["repository_version"] = version
    if content.relative_path:
        query["relative_path"] = content.relative_path
    units = server.client.list(content.endpoint, query)
    return next((unit for unit in units if unit.get("artifact")), None)


def _find_artifact(server: Server, source: LocalFile) -> str:
    """Return the href of the bytes of a file, if Pulp has them for another content unit; "" if not,
    or if the user has no permission to read artifacts."""
    query = {"sha256": source.sha256, "fields": "pulp_href,size"}
    try:
        found = server.client.list("artifacts/", query)
    except ResponseError as error:
        if error.status == 403:
            return ""
        raise
    return str(found[0]["pulp_href"]) if found else ""


@dataclass
class _Upload:
    """One upload on the server. `sent` counts the bytes of this run; `failed` stops it."""

    source: LocalFile
    name: str
    href: str = ""
    sent: int = 0
    failed: bool = False


class Uploader:
    """Sends files; all of a run share one, which limits the chunks that are sent at once.

    `chunk_size` in bytes, None to choose it by the size of each file. `pause`: seconds before a
    chunk is sent again, doubled each time.
    """

    def __init__(self, server: Server, chunk_size: int | None, pause: float = _PAUSE) -> None:
        self._server = server
        self._chunk_size = chunk_size
        self._pause = pause
        # Before pulpcore 3.106 a chunk that arrives twice breaks the upload.
        is_safe = server.has_version("core", "3.106")
        self._concurrency = server.write_concurrency() if is_safe else 1
        self._slots = threading.BoundedSemaphore(server.write_concurrency())
        self._lock = threading.Lock()

    def send(self, source: LocalFile, name: str, state: UploadState) -> tuple[str, int]:
        """Return the href of a complete upload of a file, and the number of bytes sent for it.

        It resumes the upload of an earlier run. Raises PulpError; the chunks sent until then are
        kept.
        """
        chunk_size = chunk_size_for(source.size, self._chunk_size)
        upload = _Upload(source, name)
        chunks = self._resume(upload, state, chunk_size)
        if chunks is None:
            upload.href = self._start(source, state)
            chunks = missing_chunks(source.size, [], chunk_size) or []
        held = source.size - sum(chunk.size for chunk in chunks)
        transfers = self._server.transfers
        transfers.begin(name, source.size, held)
        try:
            self._send_all(upload, chunks)
        finally:
            transfers.end(name)
        return upload.href, upload.sent

    def _start(self, source: LocalFile, state: UploadState) -> str:
        response = self._server.client.post("uploads/", {"size": source.size})
        href = str(response["pulp_href"])
        state.save(href)
        return href

    def _resume(self, upload: _Upload, state: UploadState, chunk_size: int) -> list[Chunk] | None:
        """Return the missing chunks of an earlier run's upload, None if it cannot be resumed."""
        client, size = self._server.client, upload.source.size
        upload.href = state.upload
        if not is_upload(upload.href, client.connection.api_path):
            return None
        try:
            found = client.get(upload.href)
        except ResponseError as error:
            if error.status in (403, 404):  # deleted by a cleanup, or another user's
                return None
            raise
        is_same = found.get("size") == size
        chunks = missing_chunks(size, found["chunks"], chunk_size) if is_same else None
        if chunks is None:
            client.delete(upload.href)
        return chunks

    def _send_all(self, upload: _Upload, chunks: list[Chunk]) -> None:
        def send(chunk: Chunk) -> None:
            if not upload.failed:
                try:
                    self._send_chunk(upload, chunk)
                except BaseException:
                    upload.failed = True
                    raise

        errors = list(filter(None, for_each(chunks, send, self._concurrency)))
        if errors:
            raise PulpError(f"{errors[0]}. The chunks sent so far are kept, the next run resumes")

    def _send_chunk(self, upload: _Upload, chunk: Chunk) -> None:
        """Send one chunk, again if it was lost or altered in transit."""
        pause = self._pause
        for tries_left in reversed(range(_TRIES)):
            try:
                self._put(upload, chunk)
                break
            except (LostResponse, ResponseError) as error:
                if tries_left == 0 or not _may_be_resent(error):
                    raise _explained(error, chunk) from error
                time.sleep(pause)
                pause *= 2
                if isinstance(error, LostResponse) and self._has_chunk(upload, chunk):
                    break
        with self._lock:
            upload.sent += chunk.size
        self._server.transfers.add(upload.name, chunk.size)

    def _put(self, upload: _Upload, chunk: Chunk) -> None:
        body = ChunkBody(upload.source, chunk)
        with self._slots:
            self._server.client.put(upload.href, body, body.headers)

    def _has_chunk(self, upload: _Upload, chunk: Chunk) -> bool:
        """Whether a chunk arrived whose response was lost."""
        held = self._server.client.get(upload.href)["chunks"]
        return {"offset": chunk.offset, "size": chunk.size} in held


def is_upload(href: str, api_path: str) -> bool:
    """Return whether this is the href of an upload: the file that it was read from may be wrong."""
    prefix = f"{api_path}uploads/"
    return href.startswith(prefix) and bool(_ID.fullmatch(href[len(prefix) :]))


def _is_unusable(error: PulpError) -> bool:
    """Whether Pulp refused an upload; one whose worker was lost, or without permission, is kept."""
    if isinstance(error, TaskFailed):
        return not error.worker_lost
    return not isinstance(error, ResponseError) or error.status in (400, 404)


def _may_be_resent(error: PulpError) -> bool:
    """Whether a chunk was lost or altered in transit."""
    is_refused = isinstance(error, ResponseError) and error.status == 400
    return isinstance(error, LostResponse) or (is_refused and "checksum" in str(error).lower())


def _explained(error: PulpError, chunk: Chunk) -> PulpError:
    if isinstance(error, ResponseError) and error.status == _TOO_LARGE:
        message = (
            f"the proxy in front of Pulp refused a chunk of {chunk.size} bytes: lower chunk_size"
        )
        return ResponseError(error.status, message)
    return error


class UploadState:
    """A small file of mode 0600 that holds the href of an upload; its name is made of the sha256 of
    the bytes and of the server.

    As a context it is locked: a second run that sends the same bytes to the same server waits. Raises
    InvalidItem, naming the directory, if it cannot be written.
    """

    def __init__(self, directory: str, server: str, sha256: str) -> None:
        self._directory = directory
        digest = hashlib.sha256(server.encode()).hexdigest()[:12]
        self.path = os.path.join(directory, f"{sha256}-{digest}.json")
        self._descriptor = -1

    def __enter__(self) -> UploadState:
        try:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        except OSError as error:
            raise self._error(error) from error
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
        """The href of the upload; "" if there is none, or the file is incomplete."""
        try:
            text = os.pread(self._descriptor, 4096, 0).decode()
            return str(json.loads(text)["upload"])
        except (ValueError, LookupError, TypeError):
            return ""

    def save(self, upload: str) -> None:
        """Write the href of the upload to disk."""
        text = json.dumps({"upload": upload}) + "\n"
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text.encode(), 0)
            os.fsync(self._descriptor)
        except OSError as error:
            raise self._error(error) from error

    def forget(self) -> None:
        """Empty the file, which is kept for the next upload."""
        os.ftruncate(self._descriptor, 0)

    def delete(self) -> None:
        """Delete the file: there is no upload to resume."""
        self.forget()
        if os.path.exists(self.path):
            os.unlink(self.path)

    def _error(self, error: OSError) -> InvalidItem:
        return InvalidItem(f"state_path '{self._directory}' cannot be used: {error.strerror}")
