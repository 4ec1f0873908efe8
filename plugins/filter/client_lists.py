# SPDX-License-Identifier: Apache-2.0
"""Filter `client_lists`: the items of a client's lists that a site requires."""

from __future__ import annotations

DOCUMENTATION = r"""
name: client_lists
short_description: Select the items of a client's lists that a site requires
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Drops items whose C(required) is V(false), also as a string, before it reads anything else of them.
    C(required) defaults to V(true).
  - Selects repositories by short name or name, and by sync group. Publications and distributions are selected
    with their repository.
  - Adds a missing C(distribution) to production distributions. It is the name of the distribution with the
    suffix C(production) replaced by C(development).
positional: _input
options:
  _input:
    description:
      - For each content type a mapping with the lists C(repositories), C(publications), C(development) and
        C(production).
    type: dict
    required: true
  rpm_filter:
    description:
      - Regular expressions for RPM repositories, as a list or as a string in which spaces or commas separate them.
      - By default all RPM repositories are selected.
    type: raw
  deb_filter:
    description:
      - Regular expressions for Deb repositories, as a list or as a string in which spaces or commas separate them.
      - By default all Deb repositories are selected.
    type: raw
  package_filter:
    description:
      - Regular expressions for RPM and Deb repositories, as a list or as a string in which spaces or commas separate
        them.
      - By default all repositories are selected.
    type: raw
  sync_group:
    description:
      - Selects the repositories whose C(sync_group) is exactly this.
      - By default repositories of all groups are selected.
    type: str
  image_filter:
    description:
      - Regular expressions for container images, as a list or as a string in which spaces or commas separate them. They
        match the name of a repository, or its last part.
      - By default all container images are selected.
    type: raw
seealso:
  - plugin: stackhpc.release_train.pulp_items
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the repositories that this site requires
  ansible.builtin.debug:
    msg: "{{ ({'rpm': {'repositories': stackhpc_pulp_repository_rpm_repos}}
      | stackhpc.release_train.client_lists).rpm.repositories | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description:
    - The selected items in the same structure, C(selected), the number of selected repositories such as
      V(selected 3 of 40), and C(repeated), a text for each item that a later one of its name replaces.
  type: dict
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable, Optional

from ansible.errors import AnsibleFilterError

from ..module_utils.errors import OperatorError
from ..module_utils.inventory.client_lists import client_lists as narrow
from ..module_utils.inventory.selection import Filter, Filters


@dataclass(frozen=True)
class ClientFilters:
    """The options of the filter, in their order."""

    rpm_filter: Filter = None
    deb_filter: Filter = None
    package_filter: Filter = None
    sync_group: Optional[str] = None
    image_filter: Filter = None


def client_lists(
    lists: Mapping[str, Mapping[str, Any]], *options: Any, **named: Any
) -> dict[str, Any]:
    """The selected items; `options` and `named` are those of ClientFilters."""
    try:
        given = ClientFilters(*options, **named)
        filters = Filters(
            given.rpm_filter,
            given.deb_filter,
            given.package_filter,
            given.sync_group,
            container_image_filter=given.image_filter,
        )
        return narrow(lists, filters)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"client_lists": client_lists}
