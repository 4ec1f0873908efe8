#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: package_snapshot
short_description: Take snapshots of package repositories
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Walks each package repository of the inventory through repository, remote, sync, publication
    and distribution, each at its own pace, and serves what is new under a stamp.
  - A snapshot is served for ever by one distribution, named C(<distribution_name><stamp>) at
    C(<base_path><stamp>), behind O(content_guard).
  - A repository whose newest snapshot serves its latest version makes no new one.
  - A failed repository does not stop the others. The module fails at the end and names each.
options:
  stamp:
    description:
      - The stamp of the snapshots that this run makes, C(YYYYMMDDTHHMMSS) in UTC. The start of
        the run unless given.
      - Content that an earlier run synced and never served gets the time at which it was synced.
    type: str
  content_guard:
    description: The guard of new snapshots. It must exist. Empty for none.
    type: str
    default: development
  shrink_limit:
    description:
      - A new snapshot with so many percent fewer packages than the last one is made and marked with
        the label C(release_train_shrunk). M(stackhpc.release_train.package_query) passes over it
        unless it is named.
    type: float
    default: 30
  notable:
    description:
      - Regular expressions that match the whole names of packages whose new versions are told by
        name. The default has kernels, libraries of everything, hypervisors and containers.
    type: list
    elements: str
  stale_after:
    description:
      - Repositories of the whole inventory without a successful sync for so many days are returned
        as RV(stale). Zero for none.
    type: float
    default: 7
  storage_limit:
    description: RV(storage) is low when less than so many percent of it are free.
    type: float
    default: 10
  optimize:
    description: Whether Pulp skips a sync when upstream's metadata has not changed.
    type: bool
    default: true
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.packages.inventory
  - stackhpc.release_train.pulp.syncing
  - stackhpc.release_train.packages.syncing
seealso:
  - module: stackhpc.release_train.package_promote
  - module: stackhpc.release_train.package_mirror
"""

EXAMPLES = r"""
- name: Take snapshots of all Rocky Linux 9 repositories
  stackhpc.release_train.package_snapshot:
    rpm: "{{ rpm_package_repos }}"
    deb: "{{ deb_package_repos }}"
    package_filter: ^rocky_9_
  register: snapshot

- name: Show the stamp that each repository is at
  ansible.builtin.debug:
    var: snapshot.stamps
"""

RETURN = r"""
stamp:
  description: The stamp of snapshots made by this run.
  returned: success
  type: str
  sample: 20261122T200001
stamps:
  description: Short name to the stamp of the snapshot that each repository is now at.
  returned: always
  type: dict
  sample: {rocky_9_baseos: 20261122T200001}
stale:
  description: Repositories without a successful sync for long. C(last) is its day, or empty.
  returned: always
  type: list
  elements: dict
  sample: [{name: rocky_9_extras, type: rpm, last: "2026-11-02"}]
storage:
  description: Bytes C(total), C(used), C(free) of Pulp's storage, and whether that is C(low).
  returned: always
  type: dict
  sample: {total: 2199023255552, used: 2091723161600, free: 107300093952, low: true}
selected:
  description: How many repositories were selected.
  returned: always
  type: str
  sample: selected 12 of 176
results:
  description: One entry for each repository, in the order of the inventory.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the repository., type: str, returned: always}
    type: {description: V(rpm) or V(deb)., type: str, returned: always}
    action: {description: What was done., type: str, returned: always}
    changed: {description: Whether something changed., type: bool, returned: always}
    before: {description: What differed before., type: dict, returned: always}
    after: {description: What differs now., type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: What went wrong., type: str, returned: always}
    short_name: {description: Key of its pin., type: str, returned: always}
    stamp: {description: Stamp of its snapshot., type: str, returned: always}
    snapshot: {description: Name of its snapshot., type: str, returned: always}
    cause: {description: Why it failed in plain words., type: str, returned: known}
    allowed: {description: It may fail., type: bool, returned: failed and allowed}
    packages: {description: Packages that a new version has., type: int, returned: synced}
    packages_upgraded: {description: Added ones that were there before., type: int, returned: synced}
    notable: {description: 'Those that matter, V(kernel 5.14-1 -> 5.14-2).', type: list, returned: synced}
    shrunk: {description: Numbers of packages C(before) and C(after)., type: dict, returned: flagged}
    packages_added: {description: Packages that the sync added., type: int, returned: synced}
    packages_removed: {description: Packages that it removed., type: int, returned: synced}
summary:
  description: How many items are ok, changed, failed, skipped.
  returned: always
  type: dict
statistics:
  description: Requests, polls and Pulp tasks of this run.
  returned: always
  type: dict
"""

from ..module_utils.module import run
from ..module_utils.release.options import (
    SELECTION_OPTIONS,
    SYNC_OPTIONS,
    inventory_defaults,
    inventory_lists,
)
from ..module_utils.release.snapshot import snapshot_packages


def main() -> None:
    options = {
        **inventory_lists(),
        **inventory_defaults(),
        **SELECTION_OPTIONS,
        **SYNC_OPTIONS,
        "stamp": {"type": "str"},
        "content_guard": {"type": "str", "default": "development"},
        "shrink_limit": {"type": "float", "default": 30},
        "notable": {"type": "list", "elements": "str"},
        "stale_after": {"type": "float", "default": 7},
        "storage_limit": {"type": "float", "default": 10},
        "optimize": {"type": "bool", "default": True},
    }
    run(options, snapshot_packages, "package repository")


if __name__ == "__main__":
    main()
