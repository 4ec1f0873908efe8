# SPDX-License-Identifier: Apache-2.0
"""Pins of disk images in a Kayobe configuration: which versions of which images its hosts use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .release_images import ImageError
from .release_stamp import STAMP_PATTERN

__all__ = ["images_of_kayobe"]

_KEY = re.compile(r"stackhpc_([a-z0-9]+)_(\w+?)(_ofed)?_overcloud_host_image_version")
_VERSION = re.compile(rf"(\S+)-({STAMP_PATTERN})")


def images_of_kayobe(variables: Mapping[str, Any]) -> list[dict[str, str]]:
    """Items (`repository`, `base_path`, `version`) of the pins among variables, in their order.

    A key `stackhpc_rocky_9_overcloud_host_image_version` names distribution and release, and a
    version `2025.1-20261122T200001` that of OpenStack; in the name of a release `_` stands for `-`.
    Null and blank values are no pins. Raises ImageError, listing all values that are no versions.
    """
    images, problems = [], []
    for key, value in variables.items():
        about = _KEY.fullmatch(str(key))
        text = str(value if value is not None else "").strip()
        if not about or not text:
            continue
        version = _VERSION.fullmatch(text)
        if not version:
            problems.append(f"{key} is '{text}'")
            continue
        words = [version[1], about[1], about[2].replace("_", "-"), *(["ofed"] if about[3] else [])]
        images.append(
            {
                "repository": "-".join(["kayobe-images", *words]),
                "base_path": "/".join(["kayobe-images", *words]),
                "version": text,
            }
        )
    if problems:
        raise ImageError(
            f"{'; '.join(problems)}: expected a version such as 2025.1-20261122T200001"
        )
    return images
