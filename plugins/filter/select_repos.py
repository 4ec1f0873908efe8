# SPDX-License-Identifier: Apache-2.0
"""Filter `select_repos`: package repositories selected by short name and sync group."""

from __future__ import annotations

DOCUMENTATION = r"""
name: select_repos
short_description: Select package repositories by short name and sync group
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Selects items of C(rpm_package_repos) or C(deb_package_repos). It is meant for your own playbooks. The
    playbooks of this collection have variables for the same selection.
  - An item must match both O(filter_string) and O(package_sync_group).
positional: _input, filter_string, package_sync_group
options:
  _input:
    description: Package repositories of the inventory. Their order is kept.
    type: list
    elements: dict
    required: true
  filter_string:
    description:
      - Regular expressions, as a list or as a string in which spaces or commas separate them. An item is selected if
        one of them matches a part of its C(short_name).
      - By default all items are selected.
    type: raw
    default: ""
  package_sync_group:
    description:
      - Selects items whose C(sync_group) is exactly this.
      - By default items of all groups are selected.
    type: str
    default: ""
  must_match:
    description:
      - Whether to fail, with the nearest short names or all sync groups, if no item is selected.
      - By default an empty list is returned, because a filter often applies to the items of one content
        type only.
    type: bool
    default: false
seealso:
  - plugin: stackhpc.release_train.select_images
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the short names of all Rocky Linux 9 and EPEL 9 repositories
  ansible.builtin.debug:
    msg: "{{ rpm_package_repos
      | stackhpc.release_train.select_repos('^rocky_9_ ^epel_9$')
      | map(attribute='short_name') }}"

- name: Fail if the sync group does not exist
  ansible.builtin.debug:
    msg: "{{ deb_package_repos
      | stackhpc.release_train.select_repos('', 'ubuntu_noble', must_match=true) }}"
"""

RETURN = r"""
_value:
  description: Selected items in their order.
  type: list
  elements: dict
"""

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..module_utils.inventory.selection import (
    Filter,
    NothingSelectedError,
    SelectionError,
    select_by_group,
    select_by_name,
)


def _text(repo: Mapping[str, Any], key: str) -> str:
    return str(repo.get(key) or "")


def select_repos(
    repos: Iterable[Mapping[str, Any]],
    filter_string: Filter = "",
    package_sync_group: str = "",
    must_match: bool = False,
) -> list[Mapping[str, Any]]:
    """The selected items; see DOCUMENTATION."""
    items = list(repos)
    try:
        named = select_by_name(
            items, lambda repo: _text(repo, "short_name"), filter_string, "select_repos"
        )
        grouped = select_by_group(
            named.selected, lambda repo: _text(repo, "sync_group"), package_sync_group, items
        )
    except NothingSelectedError as error:
        if must_match:
            raise AnsibleFilterError(str(error)) from error
        return []
    except SelectionError as error:
        raise AnsibleFilterError(str(error)) from error
    return grouped


class FilterModule:
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"select_repos": select_repos}
