# SPDX-License-Identifier: Apache-2.0
"""Content of a Pulp: container tags, uploads in chunks, and the files made of them."""

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
    """Have a container repository whose latest version has just these tags: tag -> digest."""
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
    """Tag -> digest, of the latest version of a repository."""
    with pulp.lock:
        repository = pulp.find("repositories/", name=name)
        content = pulp.store.get(repository["latest_version_href"])["_content"]
        units = [pulp.store.get(href) for href in content if "/tags/" in href]
        return {one["name"]: pulp.store.get(one["tagged_manifest"])["digest"] for one in units}


def list_manifests(pulp: FakePulp, digest: str, listed: list[str]) -> None:
    """Have a multi-arch image that lists manifests, all of them digests."""
    with pulp.lock:
        index = pulp.store.get(manifest(pulp.store, digest))
        index["listed_manifests"] = [manifest(pulp.store, one) for one in listed]


def _units(store: Store, version: str, names: list[str]) -> list[str]:
    return [href for href in store.get(version)["_content"] if store.get(href).get("name") in names]


def _copy_tags(pulp: FakePulp, body: dict[str, Any], path: str) -> Any:
    """A tag that the source does not have is passed over, as Pulp does."""
    source = body["source_repository_version"]
    if source not in pulp.store.objects:
        raise ResponseError(400, "source_repository_version: Invalid hyperlink - does not exist.")
    coming = _units(pulp.store, source, body["names"])
    return change_content(pulp, path, coming, [])


def _remove(pulp: FakePulp, body: dict[str, Any], path: str) -> Any:
    return change_content(pulp, path, [], body["content_units"])


def _untag(pulp: FakePulp, body: dict[str, Any], path: str) -> Any:
    latest = pulp.store.get(path)["latest_version_href"]
    going = _units(pulp.store, latest, [body["tag"]])
    return change_content(pulp, path, [], going)


def _begin(pulp: FakePulp, body: dict[str, Any]) -> Any:
    made = pulp.store.add("uploads/", size=body["size"], chunks=[], _parts=[])
    return {"pulp_href": made["pulp_href"], "size": made["size"]}


def _take_chunk(pulp: FakePulp, request: dict[str, Any], path: str) -> Any:
    """A form with the chunk and its checksum. Chunks may come in any order."""
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
    """The bytes that an upload has, put together."""
    return b"".join(chunk for _offset, chunk in sorted(upload["_parts"]))


def _make(pulp: FakePulp, body: dict[str, Any], path: str) -> Any:
    """Make a file, or a package of these bytes; one that is there already is taken."""
    fields = dict(body)

    def work() -> list[str]:
        artifact = _artifact(pulp, fields)
        same = {"sha256": artifact["sha256"]}
        if "relative_path" in fields:
            same["relative_path"] = fields["relative_path"]
        found = pulp.store.find(path, **same)
        if found is None:
            usual = {"relative_path": artifact["sha256"], "architecture": "amd64"}
            found = pulp.store.add(path, artifact=artifact["pulp_href"], **{**usual, **same})
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
    ("POST", r"uploads/", _begin),
    ("PUT", r"(uploads/\w+/)", _take_chunk),
    ("POST", r"(content/(?:file/files|(?:rpm|deb)/packages)/)", _make),
)
