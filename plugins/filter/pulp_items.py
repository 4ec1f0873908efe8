# SPDX-License-Identifier: Apache-2.0
"""Filter `pulp_items`: items as inventories hold them, made fit for the modules."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pulp_items
short_description: Make items of an inventory fit for the modules
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Leaves out each key whose value is null or a leftover of C(omit), which means that the key is
    not given.
  - Leaves out keys that the module does not know, where O(kind) says that items carry keys of
    another kind. A key that is nearly one that the module knows is left out with a warning.
  - Gives nothing when the run is for other content types.
positional: _input, content_type, run_tags
options:
  _input:
    description: Items of one list. Null is an empty list.
    type: list
    elements: dict
    required: true
  content_type:
    description: Content type of the list.
    type: str
    choices: [container, deb, file, python, rpm]
  run_tags:
    description:
      - The C(ansible_run_tags). When content types are among them, lists of the others are empty.
    type: list
    elements: str
    default: []
  kind:
    description: What the items are, where keys of another kind may be among theirs.
    type: str
    choices: [distribution, publication]
  defaults:
    description: Values of keys that an item does not give.
    type: dict
    default: {}
seealso:
  - module: stackhpc.release_train.pulp_distribution
  - module: stackhpc.release_train.pulp_publication
"""

EXAMPLES = r"""
- name: Publish what the items of the distributions name
  stackhpc.release_train.pulp_publication:
    rpm: "{{ pulp_distribution_rpm
      | stackhpc.release_train.pulp_items('rpm', kind='publication') }}"
"""

RETURN = r"""
_value:
  description: The items, in their order.
  type: list
  elements: dict
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Callable, Optional

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_item_options import (
    OPTIONS_OF,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_types import (
    CONTENT_TYPES,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_values import (
    is_omitted,
)

_NEARLY = 0.85


def pulp_items(
    items: Optional[Iterable[Mapping[str, Any]]],
    content_type: str = "",
    run_tags: Iterable[str] = (),
    kind: str = "",
    defaults: Optional[Mapping[str, Any]] = None,
) -> list[dict[str, Any]]:
    """The items with the keys that are given and known; see DOCUMENTATION."""
    asked = set(run_tags) & set(CONTENT_TYPES)
    if content_type and asked and content_type not in asked:
        return []
    known = set(OPTIONS_OF[kind](CONTENT_TYPES[content_type])) if kind else None
    return [
        {**(defaults or {}), **_given(item, known)} for item in _mappings(items or [], content_type)
    ]


def _mappings(items: Iterable[Any], content_type: str) -> Iterable[Mapping[str, Any]]:
    if isinstance(items, (str, Mapping)):
        raise AnsibleFilterError(f"pulp_items: {content_type} items are not a list")
    for number, item in enumerate(items, 1):
        if not isinstance(item, Mapping):
            raise AnsibleFilterError(f"pulp_items: {content_type} item {number} is no mapping")
        yield item


def _given(item: Mapping[str, Any], known: Optional[set[str]]) -> dict[str, Any]:
    given = {}
    for key in item:
        if known is not None and key not in known:
            near = difflib.get_close_matches(str(key), known, n=1, cutoff=_NEARLY)
            if near:
                Display().warning(f"key '{key}' is ignored: did you mean '{near[0]}'?")
            continue
        # Only now, because a value that is ignored may not even be defined.
        value = item[key]
        if not is_omitted(value):
            given[key] = _without_omitted(value)
    return given


def _without_omitted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _given(value, None)
    if isinstance(value, list):
        return [_without_omitted(entry) for entry in value if not is_omitted(entry)]
    return value


class FilterModule:
    """What Ansible asks this file for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"pulp_items": pulp_items}
