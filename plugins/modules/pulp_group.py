#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_group
short_description: Manage groups of Pulp users
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Creates and removes groups. Who is a member is set by M(stackhpc.release_train.pulp_user), what
    members may do by M(stackhpc.release_train.pulp_content_guard) for content.
  - A group that is removed takes the rights of its members with it. Content behind a guard stays
    guarded.
options:
  groups:
    description: The groups.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the group.
        type: str
        required: true
      state:
        description: Whether the group is there.
        type: str
        choices: [present, absent]
        default: present
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.pulp_user
  - module: stackhpc.release_train.pulp_content_guard
"""

EXAMPLES = r"""
- name: Have a group of clients and one of developers
  stackhpc.release_train.pulp_group:
    groups:
      - name: stackhpc
      - name: stackhpc-dev
"""

RETURN = r"""
results:
  description: One entry for each item, in the order of the lists.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the group., type: str, returned: always}
    type: {description: Always V(group)., type: str, returned: always}
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
