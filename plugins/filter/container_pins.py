# SPDX-License-Identifier: Apache-2.0
"""Filter `container_pins`: pins of container images, checked and selected."""

from __future__ import annotations

DOCUMENTATION = r"""
name: container_pins
short_description: Check pins of container images, and select some of them
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Makes lists of single tags. Fails, naming all of it, for what is no image or tag, and for images
    that are not in the list of images.
  - An expression that finds nothing, while others of the filter do, is a warning.
positional: _input, images, filter
options:
  _input:
    description: A tag, or a list of tags, by image.
    type: dict
    required: true
  images:
    description: All images there are, C(kolla_container_images). Without it any image may be pinned.
    type: list
    elements: str
  filter:
    description:
      - Regular expressions, as text with blanks between or as a list, searched in the names of images.
        Empty selects all.
    type: raw
seealso:
  - plugin: stackhpc.release_train.container_items
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the tags of nova's images
  ansible.builtin.debug:
    msg: "{{ container_tags | stackhpc.release_train.container_pins(filter='^nova-') }}"
  vars:
    container_tags:
      nova-api: 2025.1-rocky-9-20250812T091848
      keystone: [2025.1-rocky-9-20250812T091848, 2025.1-ubuntu-noble-20250812T091848]
"""

RETURN = r"""
_value:
  description: The pins, and what was selected.
  type: dict
  contains:
    pins: {description: Tags by image., type: dict}
    text: {description: 'How many of how many were selected.', type: str}
"""

from collections.abc import Iterable
from typing import Any, Callable, Optional

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ..module_utils.errors import OperatorError
from ..module_utils.inventory.container_pins import select_container_pins


def container_pins(
    tags: Any, images: Optional[Iterable[str]] = None, filter: Any = None
) -> dict[str, Any]:
    """The selected pins; see DOCUMENTATION."""
    try:
        chosen = select_container_pins(tags, images, filter)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error
    for warning in chosen.warnings:
        Display().warning(warning)
    return {"pins": chosen.pins, "text": chosen.text}


class FilterModule:
    """What Ansible asks this file for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"container_pins": container_pins}
