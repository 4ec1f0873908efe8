# SPDX-License-Identifier: Apache-2.0
"""Filter `client_lists`: what a client's site needs of its lists, and what a run is about."""

from __future__ import annotations

DOCUMENTATION = r"""
name: client_lists
short_description: Narrow a client's lists to what its site needs and to what is selected
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Drops items whose C(required) is false, also where a template left it as text, before
    anything else of them is read. An item that does not say is required.
  - Selects repositories by short name or name, and by sync group.
    Publications and distributions follow their repository.
  - A production distribution without C(distribution) takes over from the one of its own name with
    C(production) at the end replaced by C(development).
positional: _input
options:
  _input:
    description:
      - For each content type the lists C(repositories), C(publications), C(development) and
        C(production).
    type: dict
    required: true
  rpm_filter:
    description:
      - Regular expressions for RPM repositories, as text with blanks between or as a list. Empty
        selects all.
    type: raw
  deb_filter:
    description: The same for Deb repositories.
    type: raw
  package_filter:
    description: The same for both.
    type: raw
  sync_group:
    description: Selects repositories whose C(sync_group) is exactly this. Empty selects all.
    type: str
  image_filter:
    description:
      - Regular expressions for container images, searched in the name of a repository and in its
        last part.
    type: raw
"""

EXAMPLES = r"""
- name: Show the repositories that this site needs
  ansible.builtin.debug:
    msg: "{{ ({'rpm': {'repositories': stackhpc_pulp_repository_rpm_repos}}
      | stackhpc.release_train.client_lists).rpm.repositories | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: The same shape, and C(selected), the words V(selected 3 of 40).
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable, Optional

from ansible.errors import AnsibleFilterError

from ..module_utils.errors import OperatorError
from ..module_utils.inventory.client_lists import client_lists as narrow
from ..module_utils.inventory.selection import Filter


def client_lists(
    lists: Mapping[str, Mapping[str, Any]],
    rpm_filter: Filter = None,
    deb_filter: Filter = None,
    package_filter: Filter = None,
    sync_group: Optional[str] = None,
    image_filter: Filter = None,
) -> dict[str, Any]:
    """The narrowed lists; see DOCUMENTATION."""
    try:
        return narrow(lists, rpm_filter, deb_filter, package_filter, sync_group, image_filter)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible asks this file for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"client_lists": client_lists}
