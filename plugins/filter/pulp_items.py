# SPDX-License-Identifier: Apache-2.0
"""Filter `pulp_items`: items of an inventory as module arguments."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pulp_items
short_description: Convert items of an inventory to module arguments
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Removes keys whose value is null or an C(omit) placeholder.
  - Removes keys that have a meaning for other kinds of items only. Items of every O(kind) can have
    C(required), C(short_name), C(sync_group) and C(distribution_name). Publications and distributions, which
    often share one list, can also have the other keys of a repository, a publication, a distribution and the
    inventory. The modules refuse all other unknown keys.
  - Fails for a container distribution with a content guard, which Pulp does not support.
  - Returns an empty list if the tags of the run exclude the content type.
positional: _input, content_type, run_tags, skip_tags
options:
  _input:
    description: Items of one list. Null is an empty list.
    type: list
    elements: dict
    required: true
  content_type:
    description: Content type of the items.
    type: str
    choices: [container, deb, file, python, rpm]
  run_tags:
    description:
      - Value of C(ansible_run_tags). If it contains content types, the items of all others are dropped.
    type: list
    elements: str
    default: []
  skip_tags:
    description: Value of C(ansible_skip_tags). Items of the content types that it contains are dropped.
    type: list
    elements: str
    default: []
  kind:
    description: Kind of the items. Keys of other kinds are removed. By default all keys are kept.
    type: str
    choices: [distribution, publication, repository]
  defaults:
    description: Default values for each item.
    type: dict
    default: {}
seealso:
  - module: stackhpc.release_train.pulp_distribution
  - module: stackhpc.release_train.pulp_publication
  - module: stackhpc.release_train.pulp_repository
"""

EXAMPLES = r"""
- name: Publish the repositories of a list of distributions
  stackhpc.release_train.pulp_publication:
    rpm: "{{ pulp_distribution_rpm
      | stackhpc.release_train.pulp_items('rpm', kind='publication') }}"
"""

RETURN = r"""
_value:
  description: Items in their order.
  type: list
  elements: dict
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Callable, Optional

from ansible.errors import AnsibleFilterError

from ..module_utils.inventory.values import is_omitted
from ..module_utils.pulp.options import OPTIONS_OF
from ..module_utils.pulp.types import CONTENT_TYPES

# Keys of the inventory that items of any kind can have, and those that only items made of a repository
# can have: a repository with `sync: false` would be synced if that key were ignored.
_ABOUT = frozenset({"required", "short_name", "sync_group", "distribution_name"})
_OF_REPOSITORIES = frozenset({"base_path", "sync", "publish"})
# Options of some content types, which shared lists set for all types.
_OF_SOME_TYPES = frozenset({"mode", "skip_existing"})

_GUARD = "content_guard"


@dataclass(frozen=True)
class ItemOptions:
    """The options of the filter, in their order."""

    content_type: str = ""
    run_tags: Iterable[str] = ()
    skip_tags: Iterable[str] = ()
    kind: str = ""
    defaults: Optional[Mapping[str, Any]] = None

    @property
    def is_excluded(self) -> bool:
        """Whether the tags of the run exclude the content type."""
        chosen = set(self.run_tags) & set(CONTENT_TYPES) or set(CONTENT_TYPES)
        return bool(self.content_type) and self.content_type not in chosen - set(self.skip_tags)


def pulp_items(
    items: Optional[Iterable[Mapping[str, Any]]], *options: Any, **named: Any
) -> list[dict[str, Any]]:
    """The items as module arguments; `options` and `named` are those of ItemOptions."""
    chosen = ItemOptions(*options, **named)
    if chosen.is_excluded:
        return []
    content_type, kind = chosen.content_type, chosen.kind
    foreign = _foreign(content_type, kind) if kind else frozenset()
    given = []
    for item in _mappings(items or [], content_type):
        if kind == "distribution" and _GUARD in foreign:
            _refuse_guard(item, content_type)
        given.append({**(chosen.defaults or {}), **_given(item, foreign)})
    return given


def _foreign(content_type: str, kind: str) -> frozenset[str]:
    """Keys that items of this kind can have, and that are no options of its module."""
    options = {name: set(of(CONTENT_TYPES[content_type])) for name, of in OPTIONS_OF.items()}
    if kind == "repository":
        return _ABOUT - options[kind]
    known = set().union(*options.values(), _ABOUT, _OF_REPOSITORIES, _OF_SOME_TYPES, {_GUARD})
    return frozenset(known - options[kind])


def _refuse_guard(item: Mapping[str, Any], content_type: str) -> None:
    if _GUARD in item and item[_GUARD] != "" and not is_omitted(item[_GUARD]):
        raise AnsibleFilterError(
            f"pulp_items: {content_type} distribution '{item.get('name')}': Pulp does not support "
            f"content guards of {content_type} distributions: set private: true instead, and grant "
            "container.containernamespace_consumer on its namespace to groups that can pull"
        )


def _mappings(items: Iterable[Any], content_type: str) -> Iterable[Mapping[str, Any]]:
    if isinstance(items, (str, Mapping)):
        raise AnsibleFilterError(f"pulp_items: {content_type} items are not a list")
    for number, item in enumerate(items, 1):
        if not isinstance(item, Mapping):
            raise AnsibleFilterError(f"pulp_items: {content_type} item {number} is not a mapping")
        yield item


def _given(item: Mapping[str, Any], foreign: frozenset[str] = frozenset()) -> dict[str, Any]:
    # Evaluated only now: a template in an ignored value may use undefined variables.
    values = {key: item[key] for key in item if key not in foreign}
    return {key: _without_omitted(value) for key, value in values.items() if not is_omitted(value)}


def _without_omitted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _given(value)
    if isinstance(value, list):
        return [_without_omitted(entry) for entry in value if not is_omitted(entry)]
    return value


class FilterModule:
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"pulp_items": pulp_items}
