#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: release_promote
short_description: Promote everything that a release lock names, or nothing
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Promotes a release on Ark. Package snapshots and disk images get the content guard of released content,
    and tags of container images are copied to the namespace of released images. Finally the lock and its
    signature are served as C(releases/<name>.yml) and C(releases/<name>.yml.asc) behind the same guard, by
    the file repository C(release-train) and its distribution C(releases).
  - Validates everything before the first change and reports all problems together. Snapshots, disk images
    and tags must exist and have the digests of the lock, the content guard must exist, the evidence of
    O(required_evidence) must have passed for the digest of the lock, and released tags must not move.
  - Reads all changes back. If one fails, all are rolled back in reverse order, where the server still has
    the values of this run. What could not be rolled back is part of the error.
  - Promotions and rollbacks of one server exclude each other by a content guard C(release-train-mutex). The
    module waits two minutes for another one.
  - A content guard C(release-train-journal) has what was there before. It exists from the first change to
    the end of the run. If a run was killed, the next promotion of the same release completes it, and that
    of another release rolls it back first. A warning reports either.
  - If it is interrupted by SIGINT, SIGTERM or SIGHUP, it completes the promotion or rolls it back.
  - A second run changes nothing.
options:
  lock:
    description: File of the lock. Its signature is C(<lock>.asc), if that file exists.
    type: path
    required: true
  keyring:
    description:
      - File with exported OpenPGP public keys. If it is set, the lock must have a valid signature of one of
        these keys.
    type: path
  required_evidence:
    description: Names of the tests that must be recorded as passed for the digest of the lock.
    type: list
    elements: str
    default: []
  content_guard:
    description: Content guard of released content. It must exist.
    type: str
    default: release
  container_namespace:
    description: Namespace of released container images.
    type: str
    default: stackhpc
  container_namespace_development:
    description: Namespace from which the tags of container images are copied.
    type: str
    default: stackhpc-dev
  force:
    description:
      - Whether released tags that have another digest are moved, and whether another release with the same
        name is replaced.
    type: bool
    default: false
  cache_path:
    description: Directory for the package lists of repositories. It is created if it does not exist.
    type: path
    default: ~/.cache/stackhpc-release-train
extends_documentation_fragment:
  - stackhpc.release_train.pulp
requirements:
  - PyYAML
notes:
  - Pulp has no transactions. For a few seconds clients can see a part of the release.
  - The account must be able to create content guards.
  - Repositories and private distributions of new container images, which are empty, and files of the
    repository C(release-train) that are not served are not removed by a rollback.
seealso:
  - module: stackhpc.release_train.release_lock
  - module: stackhpc.release_train.release_record
  - module: stackhpc.release_train.release_rollback
  - module: stackhpc.release_train.package_promote
"""

EXAMPLES = r"""
- name: Promote a release that was tested
  stackhpc.release_train.release_promote:
    lock: "{{ playbook_dir }}/2025.1-20261122T093000.yml"
    required_evidence: [smoke, tempest]
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
    - "epel_9  20261118T020000  development -> release"
    - "release 2025.1-20261122T093000 is promoted: 43 package repositories, 41,234 packages, 150 container
      images"
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
    action: {description: 'V(created), V(copied), V(updated), V(unchanged) or V(failed).', type: str, returned: always}
    changed: {description: Whether the item changed., type: bool, returned: always}
    before: {description: Changed values before the run., type: dict, returned: always}
    after: {description: Changed values after the run., type: dict, returned: always}
    seconds: {description: Always 0. All items change together., type: float, returned: always}
    error: {description: Error message. Empty if the item succeeded., type: str, returned: always}
    cause: {description: Cause of the error in a few words., type: str, returned: when it is known}
    hint: {description: What to do about the cause., type: str, returned: when it is known}
    short_name: {description: 'Short name, name of the image, or name of the release.', type: str, returned: always}
    stamp: {description: 'Stamp, version or tag.', type: str, returned: always}
    base_path: {description: Path at which the snapshot is served., type: str, returned: for snapshots and disk images}
    change: {description: 'Content guard, or digest of the tag, before and after.', type: str, returned: when changed}
    valid_until:
      description: When the metadata of the snapshot expires, such as V(2026-12-05T12:00:00Z).
      type: str
      returned: when it expires
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
from ..module_utils.release_lock.promote import promote_release


def main() -> None:
    options = {
        **PROMOTION_OPTIONS,
        "required_evidence": {"type": "list", "elements": "str", "default": []},
        "content_guard": {"type": "str", "default": "release"},
        "container_namespace_development": {"type": "str", "default": "stackhpc-dev"},
        "force": {"type": "bool", "default": False},
    }
    run(options, promote_release, "item")


if __name__ == "__main__":
    main()
