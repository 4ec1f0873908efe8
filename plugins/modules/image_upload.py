#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: image_upload
short_description: Upload disk images and serve each version under a name of its own
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Uploads the files of a disk image as M(stackhpc.release_train.pulp_file_content) does, into a new
    version of a file repository that holds them and nothing else, publishes it, and serves it by the
    distribution C(<repository>_<version>) at C(<base_path>/<version>).
  - What a version serves never changes. Uploading the same again changes nothing; other bits under
    a version that is there are refused.
  - The same bits under another version are not sent again, and are served under both.
options:
  images:
    description: Images, one for each repository.
    type: list
    elements: dict
    required: true
    suboptions:
      repository:
        description: The file repository. It is made where it is missing.
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
      path:
        description: The file, or the folder in which it is, where the module runs.
        type: path
        required: true
      patterns:
        description:
          - Shell patterns of the names of files in the folder, each of which must find exactly one.
          - The default finds all, so that there must be one file only. Files that end in C(.sha256)
            do not count.
        type: list
        elements: str
        default: []
      several:
        description: Whether a pattern may find several files.
        type: bool
        default: false
      file_name:
        description: What the file is called there. The default is its own name.
        type: str
      checksums:
        description: Whether each file has C(<file>.sha256) beside it.
        type: bool
        default: true
      latest:
        description:
          - Whether the distribution C(<repository>_latest), at C(<base_path>/latest), serves this
            version from now on, behind O(content_guard).
        type: bool
        default: false
  content_guard:
    description: The guard of what is not released yet. It must exist; the empty text means none.
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
    type: {description: V(file)., type: str, returned: always}
    action: {description: What was done., type: str, returned: always}
    changed: {description: Whether something changed., type: bool, returned: always}
    before: {description: What differed before., type: dict, returned: always}
    after: {description: What differs now., type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: What went wrong., type: str, returned: always}
    short_name: {description: Name of the repository., type: str, returned: always}
    stamp: {description: The version., type: str, returned: always}
    snapshot: {description: Name of the distribution., type: str, returned: always}
    base_path: {description: Path at which it is served., type: str, returned: always}
    url: {description: Where it is served., type: str, returned: when its files were found}
    files:
      description: As M(stackhpc.release_train.pulp_file_content) returns it; empty if the version is there.
      returned: when the files could be read
      type: list
      elements: dict
summary:
  description: How many items are ok, changed, failed, skipped.
  returned: always
  type: dict
statistics:
  description: Requests, polls and Pulp tasks of this run.
  returned: always
  type: dict
"""

from ..module_utils.content.upload import UPLOAD_OPTIONS
from ..module_utils.module import run
from ..module_utils.release.disk_images import disk_image_options, upload_disk_images


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
