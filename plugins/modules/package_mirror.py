#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: package_mirror
short_description: Mirror pinned snapshots into another Pulp
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Makes a Pulp serve exactly the snapshots that pins name, under the names and paths that they
    have at the source, without a content guard.
  - Takes content from the source's content app, never from upstream, and never asks its API.
  - A snapshot that was mirrored before is not synced again; nothing is asked of Pulp's workers.
    That holds for an older one, too, whatever its repository was synced with since. A label on
    the distribution, C(release_train_mirrored), tells; labels of users are kept.
  - A snapshot that was moved to another path, or given a content guard, is put back.
  - A failed repository does not stop the others. The module fails at the end and names each.
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.pulp.source
  - stackhpc.release_train.packages.inventory
  - stackhpc.release_train.packages.pins
  - stackhpc.release_train.packages.mirror
  - stackhpc.release_train.pulp.syncing
  - stackhpc.release_train.packages.syncing
seealso:
  - module: stackhpc.release_train.package_snapshot
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
  description: How many pins were selected.
  returned: always
  type: str
  sample: selected 12 of 43
unknown_pins:
  description: Short names that are pinned and that no repository has.
  returned: always
  type: list
  elements: str
results:
  description: One entry for each pin, in the order of the inventory, those of malformed items last.
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
    short_name: {description: Key of the pin., type: str, returned: always}
    stamp: {description: The pin., type: str, returned: always}
    snapshot: {description: Name of the snapshot., type: str, returned: success}
    base_path:
      description: Path at which it is served.
      type: str
      returned: when the item of the inventory is not malformed
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
