# SPDX-License-Identifier: Apache-2.0
"""Filter `image_pins`: selected versions of disk images."""

from __future__ import annotations

DOCUMENTATION = r"""
name: image_pins
short_description: Select pinned versions of disk images
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Selects items by the names of their repositories. Fails, with the nearest names, if no item is selected.
  - Warns about an expression of the filter that matches no image.
positional: _input, filter
options:
  _input:
    description: Items with C(repository), as M(stackhpc.release_train.image_promote) has them.
    type: list
    elements: dict
    required: true
  filter:
    description:
      - Regular expressions, as a list or as a string in which spaces or commas separate them. An item is selected if
        one of them matches a part of the name of its repository.
      - By default all items are selected.
    type: raw
seealso:
  - plugin: stackhpc.release_train.kayobe_image_versions
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show the pinned images of Rocky Linux
  ansible.builtin.debug:
    msg: "{{ lookup('stackhpc.release_train.kayobe_image_versions', '/src/kayobe-config', wantlist=true)
      | stackhpc.release_train.image_pins('-rocky-') }}"
"""

RETURN = r"""
_value:
  description: The selected items.
  type: dict
  contains:
    pins: {description: The items in their order., type: list}
    text: {description: 'How many were selected, such as V(selected 1 of 2 images).', type: str}
"""

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ..module_utils.inventory.selection import Filter, SelectionError, select_by_name


def image_pins(items: Iterable[Mapping[str, Any]], filter: Filter = None) -> dict[str, Any]:
    """The selected items; see DOCUMENTATION."""
    try:
        chosen = select_by_name(
            items, lambda item: str(item.get("repository") or ""), filter, "image_filter"
        )
    except SelectionError as error:
        raise AnsibleFilterError(str(error)) from error
    for warning in chosen.warnings:
        Display().warning(warning)
    return {"pins": chosen.selected, "text": f"{chosen.text} images"}


class FilterModule:
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"image_pins": image_pins}
