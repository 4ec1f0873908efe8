# SPDX-License-Identifier: Apache-2.0
"""Filter `container_pins`: validated and selected pins of container images."""

from __future__ import annotations

DOCUMENTATION = r"""
name: container_pins
short_description: Validate and select pins of container images
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Converts single tags to lists. Fails with all names of images and tags that are not valid, and with all
    images that are not listed.
  - Warns about an expression of the filter that matches no image.
positional: _input, images, filter
options:
  _input:
    description: Mapping of image to a tag or to a list of tags.
    type: dict
    required: true
  images:
    description: Names of all images, C(kolla_container_images). By default any image can be pinned.
    type: list
    elements: str
  filter:
    description:
      - Regular expressions, as a list or as a string in which spaces or commas separate them. An image is selected if
        one of them matches a part of its name.
      - By default all images are selected.
    type: raw
seealso:
  - plugin: stackhpc.release_train.container_items
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the tags of Nova's images
  ansible.builtin.debug:
    msg: "{{ container_tags | stackhpc.release_train.container_pins(filter='^nova-') }}"
  vars:
    container_tags:
      nova-api: 2025.1-rocky-9-20250812T091848
      keystone: [2025.1-rocky-9-20250812T091848, 2025.1-ubuntu-noble-20250812T091848]
"""

RETURN = r"""
_value:
  description: The selected pins.
  type: dict
  contains:
    pins: {description: Mapping of image to a list of tags., type: dict}
    text: {description: 'How many images were selected, such as V(selected 3 of 40).', type: str}
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
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"container_pins": container_pins}
