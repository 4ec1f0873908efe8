#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_user
short_description: Manage Pulp users, their passwords and their groups
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Creates, changes and removes users.
  - A password is tried with one login. When it works nothing is written, so that a run which
    changes nothing says so. It may hold any character, but no blank at its ends, which Pulp would
    cut off.
  - The password of a user who is not active cannot be tried. It is written when the same item
    makes the user active, and left alone otherwise.
  - The user of the connection itself is changed after all others, because a new password ends the
    session. Tasks that follow need the new password. It can neither be removed nor made inactive.
  - In check mode a group that is not there yet is a warning, because an earlier task would have
    made it.
options:
  users:
    description: The users. What is not given is left as it is.
    type: list
    elements: dict
    required: true
    suboptions:
      username:
        description: Name to log in with.
        type: str
        required: true
      password:
        description: Password. Pulp refuses short and common ones.
        type: str
      first_name:
        description: First name. Empty text clears it.
        type: str
      last_name:
        description: Last name. Empty text clears it.
        type: str
      email:
        description: Mail address. Empty text clears it.
        type: str
      is_staff:
        description: Whether the user may enter the administration pages.
        type: bool
      is_active:
        description: Whether the user may log in.
        type: bool
      groups:
        description:
          - All groups that the user is a member of. They must exist.
          - Not given, the membership is left alone; an empty list ends all of it.
        type: list
        elements: str
      state:
        description: Whether the user is there.
        type: str
        choices: [present, absent]
        default: present
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.pulp_group
"""

EXAMPLES = r"""
- name: Have a user for each client
  stackhpc.release_train.pulp_user:
    users:
      - username: client-a
        password: "{{ client_a_password }}"
        groups: [stackhpc]
      - username: client-b
        state: absent
"""

RETURN = r"""
results:
  description: One entry for each item, in the order of the lists.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the user., type: str, returned: always}
    type: {description: Always V(user)., type: str, returned: always}
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
from ..module_utils.objects.user import manage_users
from ..module_utils.pulp.options import field_options, item_options
from ..module_utils.pulp.types import kind_of


def main() -> None:
    groups = {"groups": {"type": "list", "elements": "str"}}
    item = item_options("username", field_options(kind_of("user").fields), groups)
    users = {"type": "list", "elements": "dict", "required": True, "options": item}
    run({"users": users}, manage_users, "user")


if __name__ == "__main__":
    main()
