# SPDX-License-Identifier: Apache-2.0
"""Filter `tag_items`: items with container tags as module arguments."""

from __future__ import annotations

DOCUMENTATION = r"""
name: tag_items
short_description: Convert items with container tags to module arguments
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Renames the keys C(repository) and C(src_repo), which the collection C(stackhpc.pulp) uses, to C(name) and
    C(source).
  - Removes C(is_push) and C(src_is_push), because repositories of both kinds are found, and keys whose value is
    an C(omit) placeholder. The module refuses all other unknown keys.
options:
  _input:
    description: Items. Null is an empty list.
    type: list
    elements: dict
    required: true
seealso:
  - module: stackhpc.release_train.pulp_container_content
"""

EXAMPLES = r"""
- name: Copy a tag
  stackhpc.release_train.pulp_container_content:
    container: "{{ items | stackhpc.release_train.tag_items }}"
  vars:
    items:
      - {repository: stackhpc/nova-api, src_repo: stackhpc-dev/nova-api, src_is_push: true, tags: [first]}
"""

RETURN = r"""
_value:
  description: Items in their order.
  type: list
  elements: dict
"""

from collections.abc import Iterable, Mapping
from typing import Any, Callable, Optional

from ansible.errors import AnsibleFilterError

from ..module_utils.inventory.values import is_omitted

_NAMES = {"repository": "name", "src_repo": "source"}
_IGNORED = frozenset({"is_push", "src_is_push"})


def tag_items(items: Optional[Iterable[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """The items as module arguments; see DOCUMENTATION."""
    if isinstance(items, (str, Mapping)):
        raise AnsibleFilterError("tag_items: the items are not a list")
    return [_renamed(item, number) for number, item in enumerate(items or [], 1)]


def _renamed(item: Any, number: int) -> dict[str, Any]:
    if not isinstance(item, Mapping):
        raise AnsibleFilterError(f"tag_items: item {number} is not a mapping")
    given: dict[str, Any] = {}
    for key in item:
        if key in _IGNORED or is_omitted(item[key]):
            continue
        name = str(_NAMES.get(key, key))
        if name in given:
            raise AnsibleFilterError(f"tag_items: item {number} sets {name} twice: also as {key}")
        given[name] = item[key]
    for key in ("name", "tags"):
        if given.get(key) is None:
            shown = "repository" if key == "name" else key
            raise AnsibleFilterError(
                f"tag_items: {shown} is missing in item {number}: {dict(item)}"
            )
    return given


class FilterModule:
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"tag_items": tag_items}
