# SPDX-License-Identifier: Apache-2.0
"""Filter `client_packages`: the snapshots that the lists of a client name by their URLs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: client_packages
short_description: Read the pinned snapshots from the URLs in a client's lists
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Returns package repositories and pins for the items of a client's lists whose URLs end in a stamp. A Kayobe
    configuration without lists of package repositories names its snapshots so.
  - Drops items whose C(required) is V(false) before it reads anything else of them.
positional: _input
options:
  _input:
    description: For each of C(rpm) and C(deb) the list C(stackhpc_pulp_repository_<type>_repos).
    type: dict
    required: true
  prefix:
    description: Path of the content app in the URLs.
    type: str
    default: /pulp/content/
seealso:
  - plugin: stackhpc.release_train.client_lists
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the snapshots that a client's list names
  ansible.builtin.debug:
    msg: "{{ ({'rpm': stackhpc_pulp_repository_rpm_repos}
      | stackhpc.release_train.client_packages).package_versions }}"
"""

RETURN = r"""
_value:
  description: The repositories and pins.
  type: dict
  contains:
    rpm: {description: RPM repositories in the form of the inventory., type: list}
    deb: {description: Deb repositories in the form of the inventory., type: list}
    package_versions:
      description: Mapping of short name to stamp. The short name is made of the name of the item.
      type: dict
    others: {description: Names of required items with other URLs., type: list}
"""

from typing import Any, Callable

from ..module_utils.inventory.client_packages import client_packages


class FilterModule:
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"client_packages": client_packages}
