#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: package_query
short_description: Find the newest snapshot of each package repository
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Finds the newest snapshot of each package repository of the inventory, or the snapshot of an earlier
    time. Changes nothing.
  - Sends one small request for each repository, regardless of the number of its snapshots.
  - Ignores snapshots without content.
  - Skips, with a warning, a snapshot that lost too many packages (label C(release_train_shrunk)), and
    returns the previous one. A snapshot that is released, which means that its content
    guard is not O(content_guard), is not skipped, and neither is one that is requested by its exact stamp.
  - Warns about snapshots whose metadata expires (label C(release_train_valid_until)), with the date.
  - Reports a repository without such a snapshot in a warning. It is an error if an exact stamp is
    requested, or if no repository has a snapshot.
options:
  stamp:
    description:
      - Stamp of the snapshots in the form C(YYYYMMDDTHHMMSS), or the first part of it, such as a day
        C(YYYYMMDD). If several snapshots match, the newest one is returned.
    type: str
  stamp_until:
    description:
      - Returns the newest snapshot whose stamp is not later than this stamp, or than the end of this
        day, month, hour or minute.
    type: str
  package_versions:
    description:
      - Returns the snapshots of these pins, a mapping of short name to stamp. They can name deprecated
        repositories.
    type: dict
    required: false
  compare_with:
    description:
      - Returns what differs from the snapshots of these pins, a mapping of short name to stamp, which takes a few
        requests for each repository with another stamp, regardless of the number of packages.
    type: dict
  content_guard:
    description: Content guard of snapshots that are not released. An empty string means no content guard.
    type: str
    default: development
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.packages.names
  - stackhpc.release_train.packages.filters
  - stackhpc.release_train.packages.pins
seealso:
  - module: stackhpc.release_train.package_snapshot
  - module: stackhpc.release_train.distribution_list
"""

EXAMPLES = r"""
- name: Find the newest snapshots of Rocky Linux 9
  stackhpc.release_train.package_query:
    rpm: "{{ rpm_package_repos }}"
    package_filter: ^rocky_9_
  register: newest

- name: Promote them
  stackhpc.release_train.package_promote:
    rpm: "{{ rpm_package_repos }}"
    package_versions: "{{ newest.versions }}"

- name: Find the newest snapshots of 20 November or earlier
  stackhpc.release_train.package_query:
    rpm: "{{ rpm_package_repos }}"
    deb: "{{ deb_package_repos }}"
    stamp_until: "20261120"
"""

RETURN = r"""
versions:
  description: Mapping of short name to stamp, in the form of O(package_versions).
  returned: always
  type: dict
  sample: {rocky_9_baseos: 20261122T200001}
without:
  description: Short names of repositories without such a snapshot.
  returned: always
  type: list
  elements: str
flagged:
  description: Snapshots that were skipped because they have lost too many packages.
  returned: always
  type: list
  elements: dict
  contains:
    short_name: {description: Short name of the repository., type: str, returned: always}
    stamp: {description: Stamp of the snapshot., type: str, returned: always}
    packages_before: {description: Number of packages before the loss. V(0) if there are none., type: str, returned: always}
differences:
  description: A line with the changed packages for each snapshot that O(compare_with) has another stamp of.
  returned: always
  type: list
  elements: str
  sample: ['epel_9  +12 -3, 9 upgraded since 20261101T000000']
lines:
  description: The snapshots as a table.
  returned: always
  type: list
  elements: str
selected:
  description: How many repositories or pins were selected, as text, and which ones no repository has.
  returned: always
  type: str
  sample: selected 12 of 176
unknown_pins:
  description: Pinned short names that no repository has.
  returned: always
  type: list
  elements: str
results:
  description: One entry for each repository, in the order of the inventory.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the repository., type: str, returned: always}
    type: {description: V(rpm) or V(deb)., type: str, returned: always}
    action:
      description: V(unchanged), V(skipped) if there is no such snapshot, or V(failed).
      type: str
      returned: always
    changed: {description: Always V(false)., type: bool, returned: always}
    before: {description: Always empty., type: dict, returned: always}
    after: {description: Always empty., type: dict, returned: always}
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
    short_name: {description: Short name of the repository., type: str, returned: always}
    stamp: {description: Stamp of the snapshot., type: str, returned: always}
    snapshot: {description: Name of the snapshot., type: str, returned: always}
    base_path: {description: Path at which the snapshot is served., type: str, returned: always}
    content_guard: {description: Name of its content guard., type: str, returned: always}
    difference:
      description: Numbers of packages that differ from the snapshot in O(compare_with).
      type: str
      returned: when O(compare_with) has another stamp
    packages_added:
      description: Number of packages that the snapshot in O(compare_with) does not have.
      type: int
      returned: when it was compared
    packages_removed:
      description: Number of packages that only the snapshot in O(compare_with) has.
      type: int
      returned: when it was compared
    packages_upgraded:
      description: Number of packages that replace an earlier version.
      type: int
      returned: when it was compared
    packages_downgraded:
      description: Number of packages that replace a later version.
      type: int
      returned: when there are any
    notable:
      description: New versions of kernels, core libraries, hypervisors and container runtimes.
      type: list
      elements: str
      returned: when it was compared
    packages_before:
      description: Number of packages before the loss, if the snapshot has lost too many packages.
      type: str
      returned: always
    valid_until:
      description: When the metadata of the snapshot expires, such as V(2026-12-05T12:00:00Z).
      type: str
      returned: when it expires
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
    PIN_OPTIONS,
    SELECTION_OPTIONS,
    inventory_defaults,
    inventory_lists,
)
from ..module_utils.release.query import query_packages


def main() -> None:
    options = {
        **inventory_lists(),
        **inventory_lists("deprecated_"),
        **inventory_defaults(),
        **SELECTION_OPTIONS,
        **PIN_OPTIONS,
        "stamp": {"type": "str"},
        "stamp_until": {"type": "str"},
        "package_versions": {"type": "dict"},
        "compare_with": {"type": "dict"},
        "content_guard": {"type": "str", "default": "development"},
    }
    run(options, query_packages, "package repository")


if __name__ == "__main__":
    main()
