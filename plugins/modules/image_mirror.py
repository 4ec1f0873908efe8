#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: image_mirror
short_description: Mirror versions of disk images to another Pulp server
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Makes a Pulp server serve versions of disk images with the names and paths of the source, without a
    content guard.
  - Downloads content from the content app of the source, and does not use its REST API.
  - Syncs a version that ends in a stamp once, because it is immutable. Other versions are synced in each
    run.
  - Processes all images even if some of them fail. The module then fails with the error of each.
options:
  images:
    description: Versions of disk images to mirror.
    type: list
    elements: dict
    required: true
    suboptions:
      repository:
        description: Name of the file repository on both servers.
        type: str
        required: true
      base_path:
        description:
          - Prefix of the paths of its versions on both servers.
          - Defaults to the name with slashes, such as C(kayobe-images/2025.1/rocky/9) for
            C(kayobe-images-2025.1-rocky-9).
        type: str
      version:
        description: Version of the disk image.
        type: str
        required: true
  policy:
    description:
      - When Pulp downloads files. V(on_demand) downloads and stores a file when a client first requests
        it. V(immediate) downloads all files during the sync.
    type: str
    choices: [on_demand, immediate]
    default: on_demand
  update_secrets:
    description:
      - When to send the credentials of remotes to Pulp, which does not return them for comparison.
        Sending the same credentials again does not count as a change.
      - V(always) sends the credentials of each remote that is about to be synced.
      - V(all) also sends those of versions that are mirrored already. Use it after a password has
        changed at the source, because with O(policy=on_demand) Pulp needs them to download files later.
      - V(on_create) sends the credentials of new remotes only.
    type: str
    choices: [always, all, on_create]
    default: always
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.pulp.source
  - stackhpc.release_train.pulp.syncing
seealso:
  - module: stackhpc.release_train.image_upload
  - module: stackhpc.release_train.image_promote
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
    type: {description: Always V(file)., type: str, returned: always}
    action:
      description: V(created), V(updated), V(synced), V(unchanged) or V(failed).
      type: str
      returned: always
    changed: {description: Whether the item changed., type: bool, returned: always}
    before: {description: Changed values before the run., type: dict, returned: always}
    after: {description: Changed values after the run., type: dict, returned: always}
    seconds: {description: Elapsed time in seconds., type: float, returned: always}
    error: {description: Error message. Empty if the item succeeded., type: str, returned: always}
    cause:
      description: Cause of the error in a few words.
      type: str
      returned: when the item failed and the cause is known
    hint:
      description: What to do about the cause.
      type: str
      returned: when the item failed and the cause is known
    short_name: {description: Name of the repository at the source., type: str, returned: always}
    stamp: {description: Version of the disk image., type: str, returned: always}
    snapshot: {description: Name of the distribution., type: str, returned: success}
    base_path: {description: Path at which the version is served., type: str, returned: always}
summary:
  description: Number of items that are ok (unchanged), changed, failed and skipped.
  returned: always
  type: dict
  sample: {ok: 1, changed: 1, failed: 0, skipped: 0}
statistics:
  description: Number of requests, polls and tasks that the module sent to Pulp.
  returned: always
  type: dict
  sample: {requests: 12, polls: 3, tasks: 2}
seconds:
  description: Elapsed time of the module in seconds.
  returned: always
  type: float
"""

from ..module_utils.artifacts.disk_images import disk_image_options, mirror_disk_images
from ..module_utils.module import run
from ..module_utils.pulp.options import RETRYING
from ..module_utils.release.mirror import SOURCE
from ..module_utils.release.options import SYNC_OPTIONS


def main() -> None:
    choices = {"type": "str", "choices": ["on_demand", "immediate"], "default": "on_demand"}
    own = {"policy": choices, "update_secrets": SYNC_OPTIONS["update_secrets"]}
    run({**disk_image_options(), **SOURCE, **RETRYING, **own}, mirror_disk_images, "image")


if __name__ == "__main__":
    main()
