# SPDX-License-Identifier: Apache-2.0
"""Content units of local files: found by their checksum, or made by sending the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .local_file import LocalFile
from .pulp_errors import LostAnswer, PulpError, ResponseError, TaskFailed
from .pulp_server import Server
from .pulp_upload import Uploader
from .pulp_upload_state import UploadState

__all__ = ["UPLOADING", "find_unit", "make_unit"]

UPLOADING: dict[str, dict[str, Any]] = {
    "chunk_size": {"type": "bytes"},
    "state_path": {"type": "path", "default": "~/.local/state/release_train/uploads"},
}

_FIELDS = "pulp_href,sha256,artifact,relative_path,architecture"


def find_unit(
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


def make_unit(
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
    with UploadState(state_path, connection.base + connection.api_path, source.sha256) as state:
        # Another run may have been at it when this one came.
        found = find_unit(server, endpoint, source, path)
        sent = 0
        if found is None:
            artifact = _artifact(server, source)
            if artifact:
                bytes_from = {"artifact": artifact}
            else:
                href, sent = uploader.send(source, subject, state)
                source.refuse_changes()
                bytes_from = {"upload": href}
            found = _make(server, endpoint, source, {**body, **bytes_from}, subject, state)
        state.forget()
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
    found = find_unit(server, endpoint, source, path)
    if found:
        return found
    if problem:
        raise problem
    state.forget()  # another try begins anew: what Pulp made of this one is not what was meant
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
    except LostAnswer:
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
