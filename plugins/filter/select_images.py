# SPDX-License-Identifier: Apache-2.0
"""Filter `select_images`: container images selected by name."""

from __future__ import annotations

DOCUMENTATION = r"""
name: select_images
short_description: Select container images by name
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Selects names of C(kolla_container_images). It is meant for your own playbooks. The playbooks of this
    collection have variables for the same selection.
positional: _input, filter_string
options:
  _input:
    description: Names of images. Their order is kept.
    type: list
    elements: str
    required: true
  filter_string:
    description:
      - Regular expressions, as a list or as a string in which spaces or commas separate them. An image is selected if
        one of them matches a part of its name.
      - By default all images are selected.
    type: raw
    default: ""
  must_match:
    description: Whether to fail, with the nearest names, if no image is selected.
    type: bool
    default: false
seealso:
  - plugin: stackhpc.release_train.select_repos
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show all images of Nova and the image neutron-server
  ansible.builtin.debug:
    msg: "{{ kolla_container_images
      | stackhpc.release_train.select_images('^nova- ^neutron-server$') }}"
"""

RETURN = r"""
_value:
  description: Selected names in their order.
  type: list
  elements: str
"""

from collections.abc import Iterable
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..module_utils.inventory.selection import (
    Filter,
    NothingSelectedError,
    SelectionError,
    select_names,
)


def select_images(
    images: Iterable[str], filter_string: Filter = "", must_match: bool = False
) -> list[str]:
    """The selected names; see DOCUMENTATION."""
    try:
        return select_names(images, filter_string, "select_images").selected
    except NothingSelectedError as error:
        if must_match:
            raise AnsibleFilterError(str(error)) from error
        return []
    except SelectionError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"select_images": select_images}
