# SPDX-License-Identifier: Apache-2.0
"""Versions of disk images. One is a snapshot of a file repository: its distribution
`<repository>_<version>` serves it at `<base path>/<version>`, and it is pinned by its version."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..content.files import WantedFile, files_in_version, read_files, update_files
from ..content.upload import ContentUpload
from ..errors import OperatorError
from ..inventory.pins import Pin
from ..inventory.repositories import PackageRepository
from ..objects.distribution import DistributionSpec, Guards, read_guards, reconcile_distribution
from ..objects.publication import PublicationSpec, publish
from ..objects.repository import RepositorySpec, read_repositories, reconcile_repository
from ..pulp.content_app import content_url
from ..pulp.errors import Conflict
from ..pulp.pool import refuse_duplicates, run_all
from ..pulp.reader import read_by_key
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, RepositoryState
from ..report.report import Result
from .mirror import MirrorSettings, mirror_pins
from .newest import served_versions
from .promote import promote_pins, promotion_line

LATEST = "latest"
_CONTENT_TYPE = "file"
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

DISK_IMAGE_OPTIONS: dict[str, dict[str, Any]] = {
    "repository": {"type": "str", "required": True},
    "base_path": {"type": "str"},
    "version": {"type": "str", "required": True},
}


class DiskImageError(OperatorError):
    """An image that cannot be what it is given as."""


def disk_image_options(more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The option `images` of a module, with `more` options of its items."""
    options = {**DISK_IMAGE_OPTIONS, **(more or {})}
    return {"images": {"type": "list", "elements": "dict", "required": True, "options": options}}


def disk_image_pin(image: Mapping[str, Any]) -> Pin:
    """The snapshot that an item means. Raises DiskImageError for what would be served elsewhere."""
    repository, version = str(image["repository"]).strip("/ "), str(image["version"]).strip()
    base_path = str(image.get("base_path") or _path_of(repository)).strip("/ ")
    if not base_path:
        raise DiskImageError("an image needs a repository, and its name is empty")
    if not _VERSION.fullmatch(version) or version == LATEST:
        raise DiskImageError(
            f"version '{version}' of {repository} is none: give one such as 2025.1-20261122T200001"
        )
    place = PackageRepository(
        _CONTENT_TYPE, repository, repository, f"{repository}_", f"{base_path}/"
    )
    return Pin(place, version)


def _path_of(repository: str) -> str:
    """`kayobe-images/2025.1/rocky/9` of `kayobe-images-2025.1-rocky-9`; `9-stream` is one word."""
    kind, images, about = repository.partition("-images-")
    words = about.replace("-", "/").replace("/stream", "-stream")
    return f"{kind}-images/{words}" if images else repository


def disk_image_pins(images: Sequence[Mapping[str, Any]]) -> list[Pin]:
    """The snapshots that items mean, each once. Raises DiskImageError, for none at all, too."""
    pins = list(dict.fromkeys(disk_image_pin(image) for image in images))
    if not pins:
        raise DiskImageError("there is not a single image: give image_version, or image_versions")
    return pins


