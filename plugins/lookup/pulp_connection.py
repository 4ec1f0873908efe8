# SPDX-License-Identifier: Apache-2.0
"""Lookup `pulp_connection`: connection options for the Pulp server of an inventory host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pulp_connection
short_description: Return the connection options for the Pulp server of an inventory host
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Returns the connection options of the action group C(stackhpc.release_train.pulp) from the variables of the
    host for which a task runs. Playbooks use them as module defaults of the group.
  - The variables are C(release_train_pulp_url), C(release_train_pulp_username),
    C(release_train_pulp_password), C(release_train_pulp_validate_certs) and
    C(release_train_pulp_ca_path).
  - For hosts in the group C(client), or for localhost if there is no such group, they default to
    C(pulp_url), C(pulp_username), C(pulp_password) and C(pulp_validate_certs). Kayobe passes these as extra
    variables for the client's Pulp server, so that they must not apply to other hosts.
  - For Ark the variables are C(stackhpc_release_pulp_url), C(stackhpc_release_pulp_username) and
    C(stackhpc_release_pulp_password) of a Kayobe configuration, if the host is not in the group C(ark).
options:
  server:
    description:
      - Server to connect to. V(host) is the Pulp server of the host, V(ark) is Ark.
    type: str
    choices: [host, ark]
    default: host
  required:
    description:
      - Whether a missing variable is an error. If not, the result is empty without a URL, a username and a password.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Read the status of the Pulp servers of all clients
  hosts: client
  gather_facts: false
  module_defaults:
    group/stackhpc.release_train.pulp: "{{ lookup('stackhpc.release_train.pulp_connection') }}"
  tasks:
    - name: Read versions and workers
      stackhpc.release_train.pulp_status:
"""

RETURN = r"""
_raw:
  description: One mapping of connection options.
  type: list
  elements: dict
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.lookup import LookupBase

# Connection option -> suffix of the variable.
_REQUIRED = {"pulp_url": "url", "username": "username", "password": "password"}
_OPTIONAL = {"validate_certs": "validate_certs"}


class LookupModule(LookupBase):
    """The lookup for Ansible."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[Any]:
        server = kwargs.get("server", "host")
        if server not in ("host", "ark"):
            raise AnsibleLookupError(f"server is '{server}', expected host or ark")
        required = boolean(kwargs.get("required", True))
        scope = variables or {}
        host = scope.get("inventory_hostname", "localhost")
        clients = (scope.get("groups") or {}).get("client") or ["localhost"]
        prefixes = ["release_train_pulp_", *(["pulp_"] if host in clients else [])]
        if server == "ark" and host not in (scope.get("groups") or {}).get("ark", []):
            prefixes = ["stackhpc_release_pulp_"]
        found = {}
        for option, end in {**_REQUIRED, **_OPTIONAL}.items():
            names = [f"{prefix}{end}" for prefix in prefixes if f"{prefix}{end}" in scope]
            if names:
                found[option] = self._read(names[0], scope)
            elif option in _REQUIRED and not required:
                return [{}]
            elif option in _REQUIRED:
                raise AnsibleLookupError(
                    f"host '{host}' has no {' and no '.join(f'{one}{end}' for one in prefixes)}: "
                    "define it to connect to its Pulp server"
                )
        authorities = f"{prefixes[0]}ca_path"
        if authorities in scope:
            ca_path = self._read(authorities, scope)
            found.update({"ca_path": ca_path} if ca_path else {})
        return [found]

    def _read(self, name: str, scope: dict[str, Any]) -> Any:
        templar: Any = self._templar
        return templar.template(scope[name])
