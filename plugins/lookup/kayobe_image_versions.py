# SPDX-License-Identifier: Apache-2.0
"""Lookup `kayobe_image_versions`: the pinned versions of disk images of a Kayobe configuration."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kayobe_image_versions
short_description: Read the pinned versions of disk images of a Kayobe configuration
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Reads C(etc/kayobe/pulp-host-image-versions.yml) on the controller, whose keys are
    C(stackhpc_<distribution>_<release>_overcloud_host_image_version).
  - Converts each pin to an item of M(stackhpc.release_train.image_promote) and
    M(stackhpc.release_train.image_mirror).
options:
  _terms:
    description: Root of a Kayobe configuration, or its directory C(etc/kayobe).
    type: list
    elements: path
    required: true
  empty:
    description:
      - What a file without any variable does. V(error) fails, V(skip) returns no item for it.
    type: str
    choices: [error, skip]
    default: error
seealso:
  - plugin: stackhpc.release_train.kayobe_package_versions
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Promote the disk images that a configuration pins
  stackhpc.release_train.image_promote:
    images: "{{ lookup('stackhpc.release_train.kayobe_image_versions', '/src/kayobe-config', wantlist=true) }}"
"""

RETURN = r"""
_raw:
  description: One item for each pin, with C(repository), C(base_path) and C(version).
  type: list
  elements: dict
"""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..module_utils.errors import OperatorError
from ..module_utils.kayobe.config import (
    DISK_IMAGE_PINS,
    KayobeFileError,
    kayobe_file,
    pinned_disk_images,
)
from ..plugin_utils.kolla.variables import read_variables


class LookupModule(LookupBase):
    """The lookup for Ansible."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[dict[str, str]]:
        skip = kwargs.get("empty") == "skip"
        return [image for term in terms for image in _images(str(term), skip)]


def _images(root: str, skip_empty: bool) -> list[dict[str, str]]:
    if not root.strip():
        raise AnsibleLookupError("expected the path of a Kayobe configuration, not an empty string")
    try:
        path = kayobe_file(root, DISK_IMAGE_PINS)
    except KayobeFileError as error:
        raise AnsibleLookupError(f"no pins of images {error}") from None
    try:
        pins = read_variables(Path(path))
        images = pinned_disk_images(pins)
    except OperatorError as error:
        raise AnsibleLookupError(f"{path}: {error}") from error
    if not images and (pins or not skip_empty):
        raise AnsibleLookupError(
            f"{path}: no pins, expected stackhpc_<distribution>_<release>_overcloud_host_image_version"
        )
    return images
