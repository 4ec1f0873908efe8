# SPDX-License-Identifier: Apache-2.0
"""Filter `required_items`: the items of a client's lists that its site needs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: required_items
short_description: Keep the items whose required is true
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Lists of a client's configuration carry C(required), often as text that a template left.
    Items that are not required are dropped. An item that does not say is required.
  - C(required) itself is left out, because modules do not know it.
options:
  _input:
    description: Items of a C(stackhpc_pulp_*) list.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the repositories that this site needs
  ansible.builtin.debug:
    msg: "{{ stackhpc_pulp_repository_rpm_repos | stackhpc.release_train.required_items
      | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: The required items, without C(required), in their order.
  type: list
  elements: dict
"""

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean


def required_items(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The items that are required; see DOCUMENTATION."""
    kept = []
    for item in items:
        try:
            required = boolean(item.get("required", True))
        except TypeError as error:
            name = item.get("name") or item.get("repository")
            raise AnsibleFilterError(f"required_items: '{name}': required: {error}") from error
        if required:
            kept.append({key: item[key] for key in item if key != "required"})
    return kept


class FilterModule:
    """What Ansible asks this file for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"required_items": required_items}
