# SPDX-License-Identifier: Apache-2.0
"""Versions of disk images. One is a snapshot of a file repository: its distribution
`<repository>_<version>` serves it at `<base path>/<version>`, and it is pinned by its version."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import OperatorError
from .pulp_report import Result
from .pulp_server import Server
from .release_inventory import PackageRepository
from .release_pins import Pin
from .release_promote import promote_pins, promoted_line

__all__ = [
    "IMAGE",
    "LATEST",
    "ImageError",
    "image_options",
    "image_pin",
    "image_pins",
    "promote_images",
]

LATEST = "latest"
_CONTENT_TYPE = "file"
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

IMAGE: dict[str, dict[str, Any]] = {
    "repository": {"type": "str", "required": True},
    "base_path": {"type": "str"},
    "version": {"type": "str", "required": True},
}


class ImageError(OperatorError):
    """An image that cannot be what it is given as."""


def image_options(more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The option `images` of a module, with `more` options of its items."""
    options = {**IMAGE, **(more or {})}
    return {"images": {"type": "list", "elements": "dict", "required": True, "options": options}}


def image_pin(image: Mapping[str, Any]) -> Pin:
    """The snapshot that an item means. Raises ImageError for what would be served elsewhere."""
    repository, version = str(image["repository"]).strip("/ "), str(image["version"]).strip()
    base_path = str(image.get("base_path") or _path_of(repository)).strip("/ ")
    if not base_path:
        raise ImageError("an image needs a repository, and its name is empty")
    if not _VERSION.fullmatch(version) or version == LATEST:
        raise ImageError(
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


def image_pins(images: Sequence[Mapping[str, Any]]) -> list[Pin]:
    """The snapshots that items mean, each once. Raises ImageError, for none at all, too."""
    pins = list(dict.fromkeys(image_pin(image) for image in images))
    if not pins:
        raise ImageError("there is not a single image: give image_version, or image_versions")
    return pins


def promote_images(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module image_promote: parameters -> results, and what else it returns."""
    pins = image_pins(params["images"])
    results = promote_pins(server, pins, params["content_guard"])
    lines = [promoted_line(result) for result in results if result.changed]
    return results, {"lines": lines}
