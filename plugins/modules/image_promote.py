#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: image_promote
short_description: Promote versions of disk images to clients
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Sets the content guard of released content on the distributions of the versions.
  - Promotes all versions or none. All versions are validated before the first write, the result is
    read back, and if a write fails all changes are rolled back. A version that does not exist or has
    no content is an error.
  - Promotions of one server exclude each other by a content guard C(release-train-mutex), which exists
    while the module runs. The module waits two minutes for another promotion.
  - If it is interrupted by SIGINT, SIGTERM or SIGHUP, it completes the promotion or rolls it back.
  - Does not change the distribution C(<repository>_latest), which follows uploads.
options:
  images:
    description: Versions of disk images to promote.
    type: list
    elements: dict
    required: true
    suboptions:
      repository:
        description: Name of the file repository. The distribution is C(<repository>_<version>).
        type: str
        required: true
      base_path:
        description:
          - Prefix of the paths of its versions.
          - Defaults to the name with slashes, such as C(kayobe-images/2025.1/rocky/9) for
            C(kayobe-images-2025.1-rocky-9).
        type: str
      version:
        description: Version of the disk image.
        type: str
        required: true
  content_guard:
    description: Content guard of released content. It must exist.
    type: str
    default: release
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.release_promote
  - module: stackhpc.release_train.image_upload
  - module: stackhpc.release_train.image_mirror
"""

EXAMPLES = r"""
- name: Promote a host image
  stackhpc.release_train.image_promote:
    images:
      - repository: kayobe-images-2025.1-rocky-9
        base_path: kayobe-images/2025.1/rocky/9
        version: 2025.1-20261122T200001
"""

RETURN = r"""
lines:
  description: One line for each changed version, with its content guard before and after.
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
    type: {description: Always V(file)., type: str, returned: always}
    action: {description: 'V(updated), V(unchanged) or V(failed).', type: str, returned: always}
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
    short_name: {description: Name of the repository., type: str, returned: always}
    stamp: {description: Version of the disk image., type: str, returned: always}
    base_path: {description: Path at which the version is served., type: str, returned: always}
    told: {description: Content guard before and after., type: str, returned: when changed}
    url:
      description: URL at which clients read the version.
      type: str
      returned: in check mode and in diff mode, when changed
    packages:
      description: Number of files in the version.
      type: int
      returned: in check mode and in diff mode, when changed
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

from ..module_utils.artifacts.disk_images import disk_image_options, promote_disk_images
from ..module_utils.module import run


def main() -> None:
    guard = {"content_guard": {"type": "str", "default": "release"}}
    run({**disk_image_options(), **guard}, promote_disk_images, "image")


if __name__ == "__main__":
    main()
