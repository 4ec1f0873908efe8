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
  - Leaves out keys that mean something elsewhere only. Items of every O(kind) may carry
    C(required), C(short_name), C(sync_group) and C(distribution_name); publications and
    distributions, whose lists are often one, also the other keys of a repository, a publication,
    a distribution and the inventory. The module refuses every other key by its name.
  - A container distribution with a content guard is an error, because Pulp has none for it.
  - Gives nothing when the run is for other content types, or skips this one.
positional: _input, content_type, run_tags, skip_tags
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
  skip_tags:
    description: The C(ansible_skip_tags). Lists of content types that are among them are empty.
    type: list
    elements: str
    default: []
  kind:
    description: What the items are, where keys that mean something elsewhere may be among theirs.
    type: str
    choices: [distribution, publication, repository]
  defaults:
    description: Values of keys that an item does not give.
    type: dict
    default: {}
seealso:
  - module: stackhpc.release_train.pulp_distribution
  - module: stackhpc.release_train.pulp_publication
  - module: stackhpc.release_train.pulp_repository
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

from collections.abc import Iterable, Mapping
from typing import Any, Callable, Optional

from ansible.errors import AnsibleFilterError

from ..module_utils.inventory.values import is_omitted
from ..module_utils.pulp.options import OPTIONS_OF
from ..module_utils.pulp.types import CONTENT_TYPES

# Keys of the inventory: those that an item of any kind may carry, and those that only what is made
# of a repository may. A repository with `sync: false` would be synced, if that were ignored.
_ABOUT = frozenset({"required", "short_name", "sync_group", "distribution_name"})
_OF_REPOSITORIES = frozenset({"base_path", "sync", "publish"})
# Options of some content types that say nothing of the others, and that shared lists give to all.
_OF_SOME_TYPES = frozenset({"mode", "skip_existing"})

_GUARD = "content_guard"


def pulp_items(
    items: Optional[Iterable[Mapping[str, Any]]],
    content_type: str = "",
    run_tags: Iterable[str] = (),
    skip_tags: Iterable[str] = (),
    kind: str = "",
    defaults: Optional[Mapping[str, Any]] = None,
) -> list[dict[str, Any]]:
    """The items with the keys that are given and mean something; see DOCUMENTATION."""
    asked = set(run_tags) & set(CONTENT_TYPES) or set(CONTENT_TYPES)
    if content_type and content_type not in asked - set(skip_tags):
        return []
    foreign = _foreign(content_type, kind) if kind else frozenset()
    given = []
    for item in _mappings(items or [], content_type):
        if kind == "distribution" and _GUARD in foreign:
            _refuse_guard(item, content_type)
        given.append({**(defaults or {}), **_given(item, foreign)})
    return given


def _foreign(content_type: str, kind: str) -> frozenset[str]:
    """Keys that say nothing of this kind, and that its items may carry all the same."""
    options = {name: set(of(CONTENT_TYPES[content_type])) for name, of in OPTIONS_OF.items()}
    if kind == "repository":
        return _ABOUT - options[kind]
    known = set().union(*options.values(), _ABOUT, _OF_REPOSITORIES, _OF_SOME_TYPES, {_GUARD})
    return frozenset(known - options[kind])


def _refuse_guard(item: Mapping[str, Any], content_type: str) -> None:
    if _GUARD in item and item[_GUARD] != "" and not is_omitted(item[_GUARD]):
        raise AnsibleFilterError(
            f"pulp_items: {content_type} distribution '{item.get('name')}': there are no content "
            f"guards for {content_type} distributions: give private: true instead, and the role "
            "container.containernamespace_consumer on its namespace to those who may pull"
        )


def _mappings(items: Iterable[Any], content_type: str) -> Iterable[Mapping[str, Any]]:
    if isinstance(items, (str, Mapping)):
        raise AnsibleFilterError(f"pulp_items: {content_type} items are not a list")
    for number, item in enumerate(items, 1):
        if not isinstance(item, Mapping):
            raise AnsibleFilterError(f"pulp_items: {content_type} item {number} is no mapping")
        yield item


def _given(item: Mapping[str, Any], foreign: frozenset[str] = frozenset()) -> dict[str, Any]:
    # Asked for only now, because a value that is ignored may not even be defined.
    values = {key: item[key] for key in item if key not in foreign}
    return {key: _without_omitted(value) for key, value in values.items() if not is_omitted(value)}


def _without_omitted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _given(value)
    if isinstance(value, list):
        return [_without_omitted(entry) for entry in value if not is_omitted(entry)]
    return value


class FilterModule:
    """What Ansible asks this file for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"pulp_items": pulp_items}
