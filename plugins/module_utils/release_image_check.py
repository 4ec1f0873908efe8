# SPDX-License-Identifier: Apache-2.0
"""All that is wrong with the lists of container images of one host or group."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .release_item_check import ERROR, WARNING, Finding, is_template
from .release_selection import IMAGE_FILTER, SelectionError, nearest, select_names

__all__ = ["IMAGE_VARIABLES", "check_images"]

IMAGES = "kolla_container_images"
UNBUILDABLE, GROUPS = "kolla_unbuildable_images", ("old_scheme", "new_scheme")
IMAGE_VARIABLES = frozenset({IMAGES, IMAGE_FILTER, UNBUILDABLE})
_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*")


def check_images(variables: Mapping[str, Any]) -> Iterator[Finding]:
    """Names that cannot be, that are there twice, or that no list has, and filters that find nothing."""
    images = variables.get(IMAGES)
    if images is None or is_template(images):
        return
    if not isinstance(images, list):
        yield Finding(ERROR, (IMAGES,), IMAGES, "must be a list of names of images")
        return
    first: dict[str, int] = {}
    for place, name in enumerate(images):
        if is_template(name):
            return
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            yield Finding(ERROR, (IMAGES, place), str(name), "is no name of an image")
        elif name in first:
            yield Finding(ERROR, (IMAGES, place), name, "is in the list twice: remove one of them")
        else:
            first[name] = place
    yield from _check_unbuildable(variables.get(UNBUILDABLE), set(first))
    pattern = variables.get(IMAGE_FILTER)
    if pattern and first and not is_template(pattern):
        try:
            select_names(list(first), pattern, IMAGE_FILTER)
        except SelectionError as error:
            yield Finding(
                ERROR, (IMAGE_FILTER,), IMAGE_FILTER, str(error).replace(f"{IMAGE_FILTER}: ", "")
            )


def _check_unbuildable(unbuildable: Any, known: set[str]) -> Iterator[Finding]:
    """Images under base distributions, or under `old_scheme` and `new_scheme`."""
    if unbuildable is None or is_template(unbuildable):
        return
    if not isinstance(unbuildable, Mapping):
        yield Finding(ERROR, (UNBUILDABLE,), UNBUILDABLE, "must map base distributions to images")
        return
    for group, content in unbuildable.items():
        nested = content if isinstance(content, Mapping) and group in GROUPS else {None: content}
        for part, names in nested.items():
            place = (UNBUILDABLE, group, *([part] if part is not None else []))
            if is_template(names) or names is None:
                continue
            if not isinstance(names, list):
                yield Finding(ERROR, place, str(group), "must be a list of names of images")
                continue
            for number, name in enumerate(names):
                if not is_template(name) and name not in known:
                    near = nearest(str(name), known)
                    hint = f" (nearest: {', '.join(near)})" if near else ""
                    yield Finding(WARNING, (*place, number), str(name), f"is not in {IMAGES}{hint}")
