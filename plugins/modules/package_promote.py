#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: package_promote
short_description: Promote pinned snapshots to clients
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Sets the content guard of released content on the pinned snapshots.
  - Promotes all snapshots or none. All snapshots are validated before the first write, the result is
    read back, and if a write fails all changes are rolled back. A snapshot that does not exist or has
    no packages is an error. See O(allow_empty).
  - Warns about snapshots whose metadata expires (label C(release_train_valid_until)), with the date.
  - Promotions of one server exclude each other by a content guard C(release-train-mutex), which exists
    while the module runs. The module waits two minutes for another promotion.
  - If it is interrupted by SIGINT, SIGTERM or SIGHUP, it completes the promotion or rolls it back.
  - Compares each changed snapshot with the newest one of the repository that is released already, which takes a
    few requests for each, regardless of the number of packages. A comparison that fails is a warning.
  - In check mode and in diff mode the module also returns the URL and the number of packages of each
    changed snapshot, which costs a request for each.
options:
  content_guard:
    description: Content guard of released content. It must exist.
    type: str
    default: release
  allow_empty:
    description:
      - Whether snapshots without packages are promoted, too. By default only those of items with
        C(allow_empty) are, because such a snapshot usually comes from a wrong component, architecture
        or URL. Snapshots that are released already are not checked.
    type: bool
    default: false
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.packages.names
  - stackhpc.release_train.packages.filters
  - stackhpc.release_train.packages.pins
notes:
  - Pulp has no transactions. For a few seconds clients can see a part of the snapshots released.
seealso:
  - module: stackhpc.release_train.release_promote
  - module: stackhpc.release_train.package_snapshot
  - module: stackhpc.release_train.channel_promote
"""

EXAMPLES = r"""
- name: Promote the snapshots that a Kayobe configuration pins
  stackhpc.release_train.package_promote:
    rpm: "{{ rpm_package_repos }}"
    deb: "{{ deb_package_repos }}"
    package_versions: "{{ lookup('stackhpc.release_train.kayobe_package_versions',
      kayobe_config_repo_path) }}"
"""

RETURN = r"""
selected:
  description: How many pins were selected, as text, and which ones no repository has.
  returned: always
  type: str
  sample: selected 12 of 43
unknown_pins:
  description: Pinned short names that no repository has.
  returned: always
  type: list
  elements: str
lines:
  description: One line for each changed snapshot, with its content guard before and after, and what differs
    from the released snapshot.
  returned: when the snapshots were found
  type: list
  elements: str
  sample: ['epel_9  20261118T020000  development -> release, 3 packages  https://ark.example.com/pulp/content/epel/9/20261118T020000/']
results:
  description: One entry for each pin, in the order of the inventory.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the snapshot., type: str, returned: always}
    type: {description: V(rpm) or V(deb)., type: str, returned: always}
    action: {description: 'V(updated), V(unchanged) or V(failed).', type: str, returned: always}
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
    short_name: {description: Short name of the repository., type: str, returned: always}
    stamp: {description: Pinned stamp., type: str, returned: always}
    base_path: {description: Path at which the snapshot is served., type: str, returned: always}
    told: {description: Content guard before and after., type: str, returned: when changed}
    previous:
      description: Stamp of the newest other snapshot that is released, with which it was compared.
      type: str
      returned: when changed and another snapshot is released
    difference:
      description: Numbers of packages that differ from that snapshot.
      type: str
      returned: when it was compared
      sample: +12 -3, 9 upgraded since 20261101T000000
    packages_added:
      description:
        - Number of packages that the released snapshot does not have.
        - The report at O(report_path) also has C(changes), the lists C(added), C(removed), C(upgraded) and
          C(downgraded) of packages that differ.
      type: int
      returned: when it was compared
    packages_removed:
      description: Number of packages that only the released snapshot has.
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
    url:
      description: URL at which clients read the snapshot.
      type: str
      returned: in check mode and in diff mode, when changed
    packages:
      description: Number of packages in the snapshot.
      type: int
      returned: in check mode and in diff mode, when changed
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
from ..module_utils.release.promote import promote_packages


def main() -> None:
    options = {
        **inventory_lists(),
        **inventory_lists("deprecated_"),
        **inventory_defaults(),
        **SELECTION_OPTIONS,
        **PIN_OPTIONS,
        "content_guard": {"type": "str", "default": "release"},
        "allow_empty": {"type": "bool", "default": False},
    }
    run(options, promote_packages, "snapshot")


if __name__ == "__main__":
    main()
