#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: inventory_validate
short_description: Find what is wrong with an inventory before a run does
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Reads the YAML files of an inventory, and tells everything at once that is wrong with its package
    repositories, filters and pins, each with file and line.
  - It reads the files itself, so that it needs neither the password of encrypted files nor a server.
    What is encrypted is not read. Values that are templates are not checked.
  - Variables of a group or host are checked together with those of all hosts.
  - It runs on the controller, and changes nothing. What it finds does not fail the task.
  - Where encrypted variables are for all hosts, Ansible itself wants their password before any task.
    Then name the inventory in O(paths), and run with C(-i localhost,).
options:
  paths:
    description:
      - Inventories, as C(ansible-playbook -i) takes them, with C(group_vars) and C(host_vars) beside
        them. YAML files of variables are taken, too, as variables of all hosts.
    type: list
    elements: path
    required: true
  kayobe_config:
    description:
      - Root of a Kayobe configuration whose package pins are checked, too, or its folder
        C(etc/kayobe).
    type: path
attributes:
  action:
    description: Runs on the controller, as an action plugin.
    support: full
  check_mode:
    description: Does the same in check mode.
    support: full
"""

EXAMPLES = r"""
- name: Look for mistakes
  stackhpc.release_train.inventory_validate:
    paths: "{{ ansible_inventory_sources }}"
  register: found

- name: Refuse to go on
  ansible.builtin.assert:
    that: found.errors == 0
    fail_msg: "{{ found.text }}"
"""

RETURN = r"""
findings:
  description: Each problem, errors before warnings.
  returned: success
  type: list
  elements: dict
  contains:
    severity: {description: V(error) or V(warning)., type: str}
    file: {description: The file., type: str}
    line: {description: The line in it., type: int}
    item: {description: 'The repository, variable or pin.', type: str}
    problem: {description: What is wrong with it., type: str}
results:
  description: The same in the shape that all modules have, for a report. Only errors have an C(error).
  returned: success
  type: list
  elements: dict
errors:
  description: How many of them fail a run.
  returned: success
  type: int
warnings_found:
  description: How many of them do not.
  returned: success
  type: int
repositories:
  description: How many repositories were looked at.
  returned: success
  type: int
encrypted:
  description: The files that were not read, because they are encrypted.
  returned: success
  type: list
  elements: str
text:
  description: The problems as lines for people, the counts last.
  returned: success
  type: list
  elements: str
  sample:
    - "group_vars/all/package_repos.yml:23: Rocky Linux 9 - BaseOS: url is missing"
    - "1 error, 0 warnings: 22 repositories in 9 files, 2 encrypted not read"
"""
