#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: package_mirror
short_description: Mirror pinned snapshots to another Pulp server
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Makes a Pulp server serve the pinned snapshots, with the names and paths of the source, without a
    content guard. Snapshots mirrored earlier are kept.
  - Downloads content from the content app of the source, never from upstream, and does not use the REST
    API of the source.
  - Skips a snapshot that is mirrored already, even if the repository has been synced to another one
    since. The label C(release_train_mirrored) of the distribution records it. Other labels are
    preserved.
  - Reverts changes of the path or content guard of a mirrored snapshot.
  - Processes all repositories even if some of them fail. The module then fails with the error of each.
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.pulp.source
  - stackhpc.release_train.packages.mirror
  - stackhpc.release_train.packages.filters
  - stackhpc.release_train.packages.pins
  - stackhpc.release_train.pulp.syncing
  - stackhpc.release_train.packages.syncing
seealso:
  - module: stackhpc.release_train.package_snapshot
  - module: stackhpc.release_train.package_promote
"""

EXAMPLES = r"""
- name: Mirror two snapshots from Ark
  stackhpc.release_train.package_mirror:
    rpm: "{{ rpm_package_repos }}"
    deb: "{{ deb_package_repos }}"
    package_versions:
      rocky_9_baseos: 20261120T200001
      ubuntu_noble: 20261121T033015
    source_url: https://ark.example.com
    source_username: client
    source_password: "{{ vault_ark_password }}"
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
results:
  description: One entry for each pin, in the order of the inventory, invalid items last.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the repository., type: str, returned: always}
    type: {description: V(rpm) or V(deb)., type: str, returned: always}
    action:
      description: V(created), V(updated), V(synced), V(unchanged) or V(failed).
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
    short_name: {description: Short name of the repository., type: str, returned: always}
    stamp: {description: Pinned stamp., type: str, returned: always}
    snapshot: {description: Name of the snapshot., type: str, returned: success}
    base_path:
      description: Path at which the snapshot is served.
      type: str
      returned: when the item of the inventory is valid
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
from ..module_utils.release.mirror import SOURCE, mirror_packages
from ..module_utils.release.options import (
    PIN_OPTIONS,
    SELECTION_OPTIONS,
    SYNC_OPTIONS,
    inventory_defaults,
    inventory_lists,
)


def main() -> None:
    options = {
        **inventory_lists(),
        **inventory_lists("deprecated_"),
        **inventory_defaults(),
        **inventory_defaults("_mirror_defaults"),
        **SELECTION_OPTIONS,
        **PIN_OPTIONS,
        **SYNC_OPTIONS,
        **SOURCE,
    }
    run(options, mirror_packages, "package repository")


if __name__ == "__main__":
    main()
