#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: client_account
short_description: Manage accounts of clients on Ark
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Creates an account for each client as a member of the groups that can read released content, and
    returns the settings for the client's Kayobe configuration, without the password.
  - Checks a password with one login, and changes it only if that login fails. The module is therefore
    idempotent.
  - Disables an account whose state is V(absent), and removes it from its groups. The account can no
    longer log in or pull, and its name is kept in Pulp's history. O(clients[].purge) deletes it.
  - Does not change accounts that are not listed.
  - Validates all clients before the first write. It refuses to create an account without a password, and
    to change an administrator or the account of the connection.
options:
  clients:
    description: Clients.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the account.
        type: str
        required: true
      password:
        description: Password. Required for a new account. Pulp refuses short and common passwords.
        type: str
      development:
        description: Whether the account can also read content that is not released.
        type: bool
        default: false
      purge:
        description: Whether O(clients[].state=absent) deletes the account instead of disabling it.
        type: bool
        default: false
      state:
        description: Whether the account is active.
        type: str
        choices: [present, absent]
        default: present
  groups:
    description: Groups of which each client is a member. They must exist.
    type: list
    elements: str
    default: [stackhpc]
  development_groups:
    description: Additional groups of clients with O(clients[].development). They must exist.
    type: list
    elements: str
    default: [stackhpc-dev]
  client_url:
    description: URL at which clients reach this Pulp server. Defaults to O(pulp_url).
    type: str
    default: ''
  show:
    description: Whether RV(lines) contains the accounts that V(changed), or V(all) accounts.
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
- name: Create an account for one client and disable that of another
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
    - Settings in YAML for the Kayobe configuration of each active client, and names of the accounts that
      are disabled or deleted. See O(show).
  returned: when the clients were validated
  type: list
  elements: str
  sample:
    - "# client1: for etc/kayobe/pulp.yml; its password goes into etc/kayobe/secrets.yml, encrypted"
    - 'stackhpc_release_pulp_url: "https://ark.example.com"'
    - 'stackhpc_release_pulp_username: "client1"'
results:
  description: One entry for each client, in the order of the list.
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
