#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_group
short_description: Manage groups of Pulp users
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Creates and deletes groups. M(stackhpc.release_train.pulp_user) manages their members, and
    M(stackhpc.release_train.pulp_content_guard) their access to content.
  - The members of a deleted group lose the rights that the group granted. Content guards stay in effect.
options:
  groups:
    description: Groups.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the group.
        type: str
        required: true
      state:
        description: Whether the group exists.
        type: str
        choices: [present, absent]
        default: present
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.pulp_user
  - module: stackhpc.release_train.pulp_content_guard
  - module: stackhpc.release_train.pulp_container_namespace
"""

EXAMPLES = r"""
- name: Create a group of clients and a group of developers
  stackhpc.release_train.pulp_group:
    groups:
      - name: stackhpc
      - name: stackhpc-dev
"""

RETURN = r"""
results:
  description: One entry for each item, in the order of the list.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the group., type: str, returned: always}
    type: {description: Always V(group)., type: str, returned: always}
    action:
      description: V(created), V(deleted), V(unchanged) or V(failed).
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

from ..module_utils.module import run
from ..module_utils.objects.access import manage_groups
from ..module_utils.pulp.options import item_options


def main() -> None:
    groups = {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": item_options("name"),
    }
    run({"groups": groups}, manage_groups, "group")


if __name__ == "__main__":
    main()
