# SPDX-License-Identifier: Apache-2.0
"""Filter `package_groups`: the sync groups of package repositories."""

from __future__ import annotations

DOCUMENTATION = r"""
name: package_groups
short_description: List the sync groups of package repositories
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Lists the groups that the selected repositories are in, sorted, each once. One run for each of
    them syncs all that is in a group.
  - Repositories that are in none are named in a warning. It is an error when all of them are.
positional: _input
options:
  _input:
    description: The lists C(rpm) and C(deb), in the shape of the inventory.
    type: dict
    required: true
  defaults:
    description: What is laid under every item, again C(rpm) and C(deb).
    type: dict
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
    description: Selects repositories of exactly this group. Empty selects all.
    type: str
seealso:
  - plugin: stackhpc.release_train.select_repos
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write a matrix of jobs
  ansible.builtin.debug:
    msg: "{{ {'rpm': rpm_package_repos, 'deb': deb_package_repos}
      | stackhpc.release_train.package_groups(package_filter='^rocky_9_') | to_json }}"
"""

RETURN = r"""
_value:
  description: Names of groups.
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any, Callable, Optional

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ..module_utils.errors import OperatorError
from ..module_utils.inventory.repositories import parse_repositories
from ..module_utils.inventory.selection import Filter, select_inventory


def package_groups(
    lists: Mapping[str, Any],
    defaults: Optional[Mapping[str, Any]] = None,
    rpm_filter: Filter = None,
    deb_filter: Filter = None,
    package_filter: Filter = None,
    sync_group: Optional[str] = None,
) -> list[str]:
    """The sync groups; see DOCUMENTATION."""
    # What is wrong with an item is for the run that syncs its group to say.
    parsed = parse_repositories(
        lists.get("rpm") or [], lists.get("deb") or [], defaults, purpose="pins"
    )
    try:
        _narrowed, selection = select_inventory(
            parsed,
            rpm_filter=rpm_filter,
            deb_filter=deb_filter,
            package_filter=package_filter,
            sync_group=sync_group,
        )
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error
    groups = sorted({item.sync_group for item in selection.selected} - {""})
    if not groups:
        raise AnsibleFilterError(
            f"none of the package repositories is in a sync group ({selection.text}): set "
            "sync_group in items of rpm_package_repos and deb_package_repos"
        )
    without = [item.short_name or item.name for item in selection.selected if not item.sync_group]
    warnings = [f"in no sync group: {', '.join(without)}"] if without else []
    for warning in (*selection.warnings, *warnings):
        Display().warning(warning)
    return groups


class FilterModule:
    """What Ansible asks this file for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"package_groups": package_groups}
