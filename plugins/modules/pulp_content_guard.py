#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_content_guard
short_description: Manage content guards and their role assignments
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Creates, updates and deletes content guards, which restrict access to the content of distributions.
  - Treats the groups of an RBAC content guard as exact. Groups that are not listed lose their roles,
    even if individual users also hold them. Roles of individual users do not change.
  - Refuses to delete a content guard that a distribution uses, because Pulp would make the distribution
    public.
options:
  rbac:
    description: Content guards that grant access to users with a role on the guard.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the content guard. It must be unique among content guards of all types.
        type: str
        required: true
      description:
        description: Description of the content guard. An empty string clears it.
        type: str
      roles:
        description:
          - Roles that groups hold on the content guard.
          - Roles that are not listed, and roles without groups, are removed from all groups. If this option
            is not set, all roles are removed from all groups.
        type: list
        elements: dict
        suboptions:
          role:
            description: Name of the role, such as V(core.rbaccontentguard_downloader).
            type: str
            required: true
          groups:
            description: Names of the groups that hold the role. They must exist.
            type: list
            elements: str
      state:
        description: Whether the content guard exists.
        type: str
        choices: [present, absent]
        default: present
  x509:
    description: Content guards that grant access to clients with a certificate of a CA.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the content guard. It must be unique among content guards of all types.
        type: str
        required: true
      description:
        description: Description of the content guard. An empty string clears it.
        type: str
      ca_certificate:
        description: Certificates of the CA in PEM format. Required for a new content guard.
        type: str
      state:
        description: Whether the content guard exists.
        type: str
        choices: [present, absent]
        default: present
extends_documentation_fragment:
  - stackhpc.release_train.pulp
notes:
  - In check mode a missing group is a warning, because an earlier task may be about to create it.
seealso:
  - module: stackhpc.release_train.pulp_group
  - module: stackhpc.release_train.pulp_distribution
"""

EXAMPLES = r"""
- name: Grant developers access to development content, and clients access to released content
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

- name: Grant access to hosts with a certificate
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
    name: {description: Name of the content guard., type: str, returned: always}
    type: {description: V(rbac) or V(x509)., type: str, returned: always}
    action:
      description: V(created), V(updated), V(deleted), V(unchanged) or V(failed).
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
