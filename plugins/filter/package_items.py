# SPDX-License-Identifier: Apache-2.0
"""Filter `package_items`: inventory items as the package modules take them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: package_items
short_description: Make package repositories of the inventory fit for the package modules
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Real inventories are imperfect. An unknown key is a warning that names item and key, and is
    left out. What is no mapping becomes an item that fails by its place, and no other does.
  - A leftover C(omit) means that the key is not given.
positional: _input, content_type
options:
  _input:
    description: Package repositories, in the shape of the inventory.
    type: list
    elements: raw
    required: true
  content_type:
    description: What the repositories hold.
    type: str
    choices: [rpm, deb]
    required: true
seealso:
  - plugin: stackhpc.release_train.select_repos
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Take snapshots of the inventory's RPM repositories
  stackhpc.release_train.package_snapshot:
    rpm: "{{ rpm_package_repos | stackhpc.release_train.package_items('rpm') }}"
"""

RETURN = r"""
_value:
  description: The items, with keys that the package modules know.
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ..module_utils.inventory.values import (
    PACKAGE_TYPES,
    converters,
    unknown_key_message,
    without_omitted,
)


def package_items(items: Any, content_type: str) -> list[dict[str, Any]]:
    """The items with known keys; see DOCUMENTATION."""
    if content_type not in PACKAGE_TYPES:
        raise AnsibleFilterError(f"package_items: '{content_type}' is neither rpm nor deb")
    if isinstance(items, (str, Mapping)):
        raise AnsibleFilterError(f"package_items: {content_type}_package_repos is not a list")
    known = converters(content_type)
    fit = []
    for place, item in enumerate(items or []):
        if not isinstance(item, Mapping):
            fit.append({"name": f"{content_type}_package_repos[{place}], which is no mapping"})
            continue
        own = without_omitted(item)
        for key in own:
            if key not in known:
                name = own.get("name", f"{content_type}_package_repos[{place}]")
                Display().warning(f"{name}: {unknown_key_message(content_type, key)}")
        fit.append({key: value for key, value in own.items() if key in known})
    return fit


class FilterModule:
    """What Ansible asks this file for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"package_items": package_items}
