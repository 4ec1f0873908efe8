#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: release_verify
short_description: Compare what a Pulp server serves with a release lock
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Compares each package repository, container image and disk image of a release lock with what a Pulp
    server, Ark or that of a client, serves to the account of the connection.
  - A package repository is the same if the digests of its metadata are. A mirror that writes its own metadata
    is compared by the digest of its packages.
  - A disk image is the same if its list of files with their SHA-256 and size is.
  - Source repositories are not compared, because a Pulp server does not have them.
  - Downloads no packages and changes nothing.
  - Fails if the server does not serve exactly what the lock names, or the lock has nothing to compare.
options:
  lock:
    description: File of the lock.
    type: path
    required: true
  container_namespace:
    description: Namespace of the container images.
    type: str
    default: stackhpc
  keyring:
    description:
      - File with exported OpenPGP public keys. If it is set, a lock must have a valid signature C(<lock>.asc)
        of one of these keys.
    type: path
  cache_path:
    description: Directory for the package lists of repositories. It is created if it does not exist.
    type: path
    default: ~/.cache/stackhpc-release-train
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.release_lock
  - module: stackhpc.release_train.access_check
"""

EXAMPLES = r"""
- name: Verify that Ark serves a release
  stackhpc.release_train.release_verify:
    lock: "{{ playbook_dir }}/2025.1-20261122T093000.yml"
"""

RETURN = r"""
release:
  description: Name of the release.
  returned: when the lock was read
  type: str
signer:
  description: Fingerprint of the key that signed the lock. Empty without O(keyring).
  returned: when the lock was read
  type: str
lines:
  description: One line for each difference, at most 40, followed by the counts.
  returned: when the lock was read
  type: list
  elements: str
  sample:
    - "epel_9  different  its packages differ from the lock: 10,412 instead of 10,411"
    - "release 2025.1-20261122T093000, https://ark.example.com: 192 ok, 1 different"
answer:
  description: The counts as one line.
  returned: when the lock was read
  type: str
results:
  description: One entry for each package repository, image tag and disk image of the lock, sorted by type and name.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: 'Short name, image with its tag, or repository of the disk image.', type: str, returned: always}
    type: {description: 'V(rpm), V(deb), V(file), V(python), V(image) or V(disk_image).', type: str, returned: always}
    action: {description: V(unchanged) or V(failed)., type: str, returned: always}
    changed: {description: Always V(false)., type: bool, returned: always}
    before: {description: Always empty., type: dict, returned: always}
    after: {description: Always empty., type: dict, returned: always}
    seconds: {description: Elapsed time in seconds., type: float, returned: always}
    error: {description: What differs. Empty if nothing does., type: str, returned: always}
    cause: {description: Value of C(state)., type: str, returned: when the item failed}
    short_name: {description: 'Short name, or name of the image or repository.', type: str, returned: always}
    stamp: {description: 'Stamp, tag or version.', type: str, returned: always}
    state:
      description:
        - V(ok) means that exactly what the lock names is served.
        - V(missing) means that nothing is served, V(different) that something else is.
        - V(denied) means that the account may not read it.
        - V(unreachable) means that this is not known, for example because the server did not respond as
          expected.
      type: str
      returned: always
summary:
  description: Number of items that are ok (unchanged), changed, failed and skipped.
  returned: always
  type: dict
  sample: {ok: 192, changed: 0, failed: 1, skipped: 0}
statistics:
  description: Number of requests that the module sent to the content app and the registry.
  returned: always
  type: dict
  sample: {requests: 197, polls: 0, tasks: 0}
seconds:
  description: Elapsed time of the module in seconds.
  returned: always
  type: float
"""

from ..module_utils.module import run
from ..module_utils.release_lock.options import CACHE_OPTIONS, CONTAINER_OPTIONS, KEYRING_OPTIONS
from ..module_utils.release_lock.verify import verify_release


def main() -> None:
    options = {
        **CONTAINER_OPTIONS,
        **CACHE_OPTIONS,
        **KEYRING_OPTIONS,
        "lock": {"type": "path", "required": True},
    }
    run(options, verify_release, "item")


if __name__ == "__main__":
    main()
