#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: release_prune
short_description: Delete what no kept release names, with its content
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Deletes snapshots of packages, versions of disk images and tags of container images that no release
    lock names, then the publications and repository versions that no distribution serves, then content
    that is in no repository version. Without O(confirm) it only returns what would be deleted.
  - Works on any Pulp server. It looks at the package repositories of the inventory, those of the locks and
    those of production channels, at disk images whose version ends in a stamp, and at the images in
    O(container_namespaces).
  - Keeps what a lock in O(locks) names, what a lock that the server itself serves as C(releases/<name>.yml)
    names, what a configuration pins, snapshots with another content guard than O(content_guard), the newest
    ones, young ones, and what a distribution serves, such as a channel, or served before its last
    promotion. RV(kept) has the reason of each object.
  - If package repositories are selected by a filter, disk images and production channels are not looked at.
    O(container_namespaces) do not depend on filters.
  - Keeps tags that do not end in a stamp, and an image that a lock names although its tag points to another
    one now.
  - Never deletes the latest version of a repository or its newest published version.
  - With O(confirm), no promotion of the collection runs at the same time, except while content is
    deleted that is in no repository version. The module waits two minutes for a promotion.
  - Before each deletion reads again what it deletes and what serves it. If a run is interrupted, the next
    one deletes the rest.
options:
  locks:
    description:
      - Files of locks of releases that are kept, and directories in which all files C(*.yml) are such locks.
        A file that cannot be read is an error, and nothing is deleted.
    type: list
    elements: path
  published:
    description:
      - Whether the releases are kept whose locks the server itself serves, as Ark does after a promotion.
    type: bool
    default: true
  keyring:
    description:
      - File with exported OpenPGP public keys. If it is set, each file in O(locks) must have a valid
        signature C(<lock>.asc) of one of these keys.
    type: path
  pins:
    description:
      - Pins of packages that are kept, a mapping of the name of a configuration to its pins (short name to
        stamp). With O(confirm) a lock or a configuration is required, and each configuration must pin a
        repository of the inventory or of a lock, unless O(allow_empty_pins).
    type: dict
  container_tags:
    description:
      - Tags that are kept of all images, a mapping of the name of a configuration to a list of tags, or of stamps,
        which keep all tags that end in them.
    type: dict
  image_versions:
    description:
      - Versions of disk images that are kept, a mapping of the name of a configuration to its versions
        (repository to version).
    type: dict
  allow_empty_pins:
    description:
      - Whether to delete although there is no lock and no configuration, or a configuration pins no known
        repository. Then only the other rules keep something.
    type: bool
    default: false
  container_namespaces:
    description:
      - Namespaces of container images whose tags are deleted, such as that of development on Ark. The
        images of other namespaces are not looked at.
    type: list
    elements: str
    default: []
  content_guard:
    description:
      - Content guard of snapshots that are not released. All others are kept. V(none) is for a server whose
        snapshots have no content guard, such as that of a client.
      - If there is no such guard, all snapshots are kept, with a warning.
    type: str
    default: development
  keep_last:
    description:
      - Number of newest snapshots of each package repository and disk image that are kept, of newest tags of
        each image with the same text before their stamps, and of newest published versions of a repository
        without snapshots, as on a client with channels. 1 or more.
    type: int
    default: 3
  min_age:
    description:
      - Age in days below which a snapshot, a tag, a publication or a repository version is kept. A tag is as
        old as its stamp, a snapshot as its stamp or its distribution, whichever is newer.
    type: float
    default: 30
  limit:
    description:
      - Maximum number of snapshots, of tags, and of repository versions, that one run deletes, the oldest
        first. It spreads a first cleanup over several nights.
    type: int
    default: 100
  orphans:
    description:
      - Whether content that is in no repository version is deleted in the end, on the whole server.
        Pulp keeps content that is younger than its setting C(ORPHAN_PROTECTION_TIME).
    type: bool
    default: true
  confirm:
    description: Whether to delete. By default the module returns a plan.
    type: bool
    default: false
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.packages.names
  - stackhpc.release_train.packages.filters
requirements:
  - PyYAML
notes:
  - The account must be able to see all distributions of the server, as an administrator can.
  - A release is kept as long as its lock is. To delete the content of an old one, withdraw it on the server
    and move its file out of O(locks).
