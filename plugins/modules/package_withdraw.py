#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: package_withdraw
short_description: Withdraw promoted snapshots from clients
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Sets the content guard of development on promoted snapshots, so that clients cannot read them.
  - Withdraws all snapshots or none. All snapshots are validated before the first write, the result is
    read back, and if a write fails all changes are rolled back.
  - Excludes promotions on the same server, as M(stackhpc.release_train.package_promote) describes.
  - Refuses to withdraw a snapshot that one of the configurations in O(pins) pins. A short name that no
    repository has is an error.
  - Content that a client has mirrored already is not affected.
options:
  package_versions:
    description: Snapshots to withdraw, a mapping of short name to stamp.
    type: dict
    required: true
  pins:
    description:
      - Pins of the configurations in use, a mapping of the name of a configuration to its pins (short name
        to stamp). These snapshots are not withdrawn.
    type: dict
  content_guard:
    description: Content guard of snapshots that are not released. It must exist.
    type: str
    default: development
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.packages.names
  - stackhpc.release_train.packages.filters
seealso:
  - module: stackhpc.release_train.package_promote
  - module: stackhpc.release_train.distribution_clean
"""

EXAMPLES = r"""
- name: Withdraw a snapshot that no client pins
  stackhpc.release_train.package_withdraw:
    rpm: "{{ rpm_package_repos }}"
    package_versions: {rocky_9_baseos: 20261122T200001}
    pins:
      production: "{{ lookup('stackhpc.release_train.kayobe_package_versions',
        kayobe_config_repo_path) }}"
"""

RETURN = r"""
selected:
  description: How many of O(package_versions) were selected, as text.
  returned: always
  type: str
  sample: selected 1 of 1
lines:
  description: One line for each changed snapshot, with its content guard before and after.
  returned: always
  type: list
  elements: str
  sample: ['epel_9  20261118T020000  release -> development']
results:
  description: One entry for each snapshot, in the order of the inventory.
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
    short_name: {description: Short name of the repository., type: str, returned: always}
    stamp: {description: Stamp of the snapshot., type: str, returned: always}
    base_path: {description: Path at which the snapshot is served., type: str, returned: always}
    told: {description: Content guard before and after., type: str, returned: when changed}
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
from ..module_utils.release.withdraw import withdraw_packages


def main() -> None:
    options = {
        **inventory_lists(),
        **inventory_lists("deprecated_"),
        **inventory_defaults(),
        **SELECTION_OPTIONS,
        "package_versions": {"type": "dict", "required": True},
        "pins": {"type": "dict"},
        "content_guard": {"type": "str", "default": "development"},
    }
    run(options, withdraw_packages, "snapshot")


if __name__ == "__main__":
    main()
