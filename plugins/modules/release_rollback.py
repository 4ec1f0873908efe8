#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: release_rollback
short_description: Withdraw a promoted release from clients
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Undoes the promotion of a release on Ark. Its package snapshots and disk images get the content guard of
    development, its released image tags are removed, and its lock and signature are not served any more.
  - What the lock of another promoted release names is kept. A tag for which another promoted release has
    another digest is set to that digest.
  - Withdraws all or nothing, like M(stackhpc.release_train.release_promote). Both exclude each other, and a
    run that was killed is completed by the next withdrawal of the same release, or undone by the next run
    for another release.
  - Deletes no content. The release can be promoted again as long as it exists in development.
  - A second run changes nothing.
options:
  lock:
    description: File of the lock. If a release with its name is promoted, it must have the same digest.
    type: path
    required: true
  keyring:
    description:
      - File with exported OpenPGP public keys. If it is set, the lock must have a valid signature
        C(<lock>.asc) of one of these keys.
    type: path
  content_guard:
    description: Content guard of content that is not released. It must exist.
    type: str
    default: development
  container_namespace:
    description: Namespace of released container images.
    type: str
    default: stackhpc
  cache_path:
    description: Directory for files of the module. It is created if it is needed and does not exist.
    type: path
    default: ~/.cache/stackhpc-release-train
extends_documentation_fragment:
  - stackhpc.release_train.pulp
requirements:
  - PyYAML
notes:
  - Only releases with a published lock are other promoted releases. A snapshot that was promoted by
    M(stackhpc.release_train.package_promote) alone is withdrawn if the lock names it.
  - Clients that have mirrored the release keep it.
seealso:
  - module: stackhpc.release_train.release_promote
  - module: stackhpc.release_train.package_withdraw
"""

EXAMPLES = r"""
- name: Withdraw a release
  stackhpc.release_train.release_rollback:
    lock: "{{ playbook_dir }}/2025.1-20261122T093000.yml"
"""

RETURN = r"""
release:
  description: Name of the release.
  returned: success
  type: str
digest:
  description: Digest of the lock without its evidence.
  returned: success
  type: str
signer:
  description: Fingerprint of the key that signed the lock. Empty without O(keyring).
  returned: success
  type: str
lines:
  description: One line for each change, followed by the answer.
  returned: success
  type: list
  elements: str
  sample:
    - "epel_9  20261118T020000  release -> development"
    - "release 2025.1-20261122T093000 is withdrawn: 43 package repositories, 41,234 packages; 41 items are
      kept, because other promoted releases name them"
answer:
  description: The release and its contents as one line.
  returned: success
  type: str
results:
  description: One entry for each package repository, disk image and image tag of the lock, followed by one
    for the distribution that serves the locks.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: 'Short name, name of the disk image, image with its tag, or C(releases).', type: str, returned: always}
    type: {description: 'V(rpm), V(deb), V(file), V(image) or V(disk_image).', type: str, returned: always}
    action: {description: 'V(updated), V(removed), V(unchanged) or V(failed).', type: str, returned: always}
    changed: {description: Whether the item changed., type: bool, returned: always}
    before: {description: Changed values before the run., type: dict, returned: always}
    after: {description: Changed values after the run., type: dict, returned: always}
    seconds: {description: Always 0. All items change together., type: float, returned: always}
    error: {description: Error message. Empty if the item succeeded., type: str, returned: always}
    cause: {description: Cause of the error in a few words., type: str, returned: when it is known}
    hint: {description: What to do about the cause., type: str, returned: when it is known}
    short_name: {description: 'Short name, name of the image, or name of the release.', type: str, returned: always}
    stamp: {description: 'Stamp, version or tag.', type: str, returned: always}
    base_path: {description: Path at which the snapshot is served., type: str, returned: for snapshots and disk images that are not kept}
    change: {description: 'Content guard, or digest of the tag, before and after.', type: str, returned: when changed}
    kept_for:
      description: Names of other promoted releases that name the item, which is not changed.
      type: list
      elements: str
      returned: when there are any
summary:
  description: Number of items that are ok (unchanged), changed, failed and skipped.
  returned: always
  type: dict
  sample: {ok: 150, changed: 44, failed: 0, skipped: 0}
statistics:
  description: Number of requests, polls and tasks that the module sent to the API of Pulp.
  returned: always
  type: dict
  sample: {requests: 72, polls: 9, tasks: 48}
seconds:
  description: Elapsed time of the module in seconds.
  returned: always
  type: float
"""

from ..module_utils.module import run
from ..module_utils.release_lock.options import PROMOTION_OPTIONS
from ..module_utils.release_lock.rollback import roll_back_release


def main() -> None:
    options = {**PROMOTION_OPTIONS, "content_guard": {"type": "str", "default": "development"}}
    run(options, roll_back_release, "item")


if __name__ == "__main__":
    main()
