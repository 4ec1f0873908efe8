#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: image_promote
short_description: Release versions of disk images to clients, all of them or none
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Gives the versions the content guard of released content.
  - Checks everything first. A version that does not exist, or serves nothing, is an error that
    names it, and nothing is changed.
  - Writes, reads back and, when one write fails, puts back what was there.
  - The latest version of each repository, which follows uploads, is not what clients read, and is
    left alone.
options:
  images:
    description: Versions of images.
    type: list
    elements: dict
    required: true
    suboptions:
      repository:
        description: The file repository. Its version is served by the distribution C(<repository>_<version>).
        type: str
        required: true
      base_path:
        description:
          - Path below which its versions are served.
          - The default is made of the name, C(kayobe-images/2025.1/rocky/9) of
            C(kayobe-images-2025.1-rocky-9).
        type: str
      version:
        description: The version.
        type: str
        required: true
  content_guard:
    description: The guard of released content. It must exist.
    type: str
    default: release
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.image_upload
"""

EXAMPLES = r"""
- name: Release a host image
  stackhpc.release_train.image_promote:
    images:
      - repository: kayobe-images-2025.1-rocky-9
        base_path: kayobe-images/2025.1/rocky/9
        version: 2025.1-20261122T200001
"""

RETURN = r"""
lines:
  description: A line for each version whose guard changes, with the guard before and after.
  returned: when the versions were found
  type: list
  elements: str
results:
  description: One entry for each version, in the order of the list.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the distribution., type: str, returned: always}
    type: {description: V(file)., type: str, returned: always}
    action: {description: What was done., type: str, returned: always}
    changed: {description: Whether something changed., type: bool, returned: always}
    before: {description: The guard before., type: dict, returned: always}
    after: {description: The guard now., type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: What went wrong., type: str, returned: always}
    short_name: {description: The repository., type: str, returned: always}
    stamp: {description: The version., type: str, returned: always}
    base_path: {description: Path at which it is served., type: str, returned: always}
    told: {description: The guard before and now., type: str, returned: when it changes}
    url: {description: Where clients read it., type: str, returned: 'in check and diff mode, when it changes'}
    packages: {description: How many files it has., type: int, returned: 'in check and diff mode, when it changes'}
summary:
  description: How many items are ok, changed, failed, skipped.
  returned: always
  type: dict
statistics:
  description: Requests, polls and Pulp tasks of this run.
  returned: always
  type: dict
"""

from ..module_utils.module import run
from ..module_utils.release.disk_images import disk_image_options, promote_disk_images


def main() -> None:
    guard = {"content_guard": {"type": "str", "default": "release"}}
    run({**disk_image_options(), **guard}, promote_disk_images, "image")


if __name__ == "__main__":
    main()
