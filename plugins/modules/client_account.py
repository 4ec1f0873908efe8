#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: client_account
short_description: Give clients accounts on Ark, and take them away
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Makes an account for each client, in the groups that may read what is released. Says which
    lines the client puts into its Kayobe configuration; the password is not among them.
  - A password is tried with one login, and written when that fails, so that a rotated one arrives
    and the same one is no change.
  - An account that is V(absent) is disabled and leaves its groups. It can neither log in nor pull,
    and its history in Pulp's logs keeps its name. O(clients[].purge) deletes it.
  - Accounts that are not named are left alone.
  - Everything is checked first. An account that does not exist and has no password, the account
    that the task itself uses, and those of administrators are refused by name.
options:
  clients:
    description: The clients.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the account.
        type: str
        required: true
      password:
        description: Its password, which a new account needs. Pulp refuses short and common ones.
        type: str
      development:
        description: Whether it may also read what is not released yet.
        type: bool
        default: false
      purge:
        description: With O(clients[].state=absent), whether the account is deleted.
        type: bool
        default: false
      state:
        description: Whether the client may log in.
        type: str
        choices: [present, absent]
        default: present
  groups:
    description: All groups of a client. They must exist.
    type: list
    elements: str
    default: [stackhpc]
  development_groups:
    description: Those that a client with O(clients[].development) is in besides.
    type: list
    elements: str
    default: [stackhpc-dev]
  client_url:
    description: URL at which clients reach this Pulp, unless it is O(pulp_url).
    type: str
    default: ''
  show:
    description: Whether RV(lines) tells of accounts that V(changed), or of V(all).
    type: str
    choices: [changed, all]
    default: changed
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.access_check
  - module: stackhpc.release_train.pulp_user
"""

EXAMPLES = r"""
- name: Onboard a client, and disable another
  stackhpc.release_train.client_account:
    clients:
      - name: client1
        password: "{{ vault_client1_ark_password }}"
      - name: client2
        state: absent
"""

RETURN = r"""
lines:
  description:
    - What each client that may log in puts into its Kayobe configuration, as YAML, and which accounts
      are disabled or gone. O(show) says of which clients.
  returned: when the accounts were looked at
  type: list
  elements: str
  sample:
    - "# client1: for etc/kayobe/pulp.yml; its password goes into etc/kayobe/secrets.yml, encrypted"
    - 'stackhpc_release_pulp_url: "https://ark.example.com"'
    - 'stackhpc_release_pulp_username: "client1"'
results:
  description: One entry for each client, in their order.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the account., type: str, returned: always}
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
statistics:
  description: Requests, polls and Pulp tasks of this run.
  returned: always
  type: dict
"""

from ..module_utils.module import run
from ..module_utils.pulp.options import item_options
from ..module_utils.release.client_account import manage_accounts


def main() -> None:
    client = item_options(
        "name",
        {
            "password": {"type": "str", "no_log": True},
            "development": {"type": "bool", "default": False},
            "purge": {"type": "bool", "default": False},
        },
    )
    options = {
        "clients": {"type": "list", "elements": "dict", "required": True, "options": client},
        "groups": {"type": "list", "elements": "str", "default": ["stackhpc"]},
        "development_groups": {"type": "list", "elements": "str", "default": ["stackhpc-dev"]},
        "client_url": {"type": "str", "default": ""},
        "show": {"type": "str", "choices": ["changed", "all"], "default": "changed"},
    }
    run(options, manage_accounts, "client")


if __name__ == "__main__":
    main()
