#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_file_content
short_description: Upload files into file repositories
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Makes file repositories hold local files of any size, or removes files from them.
  - The files of an item come into one new version of its repository, all of them or none.
  - What Pulp has already is not sent. A file is known by its sha256, whatever it is called there.
  - Files are sent in chunks, several at once where the server is pulpcore 3.106 or later, and never
    read into memory as a whole. A chunk that is lost or altered on the way is sent again.
  - A run that was killed, or whose connection broke, leaves behind what it sent. The next run of
    the same user on the same machine sends the rest.
  - A failed item does not stop the others. The module fails at the end and names each.
options:
  file:
    description: File repositories.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the repository. It exists already.
        type: str
        required: true
      files:
        description: Files that it is to hold, or not.
        type: list
        elements: dict
        required: true
        suboptions:
          path:
            description: The local file, where the module runs. Not needed for O(file[].state=absent).
            type: path
          relative_path:
            description: Where it is in the repository. The default is the name of the local file.
            type: str
      checksums:
        description:
          - Whether each file has another one beside it, C(<relative_path>.sha256), that
            C(sha256sum -c) understands.
        type: bool
        default: false
      exact:
        description: Whether all other files go from the repository's new version.
        type: bool
        default: false
      state:
        description: Whether the repository holds these files.
        type: str
        choices: [present, absent]
        default: present
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.pulp.uploading
notes:
  - In check mode nothing is sent. Files are read all the same, to say which of them would be.
seealso:
  - module: stackhpc.release_train.pulp_file_download
  - module: stackhpc.release_train.pulp_repository
"""

EXAMPLES = r"""
- name: Upload a disk image with its checksum
  stackhpc.release_train.pulp_file_content:
    file:
      - name: kayobe-images-2025.1-rocky-9
        checksums: true
        files:
          - path: /var/lib/images/overcloud-rocky-9.qcow2

- name: Let a repository hold these two files and nothing else
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
    type: {description: V(file)., type: str, returned: always}
    action: {description: 'V(updated), V(unchanged) or V(failed).', type: str, returned: always}
    changed: {description: Whether there is a new version., type: bool, returned: always}
    before: {description: 'Under C(files), the checksums of files that went.', type: dict, returned: always}
    after: {description: 'Under C(files), the checksums of files that came.', type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: 'What went wrong, with the name of each file.', type: str, returned: always}
    version: {description: Number of the latest version., type: int, returned: success}
    packages_added: {description: Files that came., type: int, returned: when changed}
    packages_removed: {description: Files that went or were replaced., type: int, returned: when changed}
    files:
      description: The files of the item, those beside them, and those that went.
      returned: when they could be read
      type: list
      elements: dict
      contains:
        relative_path: {description: Where it is in the repository., type: str, returned: always}
        path: {description: The local file., type: str, returned: when it has one}
        sha256: {description: Its checksum., type: str, returned: always}
        size: {description: Bytes., type: int, returned: when it is local}
        sent: {description: Bytes that this run sent., type: int, returned: when it is local}
        action:
          description:
            - V(uploaded), V(added) (Pulp had it, the repository had not), V(unchanged), V(removed) or
              V(failed).
          type: str
          returned: always
        error: {description: What went wrong., type: str, returned: always}
summary:
  description: How many items are ok, changed, failed, skipped.
  returned: always
  type: dict
  sample: {ok: 1, changed: 1, failed: 0, skipped: 0}
statistics:
  description: Requests, polls and Pulp tasks of this run.
  returned: always
  type: dict
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
