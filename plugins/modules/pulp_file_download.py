#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_file_download
short_description: Download files, and check them before they count
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Downloads files of any size from a Pulp, or from anywhere, and checks each by its sha256.
  - A file that is there with the right checksum is neither downloaded nor written.
  - Until it is complete and checked, a file is beside its place as C(<dest>.part). A run that was
    killed or cut off leaves that behind, and the next one asks for the rest only.
  - Username, password and client certificate go to the server of O(pulp_url) and to no other,
    also when that one redirects. All other servers are asked without them.
  - A failed item does not stop the others. The module fails at the end and names each.
options:
  files:
    description: Files to download. Each has either O(files[].path) or O(files[].url).
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description:
          - Where the Pulp of O(pulp_url) serves the file, such as
            V(kayobe-images/2025.1/rocky/9/latest/overcloud-rocky-9.qcow2).
        type: str
      url:
        description: Where the file is, on any server. It must not hold credentials.
        type: str
      dest:
        description: The local file, or a folder, which keeps the file under its own name.
        type: path
        required: true
      sha256:
        description: The checksum that the file must have.
        type: str
      checksum:
        description:
          - Whether the checksum is read from the file of the same URL and C(.sha256), where
            O(files[].sha256) does not say it.
          - With V(false) and without O(files[].sha256) a file of O(files[].path) is checked by
            C(PULP_MANIFEST), the list that Pulp makes of all files that it publishes.
          - Where there is no such list, and with O(files[].url), nothing is checked, and a file that
            is there stays as it is.
        type: bool
        default: true
      mode:
        description:
          - Permissions of the file, such as V('0640'), in quotes.
          - By default it keeps those that it has, and a new one gets the usual ones.
        type: str
extends_documentation_fragment:
  - stackhpc.release_train.pulp
notes:
  - In check mode nothing is downloaded but checksum files and lists of files.
seealso:
  - module: stackhpc.release_train.pulp_file_content
"""

EXAMPLES = r"""
- name: Download a disk image that Ark has released
  stackhpc.release_train.pulp_file_download:
    pulp_url: https://ark.example.com
    username: client
    password: "{{ vault_ark_password }}"
    files:
      - path: kayobe-images/2025.1/rocky/9/latest/overcloud-rocky-9.qcow2
        dest: /var/lib/images/

- name: Download a file from elsewhere
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
  description: One entry for each item, in the order of the list.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: The path or URL., type: str, returned: always}
    type: {description: V(file)., type: str, returned: always}
    action:
      description: V(created), V(updated) (other content, or another mode), V(unchanged) or V(failed).
      type: str
      returned: always
    changed: {description: Whether the local file changed., type: bool, returned: always}
    before: {description: What differed before., type: dict, returned: always}
    after: {description: What differs now., type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: What went wrong., type: str, returned: always}
    url: {description: Where it was downloaded from., type: str, returned: always}
    dest: {description: The local file., type: str, returned: always}
    sha256: {description: Its checksum., type: str, returned: always}
    received: {description: Bytes of it that were downloaded., type: int, returned: always}
summary:
  description: How many items are ok, changed, failed, skipped.
  returned: always
  type: dict
  sample: {ok: 1, changed: 1, failed: 0, skipped: 0}
statistics:
  description: Requests of this run.
  returned: always
  type: dict
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
