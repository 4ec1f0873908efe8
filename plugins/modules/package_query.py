#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: package_query
short_description: Tell which snapshot each package repository is at
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Finds the newest snapshot of each package repository of the inventory, or one of an earlier
    time. Changes nothing.
  - It costs one small request for each repository, however many snapshots there are.
  - A snapshot that serves nothing is none.
  - A snapshot that lost too many packages carries the label C(release_train_shrunk). The one before
    it is taken, and both are named in a warning, unless it is released, which means that it does
    not have the guard O(content_guard) any more, or its exact stamp is asked for.
  - A repository without such a snapshot is named in a warning. It is an error when an exact stamp
    is asked for, and when no repository has one.
options:
  stamp:
    description:
      - An exact stamp, C(YYYYMMDDTHHMMSS), or what stamps begin with, such as a day C(YYYYMMDD).
        Of several the newest is taken.
    type: str
  stamp_until:
    description:
      - Takes the newest snapshot that is not after this stamp, or not after this day, month,
        hour or minute.
    type: str
  package_versions:
    description:
      - Asks for these pins instead, short name to stamp. They may name deprecated repositories.
    type: dict
    required: false
  content_guard:
    description: The guard of snapshots that are not released. Empty for none.
    type: str
    default: development
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.packages.inventory
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

- name: Release them
  stackhpc.release_train.package_promote:
    rpm: "{{ rpm_package_repos }}"
    package_versions: "{{ newest.versions }}"

- name: Find what was the newest at the end of 20 November
  stackhpc.release_train.package_query:
    rpm: "{{ rpm_package_repos }}"
    deb: "{{ deb_package_repos }}"
    stamp_until: "20261120"
"""

RETURN = r"""
versions:
  description: Short name to stamp, as O(package_versions) of other modules takes it.
  returned: always
  type: dict
  sample: {rocky_9_baseos: 20261122T200001}
without:
  description: Short names of the repositories that have no such snapshot.
  returned: always
  type: list
  elements: str
flagged:
  description: Snapshots that were passed over because they lost too many packages.
  returned: always
  type: list
  elements: dict
  contains:
    short_name: {description: Key of its pin., type: str, returned: always}
    stamp: {description: Its stamp., type: str, returned: always}
    packages_before: {description: How many packages there were before., type: str, returned: always}
lines:
  description: The same as a table, to be printed.
  returned: always
  type: list
  elements: str
selected:
  description: How many repositories or pins were selected.
  returned: always
  type: str
  sample: selected 12 of 176
unknown_pins:
  description: Short names that are pinned and that no repository has.
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
      description: V(unchanged), V(skipped) without such a snapshot, or V(failed).
      type: str
      returned: always
    changed: {description: Always false., type: bool, returned: always}
    before: {description: Always empty., type: dict, returned: always}
    after: {description: Always empty., type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: What went wrong., type: str, returned: always}
    short_name: {description: Key of its pin., type: str, returned: always}
    stamp: {description: Stamp of the snapshot., type: str, returned: always}
    snapshot: {description: Name of the snapshot., type: str, returned: always}
    base_path: {description: Path at which it is served., type: str, returned: always}
    content_guard: {description: Name of its guard., type: str, returned: always}
    packages_before:
      description: How many packages there were before, of one that lost too many.
      type: str
      returned: always
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
        "content_guard": {"type": "str", "default": "development"},
    }
    run(options, query_packages, "package repository")


if __name__ == "__main__":
    main()
