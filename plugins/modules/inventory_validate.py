#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: inventory_validate
short_description: Validate the package repositories, images and pins of an inventory
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Reads the YAML files of an inventory, and reports all errors in package repositories, image lists,
    filters and pins, each with its file and line.
  - Needs neither a server nor the password of encrypted files. It does not check encrypted files and
    values that are templates.
  - Errors of deprecated repositories that are not pinned are warnings, because nothing uses these.
  - Combines the variables of each group and host with those of all hosts.
  - Changes nothing, and does not fail because of its findings.
options:
  paths:
    description:
      - Inventories, as for C(ansible-playbook -i), with their C(group_vars) and C(host_vars).
        Other YAML files are read as variables of all hosts.
    type: list
    elements: path
    required: true
  kayobe_config:
    description:
      - Root of a Kayobe configuration whose package pins are validated, too, or its directory
        C(etc/kayobe).
    type: path
  strict:
    description:
      - Whether an unknown key of an item is an error if it is close to a known one, such as C(sync_polcy).
        By default it is a warning, because runs ignore such keys.
    type: bool
    default: false
attributes:
  action:
    description: Runs on the controller, as an action plugin.
    support: full
  check_mode:
    description: Behaves the same in check mode.
    support: full
notes:
  - If variables of all hosts are encrypted, Ansible needs their password before the first task. To
    validate such an inventory without the password, name it in O(paths) and run the playbook with
    C(-i localhost,).
seealso:
  - plugin: stackhpc.release_train.kayobe_package_versions
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Validate the inventory
  stackhpc.release_train.inventory_validate:
    paths: "{{ ansible_inventory_sources }}"
  register: found

- name: Fail if it has errors
  ansible.builtin.assert:
    that: found.errors == 0
    fail_msg: "{{ found.text }}"
"""

RETURN = r"""
findings:
  description: One entry for each finding, errors before warnings.
  returned: success
  type: list
  elements: dict
  contains:
    severity: {description: V(error) or V(warning)., type: str}
    file: {description: Path of the file., type: str}
    line: {description: Line number., type: int}
    item: {description: 'Name of the repository, variable or pin.', type: str}
    problem: {description: Description of the error., type: str}
results:
  description: The findings in the form of C(results) of other modules. Only errors have an C(error).
  returned: success
  type: list
  elements: dict
errors:
  description: Number of errors.
  returned: success
  type: int
warnings_found:
  description: Number of warnings.
  returned: success
  type: int
repositories:
  description: Number of package repositories that were validated.
  returned: success
  type: int
encrypted:
  description: Paths of encrypted files, which were not validated.
  returned: success
  type: list
  elements: str
text:
  description: One line for each finding, followed by the counts.
  returned: success
  type: list
  elements: str
  sample:
    - "group_vars/all/package_repos.yml:23: Rocky Linux 9 - BaseOS: url is missing"
    - "1 error, 0 warnings: 22 repositories in 9 files, 2 encrypted not read"
"""
