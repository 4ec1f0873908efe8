#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: kayobe_pins
short_description: Update the pins of a Kayobe configuration
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Writes stamps to the keys C(stackhpc_pulp_repo_<short name>_version) of
    C(etc/kayobe/pulp-repo-versions.yml), tags to C(etc/kayobe/kolla-image-tags.yml) and versions to
    C(etc/kayobe/pulp-host-image-versions.yml).
  - Edits the files in place. Comments, order, quoting and the mode of a file are preserved, and
    symbolic links are followed.
  - Updates all files or none. A key that cannot be edited safely, such as a duplicate key, an anchor or a
    multiline string, is an error that names the line, and no file is written.
  - Sets keys with empty values, and does not change keys without a new pin and values that are
    templates.
options:
  config:
    description: Root of a Kayobe configuration, or its directory C(etc/kayobe).
    type: path
    required: true
  add:
    description:
      - Whether to add keys for short names that the file does not have. Keys of a sorted file stay
        sorted, otherwise the key is added after the last one. By default such names are reported.
      - Whether to add the base distribution of O(image_tag) if the file does not have it. By default this is
        an error.
    type: bool
    default: false
  package_versions:
    description: Package pins to write, a mapping of short name to stamp.
    type: dict
    required: false
  image_tag:
    description:
      - Tag of container images to write, in the form C(<release>-<distribution>-<stamp>). It is set for
        its base distribution at the key C(openstack).
    type: str
    default: ""
  image_keys:
    description: Keys at which O(image_tag) is set instead of C(openstack). Missing keys are added.
    type: list
    elements: str
    default: []
  image_reset:
    description:
      - Whether to remove the base distribution of O(image_tag) from all keys except C(openstack), so that
        the tag applies to all images. Keys without any other distribution are removed.
    type: bool
    default: false
  image_version:
    description: Version of disk images to write, in the form C(<release>-<stamp>).
    type: str
    default: ""
  image_names:
    description:
      - Disk images for which O(image_version) is set, such as V(rocky-9). By default it is set for all
        disk images in the file.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Returns the content of each changed file before and after.
    support: full
extends_documentation_fragment:
  - stackhpc.release_train.packages.names
  - stackhpc.release_train.packages.filters
  - stackhpc.release_train.packages.pins
seealso:
  - module: stackhpc.release_train.package_promote
  - plugin: stackhpc.release_train.kayobe_package_versions
    plugin_type: lookup
    description: Reads package pins.
"""

EXAMPLES = r"""
- name: Pin new snapshots
  stackhpc.release_train.kayobe_pins:
    config: /src/kayobe-config
    package_versions:
      rocky_9_baseos: 20261122T200001
      ubuntu_noble: 20261122T200001

- name: Pin all new snapshots of Rocky Linux, those of new repositories included
  stackhpc.release_train.kayobe_pins:
    config: "{{ kayobe_config_repo_path }}"
    package_versions: "{{ package_sync_result.stamps }}"
    package_filter: ^rocky_
    add: true

- name: Pin new images for all services on Rocky Linux 9
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
  description: Paths of the processed files.
  returned: success
  type: list
  elements: str
results:
  description:
    - One entry for each selected pin, in the order of the file. C(name) is a short name, a key of the
      tag file with its distribution, or a disk image.
    - C(action) is V(update), V(older) for an update to an older stamp, V(fill) for an empty value,
      V(add), V(remove), V(none) for an unchanged pin, V(template) for a template, or V(absent) for
      a short name that the file does not have.
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
  description: How many pins were selected, as text, and which ones no repository has.
  returned: success
  type: str
  sample: selected 2 of 43
text:
  description: One line for each pin except unchanged ones, followed by the counts.
  returned: success
  type: list
  elements: str
"""

from typing import Any

from ..module_utils.errors import InvalidArguments, OperatorError
from ..module_utils.kayobe.update import OPTIONS, update_configuration
from ..module_utils.module import Module
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
    module = Module(options)
    answer: dict[str, Any] = {}
    warnings: list[str] = []
    problem = ""
    try:
        answer, warnings = update_configuration(module.params, write=not module.check_mode)
    except OperatorError as error:
        problem = str(error)
        module.has_valid_arguments = not isinstance(error, InvalidArguments)
    for warning in warnings:
        module.warn(warning)
    if problem:
        module.fail_json(msg=problem)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
