#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: package_snapshot
short_description: Sync package repositories and take snapshots of them
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Creates or updates the repository and remote of each package repository of the inventory, syncs it
    from upstream, publishes the new content and serves it as a snapshot. Repositories are processed
    independently of each other.
  - A snapshot is immutable. It is one distribution named C(<distribution_name><stamp>) at the path
    C(<base_path><stamp>) with the content guard O(content_guard).
  - Creates no snapshot of a repository whose newest snapshot serves its latest version.
  - Skips items with C(sync) V(false) whose repository does not exist, with one warning.
  - Warns about snapshots of Debian repositories whose metadata expires (C(Valid-Until) of a suite), with the
    date, and records it in the label C(release_train_valid_until).
  - Processes all repositories even if some of them fail. The module then fails with the error of each.
options:
  stamp:
    description:
      - Stamp of the snapshots that this run creates, C(YYYYMMDDTHHMMSS) in UTC. Defaults to the start
        time of the run, by Pulp's clock. A stamp in the future is refused.
      - If the newest snapshot of a repository has a later stamp than the default, the new one gets the stamp of
        one second after it.
      - Content that an earlier run synced without taking a snapshot gets the time of that sync as its stamp.
    type: str
  content_guard:
    description: Content guard of new snapshots. It must exist. An empty string makes them public.
    type: str
    default: development
  shrink_limit:
    description:
      - Percentage of lost packages above which a new snapshot gets the label
        C(release_train_shrunk). M(stackhpc.release_train.package_query) skips such a snapshot unless it is
        requested by its stamp.
      - A new snapshot without packages gets the label in any case, unless the item has C(allow_empty).
    type: float
    default: 30
  notable:
    description:
      - Regular expressions of package names. New versions of packages whose whole name matches are
        reported by name. Defaults to kernels, core libraries, hypervisors and container runtimes.
    type: list
    elements: str
  stale_after:
    description:
      - Number of days without a successful sync after which a repository of the inventory is returned
        in RV(stale), whether or not it is selected. V(0) disables the check.
    type: float
    default: 7
  storage_limit:
    description: RV(storage.low) is V(true) if less than this percentage of the storage is free.
    type: float
    default: 10
  optimize:
    description: Whether Pulp skips a sync if the metadata of upstream has not changed.
    type: bool
    default: true
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.packages.snapshot
  - stackhpc.release_train.packages.filters
  - stackhpc.release_train.pulp.syncing
  - stackhpc.release_train.packages.syncing
seealso:
  - module: stackhpc.release_train.package_promote
  - module: stackhpc.release_train.package_mirror
  - module: stackhpc.release_train.package_query
"""

EXAMPLES = r"""
- name: Take snapshots of all Rocky Linux 9 repositories
  stackhpc.release_train.package_snapshot:
    rpm: "{{ rpm_package_repos }}"
    deb: "{{ deb_package_repos }}"
    package_filter: ^rocky_9_
  register: snapshot

- name: Show the stamp of the newest snapshot of each repository
  ansible.builtin.debug:
    var: snapshot.stamps
"""

RETURN = r"""
stamp:
  description: Stamp of the snapshots that this run took.
  returned: success
  type: str
  sample: 20261122T200001
stamps:
  description: Mapping of short name to the stamp of the newest snapshot.
  returned: always
  type: dict
  sample: {rocky_9_baseos: 20261122T200001}
duplicates:
  description:
    - Number of deleted publications of repository versions that have another one with the same settings. Those that a
      distribution serves and those of the last hour are kept. In check mode, the number of those to delete.
  returned: success
  type: int
notes:
  description: Lines for the run summary.
  returned: when duplicate publications were deleted
  type: list
  elements: str
stale:
  description:
    - Repositories without a recent successful sync. C(last) is the day of the last one, or empty if it is
      not known.
  returned: always
  type: list
  elements: dict
  sample: [{name: rocky_9_extras, type: rpm, last: "2026-11-02"}]
storage:
  description:
    - Storage of Pulp. Empty if Pulp does not report it.
  returned: always
  type: dict
  contains:
    total: {description: Size in bytes., type: int, returned: when Pulp reports it}
    used: {description: Used space in bytes., type: int, returned: when Pulp reports it}
    free: {description: Free space in bytes., type: int, returned: when Pulp reports it}
    low:
      description: Whether less than O(storage_limit) percent is free.
      type: bool
      returned: when Pulp reports it
  sample: {total: 2199023255552, used: 2091723161600, free: 107300093952, low: true}
selected:
  description: How many repositories were selected, as text.
  returned: always
  type: str
  sample: selected 12 of 176
results:
  description: One entry for each repository, in the order of the inventory, invalid items last.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the repository., type: str, returned: always}
    type: {description: V(rpm) or V(deb)., type: str, returned: always}
    action:
      description: V(created), V(updated), V(synced), V(unchanged), V(skipped) or V(failed).
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
    hint:
      description: What to do about the cause.
      type: str
      returned: when the item failed and the cause is known
    allowed:
      description: Whether the failure is allowed by C(allow_failure).
      type: bool
      returned: when the item failed and the failure is allowed
    short_name: {description: Short name of the repository., type: str, returned: always}
    stamp: {description: Stamp of the newest snapshot., type: str, returned: always}
    snapshot: {description: Name of the newest snapshot., type: str, returned: always}
    packages: {description: Number of packages in the new version., type: int, returned: when synced}
    packages_added:
      description:
        - Number of packages that the sync added, or that the snapshot has and the one before does not have.
        - The report at O(report_path) also has C(changes), the lists C(added), C(removed), C(upgraded) and
          C(downgraded) of packages that differ from the snapshot before, each with C(name), C(arch), C(version)
          and, if it replaces another version, C(before). It is missing for more than 10,000 changed packages.
      type: int
      returned: when synced
    packages_removed: {description: Number of packages that the sync removed., type: int, returned: when synced}
    packages_upgraded:
      description: Number of added packages of which the repository had an earlier version.
      type: int
      returned: when synced
    packages_downgraded:
      description: Number of packages that were replaced by an earlier version.
      type: int
      returned: when there are any
    notable:
      description: New versions of packages that match O(notable), such as V(kernel 5.14-1 -> 5.14-2).
      type: list
      elements: str
      returned: when synced
    valid_until:
      description: When the metadata of the newest snapshot expires, such as V(2026-12-05T12:00:00Z).
      type: str
      returned: when it expires
    shrunk:
      description:
        - Number of packages C(before) and C(after) the loss. C(advice) is where to look when none are left.
      type: dict
      returned: when the snapshot has lost too many packages, or has none
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
