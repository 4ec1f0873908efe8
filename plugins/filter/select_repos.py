# SPDX-License-Identifier: Apache-2.0
"""Filter `select_repos`: package repositories by short name and sync group."""

from __future__ import annotations

DOCUMENTATION = r"""
name: select_repos
short_description: Select package repositories by short name and sync group
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Selects items of C(rpm_package_repos) or C(deb_package_repos), for playbooks of your own.
    The playbooks of this collection select for themselves.
  - An item is selected when one of the expressions is found in its C(short_name) and its
    C(sync_group) is the one asked for. What is not asked for selects everything.
positional: _input, filter_string, package_sync_group
options:
  _input:
    description: Package repositories, in the shape of the inventory. Their order is kept.
    type: list
    elements: dict
    required: true
  filter_string:
    description:
      - Regular expressions, as text with white space between or as a list. One of them must be
        found anywhere in the C(short_name).
    type: raw
    default: ""
  package_sync_group:
    description: The exact sync group.
    type: str
    default: ""
  must_match:
    description:
      - Fail, naming the nearest short names or the sync groups, when nothing is selected.
      - Without it the result is then an empty list, because one run's filter is often meant for
        the list of one content type only.
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

- name: Fail when the group is misspelt
  ansible.builtin.debug:
    msg: "{{ deb_package_repos
      | stackhpc.release_train.select_repos('', 'ubuntu_noble', must_match=true) }}"
"""

RETURN = r"""
_value:
  description: The selected items, unchanged and in their order.
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
    """The items whose short name and sync group are asked for; see DOCUMENTATION."""
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
    """What Ansible asks this file for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"select_repos": select_repos}
