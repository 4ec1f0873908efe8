# SPDX-License-Identifier: Apache-2.0
"""The files of a Kayobe configuration that hold pins, and the disk images that it pins."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from ..artifacts.disk_images import DiskImageError
from ..errors import OperatorError
from ..inventory.stamp import STAMP_PATTERN

PACKAGE_PINS_FILE = "pulp-repo-versions.yml"
CLIENT_LISTS_FILE = "pulp.yml"
CONTAINER_IMAGE_PINS = "kolla-image-tags.yml"
DISK_IMAGE_PINS = "pulp-host-image-versions.yml"

_DISK_IMAGE_VARIABLE = re.compile(
    r"stackhpc_([a-z0-9]+)_(\w+?)(_ofed)?_overcloud_host_image_version"
)
_DISK_IMAGE_VERSION = re.compile(rf"(\S+)-({STAMP_PATTERN})")


class KayobeFileError(OperatorError):
    """A file of a Kayobe configuration that does not exist. The text begins with "at", so that a
    caller can put the purpose of the file before it."""


def kayobe_file(root: str, name: str) -> str:
    """Return the path of a file of a Kayobe configuration: `<root>/etc/kayobe/<name>`, or
    `<root>/<name>` where the root is `etc/kayobe` itself.

    Raises KayobeFileError.
    """
    root = os.path.abspath(os.path.expanduser(root))
    candidates = [os.path.join(root, "etc", "kayobe", name), os.path.join(root, name)]
    for path in candidates:
        if os.path.isfile(path):
            return path
    missing = candidates[0] if os.path.isdir(root) else "the directory"
    raise KayobeFileError(
        f"at '{root}': {missing} does not exist. Set kayobe_config_repo_path to the root of a "
        "Kayobe configuration"
    )


def pinned_disk_images(variables: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return an item (`repository`, `base_path`, `version`) for each disk image that is pinned in
    variables, in their order.

    The name of a variable, `stackhpc_rocky_9_overcloud_host_image_version`, holds distribution and
    release, with `_` for `-`; its value, `2025.1-20261122T200001`, holds the OpenStack release. Null
    and blank values are ignored. Raises DiskImageError, listing all invalid values.
    """
    items, problems = [], []
    for key, value in variables.items():
        variable = _DISK_IMAGE_VARIABLE.fullmatch(str(key))
        text = str(value if value is not None else "").strip()
        if not variable or not text:
            continue
        version = _DISK_IMAGE_VERSION.fullmatch(text)
        if not version:
            problems.append(f"{key} is '{text}'")
            continue
        distribution, release, ofed = variable.groups()
        parts = [version[1], distribution, release.replace("_", "-"), *(["ofed"] if ofed else [])]
        items.append(
            {
                "repository": "-".join(["kayobe-images", *parts]),
                "base_path": "/".join(["kayobe-images", *parts]),
                "version": text,
            }
        )
    if problems:
        raise DiskImageError(
            f"{'; '.join(problems)}: expected a version such as 2025.1-20261122T200001"
        )
    return items
