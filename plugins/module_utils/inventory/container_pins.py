# SPDX-License-Identifier: Apache-2.0
"""Pins of container images: which tags of which images a run is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import OperatorError
from .selection import CONTAINER_IMAGE_FILTER, Filter, closest_names, select_names

# The OCI distribution specification 1.1: names of repositories, and of tags.
IMAGE_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class ContainerPinsError(OperatorError):
    """Pins that cannot be meant, all that is wrong with them at once."""


@dataclass(frozen=True)
class ContainerPins:
    """The selected images with their tags, the words of the selection, and its warnings."""

    pins: dict[str, list[str]]
    text: str
    warnings: list[str]


def parse_container_pins(tags: Any) -> dict[str, list[str]]:
    """Image -> tag, or list of tags, as image -> tags without repetition, sorted by image.

    Raises ContainerPinsError, naming all images and tags that cannot be.
    """
    if not isinstance(tags, Mapping):
        raise ContainerPinsError("container_tags is no mapping of images to tags")
    problems = []
    pins: dict[str, list[str]] = {}
    for image, value in tags.items():
        name = str(image)
        given = [str(tag) for tag in (value if isinstance(value, list) else [value])]
        if not IMAGE_NAME.fullmatch(name):
            problems.append(f"'{name}' is no name of an image")
        if not given or value in (None, ""):
            problems.append(f"{name} has no tag")
        else:
            problems += [f"{name}: '{tag}' is no tag" for tag in given if not _TAG.fullmatch(tag)]
        pins[name] = list(dict.fromkeys(given))
    if problems:
        raise ContainerPinsError(f"container_tags: {'; '.join(problems)}")
    return dict(sorted(pins.items()))


def select_container_pins(
    tags: Any, images: Iterable[str] | None = None, image_filter: Filter = None
) -> ContainerPins:
    """The pins that the filter selects; without `images` any image may be pinned.

    Raises ContainerPinsError for pins of images that are not among `images`, with the nearest names, and
    SelectionError for a filter that selects nothing.
    """
    pins = parse_container_pins(tags)
    known = None if images is None else set(images)
    unknown = [] if known is None else [name for name in pins if name not in known]
    if unknown:
        told = []
        for name in unknown:
            near = closest_names(name, known or [])
            told.append(f"{name} (nearest: {', '.join(near)})" if near else name)
        raise ContainerPinsError(
            f"pinned, and not in kolla_container_images: {', '.join(told)}. Add them there, or "
            "take their pins away"
        )
    if not pins:
        raise ContainerPinsError("no image is pinned")
    selection = select_names(pins, image_filter, CONTAINER_IMAGE_FILTER)
    chosen = {name: pins[name] for name in selection.selected}
    return ContainerPins(chosen, f"{selection.text} images", selection.warnings)
