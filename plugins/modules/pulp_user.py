#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_user
short_description: Manage Pulp users, their passwords and their groups
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Creates, updates and deletes users.
  - Checks a password with one login, and changes it only if that login fails. The module is therefore
    idempotent.
  - The password of an inactive user cannot be checked. It is changed if the same item activates the user,
    and does not change otherwise.
  - Changes the user of the connection after all others, because a new password ends the session. Later tasks
    need the new password. This user can be neither deleted nor deactivated.
options:
  users:
    description: Users. Values that are not set do not change.
    type: list
    elements: dict
    required: true
    suboptions:
      username:
        description: Username.
        type: str
        required: true
      password:
        description:
          - Password. Spaces at its start or end are not allowed, because Pulp removes them. Pulp refuses short and
            common passwords.
          - A placeholder of the example inventory, such as V(change-me), is refused.
        type: str
      first_name:
        description: First name. An empty string clears it.
        type: str
      last_name:
        description: Last name. An empty string clears it.
        type: str
      email:
        description: Email address. An empty string clears it.
        type: str
      is_staff:
        description: Whether the user can access the administration site.
        type: bool
      is_active:
        description: Whether the user can log in.
        type: bool
      groups:
        description:
          - Groups of which the user is a member. The user is removed from all other groups. The groups must
            exist.
          - By default the membership does not change. An empty list removes the user from all groups.
        type: list
        elements: str
      state:
        description: Whether the user exists.
        type: str
        choices: [present, absent]
        default: present
extends_documentation_fragment:
  - stackhpc.release_train.pulp
notes:
  - In check mode a missing group is a warning, because an earlier task may be about to create it.
seealso:
  - module: stackhpc.release_train.pulp_group
  - module: stackhpc.release_train.client_account
"""

EXAMPLES = r"""
- name: Create one user and delete another
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
  description: One entry for each item, in the order of the list.
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
    changed: {description: Whether the item changed., type: bool, returned: always}
    before: {description: Changed values before the run., type: dict, returned: always}
    after: {description: Changed values after the run., type: dict, returned: always}
    told:
      description: What was updated, such as V(disabled) or V(new password).
      type: str
      returned: when the action is V(updated)
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
