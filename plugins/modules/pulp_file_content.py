#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_file_content
short_description: Upload files to file repositories
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Adds local files of any size to file repositories, or removes files from them.
  - Creates one new repository version for all files of an item. If one file fails, the repository does not
    change.
  - Does not upload content that Pulp has already, under whatever name. Files are compared by SHA-256
    checksum.
  - Uploads files in chunks without reading them into memory, on pulpcore 3.106 or later several at the same
    time. Lost or corrupted chunks are sent again.
  - Resumes uploads of an interrupted run of the same user on the same host.
  - Processes all items even if some of them fail. The module then fails with the error of each.
options:
  file:
    description: File repositories.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the repository. It must exist.
        type: str
        required: true
      files:
        description: Files to add or remove.
        type: list
        elements: dict
        required: true
        suboptions:
          path:
            description:
              - Path of the local file, on the host that runs the module. Not required for
                O(file[].state=absent).
            type: path
          relative_path:
            description: Path of the file in the repository. Defaults to the name of the local file.
            type: str
      checksums:
        description:
          - Whether to add a checksum file C(<relative_path>.sha256) in the format of C(sha256sum) for
            each file.
        type: bool
        default: false
      exact:
        description: Whether to remove all other files from the repository.
        type: bool
        default: false
      state:
        description: Whether the repository contains the files.
        type: str
        choices: [present, absent]
        default: present
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.pulp.uploading
notes:
  - Check mode uploads nothing, but reads all files to predict which of them would be uploaded.
seealso:
  - module: stackhpc.release_train.pulp_file_download
  - module: stackhpc.release_train.pulp_repository
  - module: stackhpc.release_train.image_upload
"""

EXAMPLES = r"""
- name: Upload a disk image with its checksum
  stackhpc.release_train.pulp_file_content:
    file:
      - name: kayobe-images-2025.1-rocky-9
        checksums: true
        files:
          - path: /var/lib/images/overcloud-rocky-9.qcow2

- name: Upload two files and remove all others
  stackhpc.release_train.pulp_file_content:
    file:
      - name: ipa-images-2025.1-rocky-9
        exact: true
        files:
          - {path: /var/lib/images/ipa.kernel}
          - {path: /var/lib/images/ipa.initramfs, relative_path: ipa.ramdisk}

- name: Remove a file
  stackhpc.release_train.pulp_file_content:
    file:
      - name: kayobe-images-2025.1-rocky-9
        state: absent
        files:
          - relative_path: overcloud-rocky-9.qcow2
"""

RETURN = r"""
results:
  description: One entry for each item, in the order of the list.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the repository., type: str, returned: always}
    type: {description: Always V(file)., type: str, returned: always}
    action: {description: 'V(updated), V(unchanged) or V(failed).', type: str, returned: always}
    changed: {description: Whether a new repository version was created., type: bool, returned: always}
    before: {description: Checksums of removed and replaced files in C(files)., type: dict, returned: always}
    after: {description: Checksums of added files in C(files)., type: dict, returned: always}
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
    version: {description: Number of the latest version., type: int, returned: success}
    packages_added: {description: Number of added files., type: int, returned: when changed}
    packages_removed: {description: Number of removed and replaced files., type: int, returned: when changed}
    files:
      description: Files of the item, their checksum files, and removed files.
      returned: when the files could be read
      type: list
      elements: dict
      contains:
        relative_path: {description: Path of the file in the repository., type: str, returned: always}
        path: {description: Path of the local file., type: str, returned: for local files}
        sha256: {description: SHA-256 checksum., type: str, returned: always}
        size: {description: Size in bytes., type: int, returned: for local files}
        sent: {description: Number of bytes that this run uploaded., type: int, returned: for local files}
        action:
          description:
            - V(uploaded), V(added) if Pulp had the content and the repository did not, V(unchanged),
              V(removed) or V(failed).
          type: str
          returned: always
        error: {description: Error message. Empty if the file succeeded., type: str, returned: always}
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

from ..module_utils.content.files import manage_files
from ..module_utils.content.upload import UPLOAD_OPTIONS
from ..module_utils.module import run
from ..module_utils.pulp.options import item_options


def main() -> None:
    entry = {"path": {"type": "path"}, "relative_path": {"type": "str"}}
    files = {"type": "list", "elements": "dict", "required": True, "options": entry}
    flags = {name: {"type": "bool", "default": False} for name in ("checksums", "exact")}
    items = item_options("name", {"files": files}, flags)
    lists = {"file": {"type": "list", "elements": "dict", "required": True, "options": items}}
    run({**lists, **UPLOAD_OPTIONS}, manage_files, "file repository")


if __name__ == "__main__":
    main()
