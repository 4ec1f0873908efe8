#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: image_upload
short_description: Upload disk images and serve each version at its own path
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Uploads the files of a disk image to a new version of a file repository that contains no other files,
    publishes that version, and serves it with the distribution C(<repository>_<version>) at
    C(<base_path>/<version>).
  - Versions are immutable. The module is idempotent for the same files, and refuses other files under
    an existing version.
  - Files that Pulp has under another version are not uploaded again, and are served under both.
  - Processes all images even if some of them fail. The module then fails with the error of each.
options:
  images:
    description: Disk images, one for each repository.
    type: list
    elements: dict
    required: true
    suboptions:
      repository:
        description: Name of the file repository. It is created if it does not exist.
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
      path:
        description: Path of the file or of its directory, on the host that runs the module.
        type: path
        required: true
      patterns:
        description:
          - Shell patterns of the names of files in the directory O(images[].path). Each pattern must
            match exactly one file.
          - By default the directory must contain exactly one file, not counting C(.sha256) files.
        type: list
        elements: str
        default: []
      several:
        description: Whether a pattern can match more than one file.
        type: bool
        default: false
      file_name:
        description: Name of the file in the repository. Defaults to the name of the local file.
        type: str
      checksums:
        description: Whether to add a checksum file C(<file>.sha256) for each file.
        type: bool
        default: true
      latest:
        description:
          - Whether the distribution C(<repository>_latest), at C(<base_path>/latest), is switched to this
            version. It has the content guard O(content_guard).
        type: bool
        default: false
  content_guard:
    description:
      - Content guard of content that is not released. It must exist. An empty string makes new
        versions public.
    type: str
    default: development
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.pulp.uploading
seealso:
  - module: stackhpc.release_train.image_promote
  - module: stackhpc.release_train.pulp_file_content
"""

EXAMPLES = r"""
- name: Upload a host image
  stackhpc.release_train.image_upload:
    images:
      - repository: kayobe-images-2025.1-rocky-9
        base_path: kayobe-images/2025.1/rocky/9
        version: 2025.1-20261122T200001
        path: /var/lib/images
        patterns: ['*.qcow2']
        file_name: overcloud-rocky-9.qcow2
        latest: true
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
    action: {description: 'V(created), V(updated), V(unchanged) or V(failed).', type: str, returned: always}
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
    snapshot: {description: Name of the distribution., type: str, returned: always}
    base_path: {description: Path at which the version is served., type: str, returned: always}
    url: {description: URL at which the version is served., type: str, returned: when its files were found}
    files:
      description:
        - Files of the image, in the form of C(results[].files) of
          M(stackhpc.release_train.pulp_file_content). Empty if the version exists.
      returned: when the files could be read
      type: list
      elements: dict
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

from ..module_utils.artifacts.disk_images import disk_image_options, upload_disk_images
from ..module_utils.content.upload import UPLOAD_OPTIONS
from ..module_utils.module import run


def main() -> None:
    files = {
        "path": {"type": "path", "required": True},
        "patterns": {"type": "list", "elements": "str", "default": []},
        "several": {"type": "bool", "default": False},
        "file_name": {"type": "str"},
        "checksums": {"type": "bool", "default": True},
        "latest": {"type": "bool", "default": False},
    }
    guard = {"content_guard": {"type": "str", "default": "development"}}
    run({**disk_image_options(files), **UPLOAD_OPTIONS, **guard}, upload_disk_images, "image")


if __name__ == "__main__":
    main()
