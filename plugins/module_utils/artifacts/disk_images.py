# SPDX-License-Identifier: Apache-2.0
"""Upload, promote and mirror versions of disk images.

A version is a snapshot of a file repository: its distribution `<repository>_<version>` serves it at
`<base path>/<version>`, and its pin is the version. `<repository>_latest` serves the latest one.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..content.files import WantedFile, files_in_version, read_files, update_files
from ..content.upload import ContentUpload
from ..errors import OperatorError
from ..files import CHECKSUM_SUFFIX
from ..inventory.pins import Pin
from ..inventory.repositories import PackageRepository
from ..inventory.values import path_problem
from ..objects.distribution import DistributionSpec, Guards, read_guards, reconcile_distribution
from ..objects.publication import PublicationSpec, publish
from ..objects.repository import RepositorySpec, read_repositories, reconcile_repository
from ..pulp.errors import Conflict
from ..pulp.pool import refuse_invalid_names, run_all
from ..pulp.reader import read_by_key
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, RepositoryState
from ..release.mirror import MirrorSettings, mirror_pins
from ..release.newest import served_versions
from ..release.promote import GuardChange, change_guards, promotion_line
from ..report.report import Result

LATEST = "latest"
DISK_IMAGE_OPTIONS: dict[str, dict[str, Any]] = {
    "repository": {"type": "str", "required": True},
    "base_path": {"type": "str"},
    "version": {"type": "str", "required": True},
}
_FILE = CONTENT_TYPES["file"]
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_MAX_LISTED = 20


class DiskImageError(OperatorError):
    """An invalid item of a disk image, or no file for it."""


@dataclass
class _DiskImage:
    """One item, and what the server has of it: its repository, the distributions of its version and
    of the latest one, and the repository version (href) that the first of these serves, if any."""

    item: Mapping[str, Any]
    pin: Pin
    state: RepositoryState = field(default_factory=RepositoryState)
    distribution: dict[str, Any] | None = None
    latest: dict[str, Any] | None = None
    served: str = ""

    @property
    def publication(self) -> str | None:
        """The publication (href) that the distribution of the version serves."""
        return (self.distribution or {}).get("publication")

    def result(self) -> Result:
        """Return the result of the item, before anything is done."""
        more = {
            "short_name": self.pin.short_name,
            "stamp": self.pin.stamp,
            "snapshot": self.pin.snapshot_name,
            "base_path": self.pin.snapshot_path,
        }
        return Result(self.pin.repository.name, _FILE.name, more=more)


def disk_image_options(more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the option `images` of a module, with `more` options of its items."""
    options = {**DISK_IMAGE_OPTIONS, **(more or {})}
    return {"images": {"type": "list", "elements": "dict", "required": True, "options": options}}


