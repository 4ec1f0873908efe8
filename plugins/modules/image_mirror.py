#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: image_mirror
short_description: Mirror versions of disk images into another Pulp
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Makes a Pulp serve versions of disk images under the names and paths that they have at the
    source, without a content guard.
  - Takes content from the source's content app, and never asks its API.
  - A version that ends in a stamp never changes. It is synced once; after that nothing is asked of
    Pulp's workers. Any other version is looked at again.
  - A failed image does not stop the others. The module fails at the end and names each.
options:
  images:
    description: Versions of images.
    type: list
    elements: dict
    required: true
    suboptions:
      repository:
        description: The file repository, at the source and here.
        type: str
        required: true
      base_path:
        description:
          - Path below which its versions are served, at the source and here.
          - The default is made of the name, C(kayobe-images/2025.1/rocky/9) of
            C(kayobe-images-2025.1-rocky-9).
        type: str
      version:
        description: The version.
        type: str
        required: true
  policy:
    description:
      - V(on_demand) fetches a file when somebody asks for it, through the remote and its
        credentials; V(immediate) fetches all of them at once.
    type: str
    choices: [on_demand, immediate]
    default: on_demand
  update_secrets:
    description:
      - V(always) sends the credentials of each remote that is going to be synced; V(all) sends them
        also for versions that are mirrored already, which V(on_demand) needs after a change of the
        password; V(on_create) sends them for new remotes only.
    type: str
    choices: [always, all, on_create]
    default: always
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.pulp.source
  - stackhpc.release_train.pulp.syncing
seealso:
  - module: stackhpc.release_train.image_upload
"""

EXAMPLES = r"""
- name: Mirror a host image from Ark
  stackhpc.release_train.image_mirror:
    source_url: https://ark.example.com
    source_username: client
    source_password: "{{ vault_ark_password }}"
    images:
      - repository: kayobe-images-2025.1-rocky-9
        base_path: kayobe-images/2025.1/rocky/9
        version: 2025.1-20261122T200001
"""

RETURN = r"""
results:
  description: One entry for each image, in the order of the list.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the repository., type: str, returned: always}
    type: {description: V(file)., type: str, returned: always}
    action: {description: What was done., type: str, returned: always}
    changed: {description: Whether something changed., type: bool, returned: always}
    before: {description: What differed before., type: dict, returned: always}
    after: {description: What differs now., type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: What went wrong., type: str, returned: always}
    short_name: {description: The repository at the source., type: str, returned: always}
    stamp: {description: The version., type: str, returned: always}
    snapshot: {description: Name of the distribution., type: str, returned: success}
    base_path: {description: Path at which it is served., type: str, returned: always}
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
from ..module_utils.pulp.options import RETRYING
from ..module_utils.release.disk_images import disk_image_options, mirror_disk_images
from ..module_utils.release.mirror import SOURCE
from ..module_utils.release.options import SYNC_OPTIONS


def main() -> None:
    choices = {"type": "str", "choices": ["on_demand", "immediate"], "default": "on_demand"}
    own = {"policy": choices, "update_secrets": SYNC_OPTIONS["update_secrets"]}
    run({**disk_image_options(), **SOURCE, **RETRYING, **own}, mirror_disk_images, "image")


if __name__ == "__main__":
    main()
