#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_file_download
short_description: Download files and verify their checksums
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Downloads files of any size from a Pulp server or another web server, and verifies the SHA-256 checksum
    of each.
  - Does not download a file that exists with the correct checksum.
  - Writes to C(<dest>.part) until the file is complete and verified. An interrupted download is resumed by
    the next run.
  - Sends the username, password and client certificate to the server of O(pulp_url) only, and not to other
    servers to which it redirects.
  - Processes all files even if some of them fail. The module then fails with the error of each.
options:
  files:
    description: Files to download. Each of them needs either O(files[].path) or O(files[].url).
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description:
          - Path of the file on the server of O(pulp_url), below O(content_path_prefix), such as
            V(kayobe-images/2025.1/rocky/9/latest/overcloud-rocky-9.qcow2).
        type: str
      url:
        description: URL of the file on any server. It must not contain credentials.
        type: str
      dest:
        description: Path of the local file, or of a directory in which the file gets its original name.
        type: path
        required: true
      sha256:
        description: Expected SHA-256 checksum of the file.
        type: str
      checksum:
        description:
          - Whether to read the expected checksum from C(<file>.sha256) on the same server, if
            O(files[].sha256) is not set.
          - With V(false) and without O(files[].sha256), a file of O(files[].path) is verified with
            C(PULP_MANIFEST), Pulp's list of the files in a publication.
          - If there is no such list, and for files of O(files[].url), nothing is verified, and a file
            that exists is not downloaded again.
        type: bool
        default: true
      mode:
        description:
          - Permissions of the file as a quoted octal number, such as V('0640').
          - By default an existing file keeps its permissions, and a new file gets those of the umask.
        type: str
extends_documentation_fragment:
  - stackhpc.release_train.pulp
notes:
  - Check mode downloads checksum files and lists of files only.
seealso:
  - module: stackhpc.release_train.pulp_file_content
"""

EXAMPLES = r"""
- name: Download a released disk image from Ark
  stackhpc.release_train.pulp_file_download:
    pulp_url: https://ark.example.com
    username: client
    password: "{{ vault_ark_password }}"
    files:
      - path: kayobe-images/2025.1/rocky/9/latest/overcloud-rocky-9.qcow2
        dest: /var/lib/images/

- name: Download a file from another server
  stackhpc.release_train.pulp_file_download:
    pulp_url: https://images.example.com
    files:
      - url: https://images.example.com/cirros-0.6.2.img
        sha256: 07e44a73e54c94d988028515403c1ed762055e01b83a767edf3c2b387f78ce00
        dest: /var/lib/images/cirros.img
        mode: '0644'
"""

RETURN = r"""
results:
  description: One entry for each file, in the order of the list.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Path or URL of the file., type: str, returned: always}
    type: {description: Always V(file)., type: str, returned: always}
    action:
      description:
        - V(created), V(updated) if the content or the permissions changed, V(unchanged) or V(failed).
      type: str
      returned: always
    changed: {description: Whether the local file changed., type: bool, returned: always}
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
    url: {description: URL of the file., type: str, returned: always}
    dest: {description: Path of the local file., type: str, returned: always}
    sha256: {description: SHA-256 checksum of the file., type: str, returned: always}
    received: {description: Number of downloaded bytes., type: int, returned: always}
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

from ..module_utils.content.download import download_files
from ..module_utils.module import run


def main() -> None:
    texts = {name: {"type": "str"} for name in ("path", "url", "sha256", "mode")}
    item = {
        **texts,
        "dest": {"type": "path", "required": True},
        "checksum": {"type": "bool", "default": True},
    }
    files = {"type": "list", "elements": "dict", "required": True, "options": item}
    run({"files": files}, download_files, "file")


if __name__ == "__main__":
    main()
