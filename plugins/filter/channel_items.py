# SPDX-License-Identifier: Apache-2.0
"""Filter `channel_items`: production distributions as module channel_promote takes them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: channel_items
short_description: Make production distributions fit for channel_promote
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Keeps C(name), C(base_path) and C(distribution) of each item that is to be present.
  - An item without C(distribution) takes over from the one of its own name with C(production)
    at the end replaced by C(development).
options:
  _input:
    description: Items of C(stackhpc_pulp_distribution_<type>_production).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Let production serve what development does
  stackhpc.release_train.channel_promote:
    rpm: "{{ stackhpc_pulp_distribution_rpm_production
      | stackhpc.release_train.required_items | stackhpc.release_train.channel_items }}"
"""

RETURN = r"""
_value:
  description: The channels.
  type: list
  elements: dict
"""

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.stackhpc.release_train.plugins.module_utils.release_values import given

_PRODUCTION = "production"
_DEVELOPMENT = "development"


def channel_items(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The channels of production distributions; see DOCUMENTATION."""
    channels = []
    for item in items:
        own = given(item)
        name = str(own.get("name", ""))
        if own.get("state", "present") == "absent":
            continue
        if not own.get("distribution"):
            if not name.endswith(_PRODUCTION):
                raise AnsibleFilterError(f"channel_items: '{name}' names no distribution")
            own["distribution"] = name[: -len(_PRODUCTION)] + _DEVELOPMENT
        channels.append({key: own.get(key) for key in ("name", "base_path", "distribution")})
    return channels


class FilterModule:
    """What Ansible asks this file for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"channel_items": channel_items}