seealso:
  - module: stackhpc.release_train.release_lock
  - module: stackhpc.release_train.distribution_clean
"""

EXAMPLES = r"""
- name: Plan the deletion of what no release names and is older than half a year
  stackhpc.release_train.release_prune:
    locks: [/src/kayobe-config/releases]
    container_namespaces: [stackhpc-dev]
    min_age: 180
  register: plan

- name: Print the plan
  stackhpc.release_train.text_show:
    text: "{{ plan.lines }}"
"""

RETURN = r"""
releases:
  description: Names of the releases whose locks are kept.
  returned: always
  type: list
  elements: str
lines:
  description: What is deleted, what is kept for which reason, and the used storage.
  returned: always
  type: list
  elements: str
kept:
  description: One entry for each snapshot, image tag and repository version that is kept.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: 'Name of the distribution, image and tag, or repository and version.', type: str, returned: always}
    type: {description: 'V(rpm), V(deb), V(file) or V(container).', type: str, returned: always}
    why: {description: Why it is kept., type: str, returned: always}
frees:
  description:
    - How many bytes a plan would free at most. Content that other repositories have, too, is not freed, and content
      that Pulp has not downloaded has no size. Null if it is unknown, and after a deletion.
  returned: always
  type: int
stale_versions:
  description: Number of repository versions to delete, in this run and, because of the limit, in later ones.
  returned: always
  type: int
storage_use:
  description: Used storage of the server. Object storage is not reported by Pulp.
  returned: always
  type: dict
  contains:
    used_before: {description: 'In bytes, before the run. Null if unknown.', type: int, returned: always}
    used_after: {description: 'In bytes, after a run that deletes. Null otherwise.', type: int, returned: always}
results:
  description: One entry for each snapshot, each image with tags and each repository version to delete, and one for
    orphaned content.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: 'Name of the distribution or image, or repository and version.', type: str, returned: always}
    type: {description: 'V(rpm), V(deb), V(file), V(container) or V(orphans).', type: str, returned: always}
    action:
      description: V(deleted), V(removed) for tags, V(planned), V(skipped) if it came into use meanwhile, V(unchanged) or V(failed).
      type: str
      returned: always
    changed: {description: Whether the item changed., type: bool, returned: always}
    before: {description: Changed values before the run., type: dict, returned: always}
    after: {description: Changed values after the run., type: dict, returned: always}
    seconds: {description: Elapsed time in seconds., type: float, returned: always}
    error: {description: Error message. Empty if the item succeeded., type: str, returned: always}
    cause:
      description: Cause of the error in a few words.
      type: str
      returned: when the item failed and the cause is known
    kept: {description: Why it was kept after all., type: str, returned: for snapshots and skipped items}
    short_name: {description: Short name of the repository., type: str, returned: for snapshots}
    stamp: {description: Stamp of the snapshot., type: str, returned: for snapshots}
    base_path: {description: Path at which the snapshot is served., type: str, returned: for snapshots}
    repository: {description: Name of the repository., type: str, returned: for repository versions}
    version: {description: Number of the version., type: int, returned: for repository versions}
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

from ..module_utils.module import run
from ..module_utils.release.options import SELECTION_OPTIONS, inventory_defaults, inventory_lists
from ..module_utils.release_lock.options import KEYRING_OPTIONS
from ..module_utils.release_lock.prune import prune_releases


def main() -> None:
    options = {
        **inventory_lists(),
        **inventory_lists("deprecated_"),
        **inventory_defaults(),
        **SELECTION_OPTIONS,
        **KEYRING_OPTIONS,
        "locks": {"type": "list", "elements": "path"},
        "published": {"type": "bool", "default": True},
        "pins": {"type": "dict"},
        "container_tags": {"type": "dict"},
        "image_versions": {"type": "dict"},
        "allow_empty_pins": {"type": "bool", "default": False},
        "container_namespaces": {"type": "list", "elements": "str", "default": []},
        "content_guard": {"type": "str", "default": "development"},
        "keep_last": {"type": "int", "default": 3},
        "min_age": {"type": "float", "default": 30},
        "limit": {"type": "int", "default": 100},
        "orphans": {"type": "bool", "default": True},
        "confirm": {"type": "bool", "default": False},
    }
    run(options, prune_releases, "item")


if __name__ == "__main__":
    main()
