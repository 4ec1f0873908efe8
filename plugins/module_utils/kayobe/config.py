# SPDX-License-Identifier: Apache-2.0
"""Where a Kayobe configuration keeps its pins."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from ..errors import OperatorError
from ..inventory.stamp import STAMP_PATTERN
from ..release.disk_images import ImageError

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


PACKAGE_PINS = "pulp-repo-versions.yml"
IMAGE_TAGS = "kolla-image-tags.yml"
IMAGE_PINS = "pulp-host-image-versions.yml"


class KayobeFileError(OperatorError):
    """A Kayobe configuration without a file; the text says what there is
    not, and the way out."""


def kayobe_file(root: str, name: str) -> str:
    """The path of a file of a Kayobe configuration: below its root, or in `etc/kayobe` itself.

    Raises KayobeFileError.
    """
    root = os.path.abspath(os.path.expanduser(root))
    candidates = [os.path.join(root, "etc", "kayobe", name), os.path.join(root, name)]
    for path in candidates:
        if os.path.isfile(path):
            return path
    is_folder = os.path.isdir(root)
    found = f"there is no {candidates[0]}" if is_folder else "there is no such folder"
    way_out = "set kayobe_config_repo_path to the root of a Kayobe configuration"
    raise KayobeFileError(f"at '{root}': {found}, {way_out}")
