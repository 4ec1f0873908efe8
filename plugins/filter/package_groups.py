# SPDX-License-Identifier: Apache-2.0
"""Filter `package_groups`: the sync groups of package repositories."""

from __future__ import annotations

DOCUMENTATION = r"""
name: package_groups
short_description: List the sync groups of package repositories
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Returns the sync groups of the selected repositories, sorted and without duplicates. One run for each of
    them syncs all repositories in a group.
  - Warns about repositories without a sync group. Fails if no selected repository has one.
positional: _input
options:
  _input:
    description: Package repositories, a mapping with the lists C(rpm) and C(deb) of the inventory.
    type: dict
    required: true
  defaults:
    description: Default values for each item, a mapping with the keys C(rpm) and C(deb).
    type: dict
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
seealso:
  - plugin: stackhpc.release_train.select_repos
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Create the matrix of a CI workflow
  ansible.builtin.debug:
    msg: "{{ {'rpm': rpm_package_repos, 'deb': deb_package_repos}
      | stackhpc.release_train.package_groups(package_filter='^rocky_9_') | to_json }}"
"""

RETURN = r"""
_value:
  description: Names of sync groups.
  type: list
  elements: str
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable, Optional

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ..module_utils.errors import OperatorError
from ..module_utils.inventory.repositories import parse_repositories
from ..module_utils.inventory.selection import Filter, Filters, select_inventory


@dataclass(frozen=True)
class PackageFilters:
    """The options of the filter after `defaults`, in their order."""

    rpm_filter: Filter = None
    deb_filter: Filter = None
    package_filter: Filter = None
    sync_group: Optional[str] = None


def package_groups(
    lists: Mapping[str, Any],
    defaults: Optional[Mapping[str, Any]] = None,
    *options: Any,
    **named: Any,
) -> list[str]:
    """The sync groups; `options` and `named` are those of PackageFilters."""
    # Errors of an item are reported by the run that syncs its group.
    parsed = parse_repositories(
        lists.get("rpm") or [], lists.get("deb") or [], defaults, purpose="pins"
    )
    try:
        _narrowed, selection = select_inventory(
            parsed, Filters(**vars(PackageFilters(*options, **named)))
        )
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error
    groups = sorted({item.sync_group for item in selection.selected} - {""})
    if not groups:
        raise AnsibleFilterError(
            f"no package repository has a sync group ({selection.text}): set sync_group in items "
            "of rpm_package_repos and deb_package_repos"
        )
    without = [item.short_name or item.name for item in selection.selected if not item.sync_group]
    warnings = [f"package repositories without sync group: {', '.join(without)}"] if without else []
    for warning in (*selection.warnings, *warnings):
        Display().warning(warning)
    return groups


class FilterModule:
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"package_groups": package_groups}
