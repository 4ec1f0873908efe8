# SPDX-License-Identifier: Apache-2.0
"""Content of FakePulp: container tags, uploads in chunks, and files and packages of uploads."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from plugins.module_utils.pulp.errors import ResponseError

from .repositories import PATHS, add_repository, add_version, change_content, manifest
from .store import Object, Store

if TYPE_CHECKING:
    from .pulp import FakePulp


def set_tags(pulp: FakePulp, name: str, tags: dict[str, str], path: str = "") -> Object:
    """Set the tags (tag -> digest) of a container repository, which is created if it is missing."""
    with pulp.lock:
        path = path or PATHS["container"]
        found = pulp.store.find("repositories/", name=name)
        if found and f"/{path}/" not in found["pulp_href"]:
            pulp.store.remove(found["pulp_href"])
            found = None
        repository = found or add_repository(pulp.store, "container", name, path=path)
        if tags or found:
            texts = [f"{tag} {digest}" for tag, digest in tags.items()]
            add_version(pulp.store, repository, texts)
        return repository


def tags_of(pulp: FakePulp, name: str) -> dict[str, str]:
    """Return tag -> digest of the latest version of a repository."""
    with pulp.lock:
        repository = pulp.find("repositories/", name=name)
        content = pulp.store.get(repository["latest_version_href"])["_content"]
        units = [pulp.store.get(href) for href in content if "/tags/" in href]
        return {one["name"]: pulp.store.get(one["tagged_manifest"])["digest"] for one in units}


def list_manifests(pulp: FakePulp, digest: str, listed: list[str]) -> None:
    """Let the index with this digest list manifests, by digest."""
    with pulp.lock:
        index = pulp.store.get(manifest(pulp.store, digest))
        index["listed_manifests"] = [manifest(pulp.store, one) for one in listed]


def _units(store: Store, version: str, names: list[str]) -> list[str]:
    return [href for href in store.get(version)["_content"] if store.get(href).get("name") in names]


def _copy_tags(pulp: FakePulp, body: dict[str, Any], path: str) -> Any:
    """Copy tags. Like Pulp, skip tags that the source does not have."""
    source = body["source_repository_version"]
    if source not in pulp.store.objects:
        raise ResponseError(400, "source_repository_version: Invalid hyperlink - does not exist.")
    added = _units(pulp.store, source, body["names"])
    return change_content(pulp, path, added, [])


def _remove(pulp: FakePulp, body: dict[str, Any], path: str) -> Any:
    return change_content(pulp, path, [], body["content_units"])


def _untag(pulp: FakePulp, body: dict[str, Any], path: str) -> Any:
    latest = pulp.store.get(path)["latest_version_href"]
    removed = _units(pulp.store, latest, [body["tag"]])
    return change_content(pulp, path, [], removed)


def _create_upload(pulp: FakePulp, body: dict[str, Any]) -> Any:
    upload = pulp.store.add("uploads/", size=body["size"], chunks=[], _parts=[])
    return {"pulp_href": upload["pulp_href"], "size": upload["size"]}


def _receive_chunk(pulp: FakePulp, request: dict[str, Any], path: str) -> Any:
    """Receive a form with a chunk and its checksum. Chunks may arrive in any order."""
    upload = pulp.store.get(path)
    boundary = request["Content-Type"].partition("boundary=")[2].encode()
    parts = [part.partition(b"\r\n\r\n") for part in request["body"].split(b"--" + boundary)[1:-1]]
    chunk, sha256 = (content[:-2] for _head, _gap, content in parts)
    span = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", request["Content-Range"])
    if span is None or int(span[2]) - int(span[1]) + 1 != len(chunk):
        raise ResponseError(400, "Content-Range: does not match the chunk.")
    if hashlib.sha256(chunk).hexdigest().encode() != sha256:
        raise ResponseError(400, "Checksum does not match chunk upload.")
    upload["chunks"].append({"offset": int(span[1]), "size": len(chunk)})
    upload["_parts"].append((int(span[1]), chunk))
    return {"size": upload["size"]}


def content_of(upload: Object) -> bytes:
    """Return the content of an upload."""
    return b"".join(chunk for _offset, chunk in sorted(upload["_parts"]))


def _create_content(pulp: FakePulp, body: dict[str, Any], path: str) -> Any:
    """Create a file or package of an upload or artifact, or use an existing one."""
    fields = dict(body)

    def work() -> list[str]:
        artifact = _artifact(pulp, fields)
        same = {"sha256": artifact["sha256"]}
        if "relative_path" in fields:
            same["relative_path"] = fields["relative_path"]
        found = pulp.store.find(path, **same)
        if found is None:
            defaults = {"relative_path": artifact["sha256"], "architecture": "amd64"}
            found = pulp.store.add(path, artifact=artifact["pulp_href"], **{**defaults, **same})
        return [found["pulp_href"]]

    return pulp.start("pulpcore.app.tasks.base.general_create", work)


def _artifact(pulp: FakePulp, fields: dict[str, Any]) -> Object:
    store = pulp.store
    if "artifact" in fields:
        return store.get(fields["artifact"])
    content = content_of(store.get(fields["upload"]))
    store.remove(fields["upload"])
    if pulp.corrupts:
        content += b"!"
    sha256 = hashlib.sha256(content).hexdigest()
    found = store.find("artifacts/", sha256=sha256)
    return found or store.add("artifacts/", sha256=sha256, size=len(content))


ROUTES = (
    ("POST", r"(repositories/container/container/\w+/)copy_tags/", _copy_tags),
    ("POST", r"(repositories/container/container/\w+/)remove/", _remove),
    ("POST", r"(repositories/container/container-push/\w+/)untag/", _untag),
    ("POST", r"uploads/", _create_upload),
    ("PUT", r"(uploads/\w+/)", _receive_chunk),
    ("POST", r"(content/(?:file/files|(?:rpm|deb)/packages)/)", _create_content),
)
