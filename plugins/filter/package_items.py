# SPDX-License-Identifier: Apache-2.0
"""Filter `package_items`: package repositories of an inventory as module arguments."""

from __future__ import annotations

DOCUMENTATION = r"""
name: package_items
short_description: Convert package repositories of an inventory to module arguments
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Removes unknown keys with a warning that names the item and the key. The package modules refuse unknown keys.
  - Replaces an item that is not a mapping with one that fails in the module, so that other items are processed.
  - Removes keys whose value is an C(omit) placeholder.
positional: _input, content_type
options:
  _input:
    description: Package repositories of the inventory.
    type: list
    elements: raw
    required: true
  content_type:
    description: Content type of the repositories.
    type: str
    choices: [rpm, deb]
    required: true
seealso:
  - module: stackhpc.release_train.package_snapshot
  - plugin: stackhpc.release_train.select_repos
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Take snapshots of the RPM repositories of the inventory
  stackhpc.release_train.package_snapshot:
    rpm: "{{ rpm_package_repos | stackhpc.release_train.package_items('rpm') }}"
"""

RETURN = r"""
_value:
  description: Items with keys that the package modules accept.
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
        raise AnsibleFilterError(
            f"package_items: invalid content type '{content_type}': expected rpm or deb"
        )
    if isinstance(items, (str, Mapping)):
        raise AnsibleFilterError(f"package_items: {content_type}_package_repos is not a list")
    known = converters(content_type)
    converted = []
    for place, item in enumerate(items or []):
        if not isinstance(item, Mapping):
            converted.append(
                {"name": f"{content_type}_package_repos[{place}], which is not a mapping"}
            )
            continue
        own = without_omitted(item)
        for key in own:
            if key not in known:
                name = own.get("name", f"{content_type}_package_repos[{place}]")
                Display().warning(f"{name}: {unknown_key_message(content_type, key)}")
        converted.append({key: value for key, value in own.items() if key in known})
    return converted


class FilterModule:
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"package_items": package_items}
