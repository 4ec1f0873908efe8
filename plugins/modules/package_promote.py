#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: package_promote
short_description: Release pinned snapshots to clients, all of them or none
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Gives the snapshots that pins name the content guard of released content.
  - Checks everything first. A snapshot that does not exist is an error that names it, and
    nothing is changed.
  - Writes, reads back and, when one write fails, puts back what was there.
  - In check mode and in diff mode it also says where each snapshot is read that changes, and how
    many packages it holds. That costs a request for each, which other runs do without.
  - Pulp has no transaction. A client that reads during the few seconds of writing may see some
    snapshots released and others not yet.
options:
  content_guard:
    description: The guard of released content. It must exist.
    type: str
    default: release
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.packages.inventory
  - stackhpc.release_train.packages.pins
seealso:
  - module: stackhpc.release_train.package_snapshot
  - module: stackhpc.release_train.channel_promote
"""

EXAMPLES = r"""
- name: Release what a Kayobe configuration pins
  stackhpc.release_train.package_promote:
    rpm: "{{ rpm_package_repos }}"
    deb: "{{ deb_package_repos }}"
    package_versions: "{{ lookup('stackhpc.release_train.kayobe_package_versions',
      kayobe_config_repo_path) }}"
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
lines:
  description: A line for each snapshot whose guard changes, with the guard before and after.
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
    action: {description: What was done., type: str, returned: always}
    changed: {description: Whether something changed., type: bool, returned: always}
    before: {description: The guard before., type: dict, returned: always}
    after: {description: The guard now., type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: What went wrong., type: str, returned: always}
    short_name: {description: Key of the pin., type: str, returned: always}
    stamp: {description: The pin., type: str, returned: always}
    base_path: {description: Path at which it is served., type: str, returned: always}
    told: {description: The guard before and now., type: str, returned: when it changes}
    url:
      description: Where clients read it.
      type: str
      returned: in check mode and in diff mode, when it changes
    packages:
      description: How many packages it holds.
      type: int
      returned: in check mode and in diff mode, when it changes
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
from ..module_utils.release.promote import promote_packages


def main() -> None:
    options = {
        **inventory_lists(),
        **inventory_lists("deprecated_"),
        **inventory_defaults(),
        **SELECTION_OPTIONS,
        **PIN_OPTIONS,
        "content_guard": {"type": "str", "default": "release"},
    }
    run(options, promote_packages, "snapshot")


if __name__ == "__main__":
    main()