def promote_disk_images(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """Carry out module image_promote: parameters -> results, and what else the module returns."""
    pins = disk_image_pins(params["images"])
    results = change_guards(server, pins, GuardChange(params["content_guard"]))
    lines = [promotion_line(result) for result in results if result.changed]
    return results, {"lines": lines}


def mirror_disk_images(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """Carry out module image_mirror: parameters -> results, in the order of the list."""
    defaults = {"file": {"policy": params["policy"]}}
    settings = MirrorSettings.from_params(params, defaults)
    return mirror_pins(server, disk_image_pins(params["images"]), settings), {}


def upload_disk_images(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """Carry out module image_upload: parameters -> results, in the order of the list."""
    images = [_DiskImage(item, disk_image_pin(item)) for item in params["images"]]
    work = [(image.result(), image) for image in images]
    _read_state(server, images)
    guard = params["content_guard"]
    in_use = {(image.latest or {}).get("content_guard") or "" for image in images}
    guards = read_guards(server, [guard] if guard else [], in_use)
    guards.href(guard)
    refuse_invalid_names(work, [image.pin.repository.name for image in images], "repository")
    upload = _DiskImageUpload(ContentUpload.from_params(server, params), guard, guards)
    return run_all(work, upload.run, server.task_concurrency(), server.report), {}


def disk_image_pins(images: Sequence[Mapping[str, Any]]) -> list[Pin]:
    """Return the snapshots of items, each once. Raises DiskImageError, also if there is none."""
    pins = list(dict.fromkeys(disk_image_pin(image) for image in images))
    if not pins:
        raise DiskImageError("no disk image is selected: set image_version or image_versions")
    return pins


def disk_image_pin(image: Mapping[str, Any]) -> Pin:
    """Return the snapshot of an item. Raises DiskImageError for an invalid repository or version."""
    repository, version = str(image["repository"]).strip("/ "), str(image["version"]).strip()
    base_path = str(image.get("base_path") or _default_base_path(repository)).strip("/ ")
    if not base_path:
        raise DiskImageError("the repository of a disk image is empty: set image_repository")
    if not _VERSION.fullmatch(version) or version == LATEST:
        raise DiskImageError(
            f"invalid version '{version}' of {repository}: expected one such as "
            "2025.1-20261122T200001"
        )
    prefix, directory = f"{repository}_", f"{base_path}/"
    problem = path_problem(directory, is_mirrored=False)
    if problem:
        raise DiskImageError(f"invalid image_base_path of {repository}: it {problem}")
    return Pin(PackageRepository(_FILE.name, repository, repository, prefix, directory), version)


def _default_base_path(repository: str) -> str:
    """Return `kayobe-images/2025.1/rocky/9` of `kayobe-images-2025.1-rocky-9`; the dash in `9-stream`
    is kept."""
    kind, separator, rest = repository.partition("-images-")
    path = rest.replace("-", "/").replace("/stream", "-stream")
    return f"{kind}-images/{path}" if separator else repository


def disk_image_files(image: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the files (`path`, `relative_path`) of an item's `path`, `patterns`, `several` and
    `file_name`.

    Each pattern must match one file, with `several` at least one. Raises DiskImageError, listing the
    files in the directory, or those that match.
    """
    path = str(image["path"])
    if os.path.isdir(path):
        paths = _matching_paths(path, image["patterns"] or ["*"], bool(image["several"]))
    elif os.path.exists(path):
        paths = [path]
    else:
        raise DiskImageError(f"{path} does not exist: set image_path to a file or a directory")
    name = image.get("file_name")
    if name and len(paths) > 1:
        listed = ", ".join(map(os.path.basename, paths))
        raise DiskImageError(
            f"several files cannot have the name {name}: {listed}. Select one of them, or do not set "
            "a name"
        )
    return [{"path": path, "relative_path": name or os.path.basename(path)} for path in paths]


def _matching_paths(directory: str, patterns: Sequence[str], several: bool) -> list[str]:
    names = sorted(entry.name for entry in os.scandir(directory) if entry.is_file())
    # Checksum files are created for the uploaded files.
    names = [name for name in names if not name.endswith(CHECKSUM_SUFFIX)]
    selected: list[str] = []
    for pattern in patterns:
        matching = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
        if not matching:
            existing = f"it has {_listed(names)}" if names else "it has no files"
            raise DiskImageError(f"no file in {directory} matches '{pattern}': {existing}")
        if len(matching) > 1 and not several:
            raise DiskImageError(
                f"{len(matching)} files in {directory} match '{pattern}', but one is expected: "
                f"{_listed(matching)}. Set the path of one of them, or a pattern that matches one"
            )
        selected += matching
    return [os.path.join(directory, name) for name in dict.fromkeys(selected)]


def _listed(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return ", ".join(names[:_MAX_LISTED]) + rest


def _read_state(server: Server, images: Sequence[_DiskImage]) -> None:
    """Read what the server has of all images."""
    states = read_repositories(server, _FILE, [image.pin.repository.name for image in images])
    names = [
        (image.pin.snapshot_name, image.pin.repository.snapshot_name(LATEST)) for image in images
    ]
    found = read_by_key(
        server.client, _FILE.distribution, [name for pair in names for name in pair]
    )
    for image, (name, latest_name) in zip(images, names):
        image.state = states[image.pin.repository.name]
        image.distribution, image.latest = found.get(name), found.get(latest_name)
    versions = served_versions(server, _FILE, [image.publication or "" for image in images])
    for image in images:
        image.served = versions.get(image.publication or "", "")


class _DiskImageUpload:
    """Uploads disk images, and serves them with a content guard (name)."""

    def __init__(self, upload: ContentUpload, guard: str, guards: Guards) -> None:
        self._upload = upload
        self._server = upload.server
        self._guard = guard
        self._guards = guards

    def run(self, image: _DiskImage, result: Result) -> None:
        """Upload one disk image, unless its version exists with the same files."""
        files = disk_image_files(image.item)
        item = {"files": files, "checksums": image.item["checksums"], "state": "present"}
        wanted = read_files(item)
        path = image.pin.snapshot_path
        result.more["url"] = f"{self._server.content_url(path)}/"
        if image.served:
            self._require_same_files(image, wanted)
            result.more["files"] = []
            # A run that was interrupted may not have served the latest version.
            if image.item["latest"] and image.latest is None:
                self._serve_latest(image, image.publication, result)
            return
        publication = self._publish(image, wanted, result)
        # The distribution of the version comes last: until it exists, the next run repeats all steps.
        if image.item["latest"]:
            self._serve_latest(image, publication, result)
        spec = DistributionSpec(
            _FILE,
            image.pin.snapshot_name,
            self._distribution_values(path, publication),
            image.distribution,
            may_change=image.distribution is not None,
        )
        try:
            reconcile_distribution(self._server, spec, self._guards, result)
        except Conflict:
            # Another run created the version first, and clients may have read it: it is kept.
            _read_state(self._server, [image])
            if image.item["latest"]:
                self._serve_latest(image, image.publication, result)
            self._require_same_files(image, wanted)

    def _publish(
        self, image: _DiskImage, wanted: Sequence[WantedFile], result: Result
    ) -> str | None:
        """Return the publication (href) of a version with exactly these files; None in check mode if
        it is new."""
        spec = RepositorySpec(_FILE, {"name": image.pin.repository.name})
        reconcile_repository(self._server, spec, image.state, result)
        version = update_files(self._upload, image.state.repository, wanted, True, result)
        if self._server.check_mode and result.changed:
            return None
        href, _duplicates = publish(self._server, PublicationSpec(_FILE, version), result)
        return href

    def _require_same_files(self, image: _DiskImage, wanted: Sequence[WantedFile]) -> None:
        """Raise Conflict if the version exists with other files."""
        units = files_in_version(self._server, image.served)
        served = {path: unit["sha256"] for path, unit in units.items()}
        local = {file.relative_path: file.open().sha256 for file in wanted}
        if served != local:
            different = [path for path in {*served, *local} if served.get(path) != local.get(path)]
            raise Conflict(
                f"version {image.pin.stamp} is served already, with other content in "
                f"{', '.join(sorted(different))}: served versions are immutable, set another "
                "image_version"
            )

    def _serve_latest(self, image: _DiskImage, publication: str | None, result: Result) -> None:
        """Serve a publication as the latest version, with the same content guard."""
        repository = image.pin.repository
        values = self._distribution_values(repository.snapshot_path(LATEST), publication)
        changes = Result(result.name, result.type)
        name = repository.snapshot_name(LATEST)
        spec = DistributionSpec(_FILE, name, values, image.latest)
        reconcile_distribution(self._server, spec, self._guards, changes)
        if changes.changed:
            # The version replaces the href of the publication, which is unknown in check mode.
            before, after = (
                {key: value for key, value in side.items() if key != "publication"}
                for side in (changes.before, changes.after)
            )
            after["version"] = image.pin.stamp
            result.add_change(changes.action, {LATEST: before}, {LATEST: after})

    def _distribution_values(self, base_path: str, publication: str | None) -> dict[str, Any]:
        return {
            "base_path": base_path,
            "content_guard": self._guards.href(self._guard),
            "publication": publication,
        }