def promote_disk_images(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module image_promote: parameters -> results, and what else it returns."""
    pins = disk_image_pins(params["images"])
    results = promote_pins(server, pins, params["content_guard"])
    lines = [promotion_line(result) for result in results if result.changed]
    return results, {"lines": lines}


_MAX_LISTED = 20


def disk_image_files(image: Mapping[str, Any]) -> list[dict[str, str]]:
    """The files (`path`, `relative_path`) of an item's `path`, `patterns`, `several`, `file_name`.

    Each pattern finds one file, or with `several` at least one. Raises DiskImageError, listing what is
    there, or what was found.
    """
    path = str(image["path"])
    if os.path.isdir(path):
        found = _found(path, image["patterns"] or ["*"], bool(image["several"]))
    elif os.path.exists(path):
        found = [path]
    else:
        raise DiskImageError(f"there is no {path}: give image_path, the file or the folder of it")
    name = image.get("file_name")
    if name and len(found) > 1:
        listed = ", ".join(map(os.path.basename, found))
        raise DiskImageError(f"several files cannot all be called {name}: {listed}")
    return [{"path": one, "relative_path": name or os.path.basename(one)} for one in found]


def _found(directory: str, patterns: Sequence[str], several: bool) -> list[str]:
    there = sorted(one.name for one in os.scandir(directory) if one.is_file())
    # A checksum file is made anew, beside the file that it is of.
    there = [name for name in there if not name.endswith(".sha256")]
    found: list[str] = []
    for pattern in patterns:
        fits = [name for name in there if fnmatch.fnmatchcase(name, pattern)]
        if not fits:
            held = f"it has {_listed(there)}" if there else "it has no file at all"
            raise DiskImageError(f"no file of {directory} matches '{pattern}': {held}")
        if len(fits) > 1 and not several:
            raise DiskImageError(
                f"{len(fits)} files of {directory} match '{pattern}', and one is wanted: "
                f"{_listed(fits)}. Give the path of one of them, or a pattern that finds one"
            )
        found += fits
    return [os.path.join(directory, name) for name in dict.fromkeys(found)]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return ", ".join(names[:_MAX_LISTED]) + more


def mirror_disk_images(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module image_mirror: parameters -> results, in the order of the list."""
    defaults = {"file": {"policy": params["policy"]}}
    settings = MirrorSettings.from_params(params, defaults)
    return mirror_pins(server, disk_image_pins(params["images"]), settings), {}


_FILE = CONTENT_TYPES["file"]


@dataclass
class _Image:
    """One item, and what the server has of it: its repository, the distributions of its version
    and of the latest one, and the repository version (href) that the first of these serves."""

    item: Mapping[str, Any]
    pin: Pin
    state: RepositoryState
    there: dict[str, Any] | None
    latest: dict[str, Any] | None
    served: str = ""


def upload_disk_images(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module image_upload: parameters -> results, in the order of the list."""
    work = [(_result(pin), _read(item, pin)) for item, pin in _pairs(params["images"])]
    images = [image for _result_of, image in work]
    _look(server, images)
    guard = params["content_guard"]
    in_use = {(one.latest or {}).get("content_guard") or "" for one in images}
    guards = read_guards(server, [guard] if guard else [], in_use)
    guards.href(guard)
    refuse_duplicates(work, [image.pin.repository.name for image in images], "repository")
    upload = ContentUpload.from_params(server, params)

    def walk(image: _Image, result: Result) -> None:
        _walk(upload, image, guard, guards, result)

    return run_all(work, walk, server.task_concurrency(), server.report), {}


def _pairs(items: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], Pin]]:
    return [(item, disk_image_pin(item)) for item in items]


def _read(item: Mapping[str, Any], pin: Pin) -> _Image:
    return _Image(item, pin, RepositoryState(), None, None)


def _result(pin: Pin) -> Result:
    more = {
        "short_name": pin.short_name,
        "stamp": pin.stamp,
        "snapshot": pin.snapshot_name,
        "base_path": pin.snapshot_path,
    }
    return Result(pin.repository.name, _FILE.name, more=more)


def _look(server: Server, images: Sequence[_Image]) -> None:
    """Read what there is, for all images together."""
    states = read_repositories(server, _FILE, [one.pin.repository.name for one in images])
    names = [(one.pin.snapshot_name, one.pin.repository.snapshot_name(LATEST)) for one in images]
    found = read_by_key(
        server.client, _FILE.distribution, [name for pair in names for name in pair]
    )
    for one, (own, latest) in zip(images, names):
        one.state = states[one.pin.repository.name]
        one.there, one.latest = found.get(own), found.get(latest)
    served = [(one.there or {}).get("publication") or "" for one in images]
    versions = served_versions(server, _FILE, served)
    for one, href in zip(images, served):
        one.served = versions.get(href, "")


def _walk(upload: ContentUpload, image: _Image, guard: str, guards: Guards, result: Result) -> None:
    files = disk_image_files(image.item)
    item = {"files": files, "checksums": image.item["checksums"], "state": "present"}
    wanted = read_files(item)
    result.more["url"] = f"{content_url(upload.server.client.connection, image.pin.snapshot_path)}/"
    if image.served:
        _refuse_others(upload, image, wanted)
        result.more["files"] = []
        # A run that was killed may not have come to the latest one; another version may have.
        if image.item["latest"] and image.latest is None:
            publication = (image.there or {})["publication"]
            _serve_latest(upload, image, publication, guard, guards, result)
        return
    publication = _publish(upload, image, wanted, result)
    # The version comes last: while it is not there, the next run does all of it.
    if image.item["latest"]:
        _serve_latest(upload, image, publication, guard, guards, result)
    place = {
        "base_path": image.pin.snapshot_path,
        "content_guard": guards.href(guard),
        "publication": publication,
    }
    name, is_new = image.pin.snapshot_name, image.there is None
    try:
        spec = DistributionSpec(_FILE, name, place, image.there, may_change=not is_new)
        reconcile_distribution(upload.server, spec, guards, result)
    except Conflict:
        # Another run was quicker: clients may have read its version, so that one counts.
        _look(upload.server, [image])
        if image.item["latest"]:
            _serve_latest(
                upload, image, (image.there or {}).get("publication"), guard, guards, result
            )
        _refuse_others(upload, image, wanted)


def _publish(
    upload: ContentUpload, image: _Image, wanted: Sequence[WantedFile], result: Result
) -> str | None:
    """The publication (href) of a version with just these files; None in check mode if new."""
    name = image.pin.repository.name
    repository = RepositorySpec(_FILE, {"name": name})
    reconcile_repository(upload.server, repository, image.state, result)
    version = update_files(upload, image.state.repository, wanted, True, result)
    if upload.server.check_mode and result.changed:
        return None
    href, _duplicates = publish(upload.server, PublicationSpec(_FILE, version), result)
    return href


def _refuse_others(upload: ContentUpload, image: _Image, wanted: Sequence[WantedFile]) -> None:
    """Raise Refused when the version is there with other bits."""
    held = {
        path: one["sha256"] for path, one in files_in_version(upload.server, image.served).items()
    }
    ours = {one.relative_path: one.open().sha256 for one in wanted}
    if held != ours:
        other = sorted(path for path in {*held, *ours} if held.get(path) != ours.get(path))
        raise Conflict(
            f"version {image.pin.stamp} is there already, and differs in {', '.join(other)}: what "
            "is served never changes, give another image_version"
        )


def _serve_latest(
    upload: ContentUpload,
    image: _Image,
    publication: str | None,
    guard: str,
    guards: Guards,
    result: Result,
) -> None:
    """Let the latest version be this one; clients do not see it before it is released."""
    repository = image.pin.repository
    place = {
        "base_path": repository.snapshot_path(LATEST),
        "content_guard": guards.href(guard),
        "publication": publication,
    }
    changes = Result(result.name, result.type)
    name = repository.snapshot_name(LATEST)
    spec = DistributionSpec(_FILE, name, place, image.latest)
    reconcile_distribution(upload.server, spec, guards, changes)
    if changes.changed:
        # Its publication says nothing to people, and in check mode there is none yet.
        before, after = (
            {key: value for key, value in side.items() if key != "publication"}
            for side in (changes.before, changes.after)
        )
        after["version"] = image.pin.stamp
        result.add_change(changes.action, {LATEST: before}, {LATEST: after})
