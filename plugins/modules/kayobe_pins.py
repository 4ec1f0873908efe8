#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: kayobe_pins
short_description: Write pins into a Kayobe configuration
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Gives the keys C(stackhpc_pulp_repo_<short name>_version) of C(etc/kayobe/pulp-repo-versions.yml)
    new stamps, those of C(etc/kayobe/kolla-image-tags.yml) new tags, and those of
    C(etc/kayobe/pulp-host-image-versions.yml) new versions.
  - All other bytes of a file stay as they are, and so do its mode and a link to it.
  - A file is replaced as a whole or not at all, and none before all are known to be sound. What cannot be edited safely, such as a key that
    is there twice, an anchor or a text of several lines in the place of a stamp, fails with its
    line before anything is written.
  - Empty values are filled, keys without a new stamp stay, and templates are left alone.
  - It does not talk to a Pulp, and needs no library.
options:
  config:
    description: Root of a Kayobe configuration, or its folder C(etc/kayobe).
    type: path
    required: true
  add:
    description:
      - Adds a key for short names without one, among sorted keys in its place, else after the last.
        Without it, such names are reported.
      - Adds a base distribution of O(image_tag) that the file does not have. Without it, that is an
        error.
    type: bool
    default: false
  package_versions:
    description: The pins of packages, short name to stamp. Without it they are left alone.
    type: dict
    required: false
  image_tag:
    description:
      - A tag of container images, C(<release>-<distribution>-<stamp>). It is set for its base
        distribution at the key C(openstack).
    type: str
    default: ""
  image_keys:
    description: Keys to set O(image_tag) at instead; those that are not there are added.
    type: list
    elements: str
    default: []
  image_reset:
    description:
      - Takes the base distribution of O(image_tag) away from all other keys but C(openstack), so that
        they fall back to it. A key that has no other goes.
    type: bool
    default: false
  image_version:
    description: A version of disk images, C(<release>-<stamp>).
    type: str
    default: ""
  image_names:
    description:
      - Disk images to set O(image_version) for, such as V(rocky-9). Empty for all that the file has.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Can run in check mode and reports what would change without changing anything.
    support: full
  diff_mode:
    description: Returns each changed file before and after.
    support: full
extends_documentation_fragment:
  - stackhpc.release_train.packages.inventory
  - stackhpc.release_train.packages.pins
seealso:
  - module: stackhpc.release_train.package_promote
  - plugin: stackhpc.release_train.kayobe_package_versions
    plugin_type: lookup
    description: Reads what this module writes.
"""

EXAMPLES = r"""
- name: Pin new snapshots
  stackhpc.release_train.kayobe_pins:
    config: /src/kayobe-config
    package_versions:
      rocky_9_baseos: 20261122T200001
      ubuntu_noble: 20261122T200001

- name: Pin what Ark took of Rocky Linux, repositories that are new here, too
  stackhpc.release_train.kayobe_pins:
    config: "{{ kayobe_config_repo_path }}"
    package_versions: "{{ package_sync_result.stamps }}"
    package_filter: ^rocky_
    add: true

- name: Pin new images, and let no service of Rocky Linux 9 stay behind
  stackhpc.release_train.kayobe_pins:
    config: /src/kayobe-config
    image_tag: 2025.1-rocky-9-20261122T200001
    image_reset: true
    image_version: 2025.1-20261122T200001
    image_names: [rocky-9]
"""

RETURN = r"""
path:
  description: The first of RV(paths).
  returned: success
  type: str
  sample: /src/kayobe-config/etc/kayobe/pulp-repo-versions.yml
paths:
  description: The files that were meant.
  returned: success
  type: list
  elements: str
results:
  description:
    - Each selected pin, in the order of the file. C(action) is V(update), V(older) for an update to
      an older stamp, V(fill), V(add), V(remove), V(none), V(template) or V(absent).
    - C(name) is a short name, a key of the tag file with a distribution, or a disk image.
  returned: success
  type: list
  elements: dict
  sample:
    - action: update
      after: 20261122T200001
      before: 20261120T200001
      changed: true
      error: null
      name: rocky_9_baseos
      type: pin
selected:
  description: How many of the pins given are meant.
  returned: success
  type: str
  sample: selected 2 of 43
text:
  description: The same for people, a line for each pin that is not unchanged, then the counts.
  returned: success
  type: list
  elements: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.errors import OperatorError
from ..module_utils.kayobe.update import OPTIONS, update_configuration
from ..module_utils.release.options import (
    PIN_OPTIONS,
    SELECTION_OPTIONS,
    inventory_defaults,
    inventory_lists,
)


def main() -> None:
    options = {
        **inventory_lists(),
        **inventory_lists("deprecated_"),
        **inventory_defaults(),
        **SELECTION_OPTIONS,
        **PIN_OPTIONS,
        **OPTIONS,
    }
    module = AnsibleModule(argument_spec=options, supports_check_mode=True)
    answer: dict[str, Any] = {}
    warnings: list[str] = []
    problem = ""
    try:
        answer, warnings = update_configuration(module.params, write=not module.check_mode)
    except OperatorError as error:
        problem = str(error)
    for warning in warnings:
        module.warn(warning)
    if problem:
        module.fail_json(msg=problem)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
