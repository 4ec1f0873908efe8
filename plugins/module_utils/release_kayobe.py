# SPDX-License-Identifier: Apache-2.0
"""Where a Kayobe configuration keeps its pins."""

from __future__ import annotations

import os

from .errors import OperatorError

__all__ = ["IMAGE_PINS", "IMAGE_TAGS", "PACKAGE_PINS", "KayobeFileError", "kayobe_file"]

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
