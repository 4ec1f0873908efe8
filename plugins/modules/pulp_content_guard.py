#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_content_guard
short_description: Manage content guards and who may pass them
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Creates, changes and removes content guards, which decide who may read what a distribution
    serves.
  - The groups of an RBAC guard are exact. A group that is not listed loses its role, also when
    users hold that role as well. Roles that a user holds without a group are never touched.
  - Pulp deletes a guard that is in use without a word, and what it guarded is public from then
    on. This module looks at all distributions first and refuses, naming those that use the guard.
  - In check mode a group that is not there yet is a warning, because an earlier task would have
    made it.
options:
  rbac:
    description: Guards that let those pass who hold a role on the guard.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the guard. Guards of all types share one space of names.
        type: str
        required: true
      description:
        description: What it is for. Empty text clears it.
        type: str
      roles:
        description:
          - All roles that groups hold on the guard.
          - A role that is not listed, and one without groups, is taken from all groups; with no
            roles at all no group holds any.
        type: list
        elements: dict
        suboptions:
          role:
            description: Name of the role, such as V(core.rbaccontentguard_downloader).
            type: str
            required: true
          groups:
            description: Names of the groups that hold it. They must exist.
            type: list
            elements: str
      state:
        description: Whether the guard is there.
        type: str
        choices: [present, absent]
        default: present
  x509:
    description: Guards that let those pass who show a certificate of an authority.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the guard. Guards of all types share one space of names.
        type: str
        required: true
      description:
        description: What it is for. Empty text clears it.
        type: str
      ca_certificate:
        description: Certificates of the authority, PEM. A new guard needs them.
        type: str
      state:
        description: Whether the guard is there.
        type: str
        choices: [present, absent]
        default: present
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.pulp_group
  - module: stackhpc.release_train.pulp_distribution
"""

EXAMPLES = r"""
- name: Let developers read what is not released yet, and clients what is
  stackhpc.release_train.pulp_content_guard:
    rbac:
      - name: development
        description: Content that is not released
        roles:
          - role: core.rbaccontentguard_downloader
            groups: [stackhpc-dev]
      - name: release
        roles:
          - role: core.rbaccontentguard_downloader
            groups: [stackhpc, stackhpc-dev]

- name: Let machines in that have a certificate
  stackhpc.release_train.pulp_content_guard:
    x509:
      - name: machines
        ca_certificate: "{{ lookup('ansible.builtin.file', 'machines-ca.pem') }}"
"""

RETURN = r"""
results:
  description: One entry for each item, in the order of the lists.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the guard., type: str, returned: always}
    type: {description: V(rbac) or V(x509)., type: str, returned: always}
    action:
      description: V(created), V(updated), V(deleted), V(unchanged) or V(failed).
      type: str
      returned: always
    changed: {description: Whether something changed., type: bool, returned: always}
    before: {description: What differed before., type: dict, returned: always}
    after: {description: What it is now., type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: What went wrong., type: str, returned: always}
summary:
  description: How many items are ok, changed, failed, skipped.
  returned: always
  type: dict
  sample: {ok: 1, changed: 1, failed: 0, skipped: 0}
statistics:
  description: Requests, polls and Pulp tasks of this run.
  returned: always
  type: dict
"""

from typing import Any

from ..module_utils.module import run
from ..module_utils.objects.access import GUARD_KINDS, manage_guards
from ..module_utils.pulp.options import field_options, item_options
from ..module_utils.pulp.types import kind_of


def options_of(type_name: str) -> dict[str, Any]:
    role = {
        "role": {"type": "str", "required": True},
        "groups": {"type": "list", "elements": "str"},
    }
    own = {"roles": {"type": "list", "elements": "dict", "options": role}}
    fields = field_options(kind_of(GUARD_KINDS[type_name]).fields)
    return item_options("name", fields, own if type_name == "rbac" else {})


def main() -> None:
    options = {
        name: {"type": "list", "elements": "dict", "options": options_of(name)}
        for name in GUARD_KINDS
    }
    run(options, manage_guards, "content guard")


if __name__ == "__main__":
    main()
