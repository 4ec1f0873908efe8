# SPDX-License-Identifier: Apache-2.0
"""Container image pins: the tags of the selected container images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import OperatorError
from .selection import CONTAINER_IMAGE_FILTER, Filter, closest_names, select_names

# Names of repositories and tags by the OCI distribution specification 1.1.
IMAGE_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class ContainerPinsError(OperatorError):
    """Invalid pins; the message lists all problems."""


@dataclass(frozen=True)
class ContainerPins:
    """The tags of the selected images; `text` is "selected 3 of 40 images"."""

    pins: dict[str, list[str]]
    text: str
    warnings: list[str]


def parse_container_pins(tags: Any) -> dict[str, list[str]]:
    """Convert image -> tag or list of tags into image -> unique tags, sorted by image.

    Raises ContainerPinsError, naming all invalid images and tags.
    """
    if not isinstance(tags, Mapping):
        raise ContainerPinsError("container_tags must be a mapping of images to tags")
    problems = []
    pins: dict[str, list[str]] = {}
    for image, value in tags.items():
        name = str(image)
        own = [str(tag) for tag in (value if isinstance(value, list) else [value])]
        if not IMAGE_NAME.fullmatch(name):
            problems.append(f"'{name}' is not the name of an image")
        if not own or value in (None, ""):
            problems.append(f"{name} has no tag")
        else:
            problems += [f"{name}: '{tag}' is not a tag" for tag in own if not _TAG.fullmatch(tag)]
        pins[name] = list(dict.fromkeys(own))
    if problems:
        raise ContainerPinsError(f"container_tags: {'; '.join(problems)}")
    return dict(sorted(pins.items()))


def select_container_pins(
    tags: Any, images: Iterable[str] | None = None, image_filter: Filter = None
) -> ContainerPins:
    """Return the pins that a filter selects.

    Raises ContainerPinsError for pins of images that are not in `images`, if these are given, and
    SelectionError for a filter that matches nothing.
    """
    pins = parse_container_pins(tags)
    known = None if images is None else set(images)
    unknown = [] if known is None else [name for name in pins if name not in known]
    if unknown:
        names = []
        for name in unknown:
            similar = closest_names(name, known or [])
            names.append(f"{name} (nearest: {', '.join(similar)})" if similar else name)
        raise ContainerPinsError(
            f"pinned, but not in kolla_container_images: {', '.join(names)}. Add them there, or "
            "remove their pins"
        )
    if not pins:
        raise ContainerPinsError("no image is pinned")
    selection = select_names(pins, image_filter, CONTAINER_IMAGE_FILTER)
    chosen = {name: pins[name] for name in selection.selected}
    return ContainerPins(chosen, f"{selection.text} images", selection.warnings)
