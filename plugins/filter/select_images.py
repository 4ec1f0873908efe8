# SPDX-License-Identifier: Apache-2.0
"""Filter `select_images`: container images by name."""

from __future__ import annotations

DOCUMENTATION = r"""
name: select_images
short_description: Select container images by name
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Selects names of C(kolla_container_images), for playbooks of your own. The playbooks of this
    collection select for themselves.
positional: _input, filter_string
options:
  _input:
    description: Names of images. Their order is kept.
    type: list
    elements: str
    required: true
  filter_string:
    description:
      - Regular expressions, as text with white space between or as a list. One of them must be
        found anywhere in the name. Empty selects all.
    type: raw
    default: ""
  must_match:
    description: Fail, naming the nearest images, when nothing is selected.
    type: bool
    default: false
seealso:
  - plugin: stackhpc.release_train.select_repos
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show all images of nova, and the one named neutron-server
  ansible.builtin.debug:
    msg: "{{ kolla_container_images
      | stackhpc.release_train.select_images('^nova- ^neutron-server$') }}"
"""

RETURN = r"""
_value:
  description: The selected names in their order.
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
    """The names that are asked for; see DOCUMENTATION."""
    try:
        return select_names(images, filter_string, "select_images").selected
    except NothingSelectedError as error:
        if must_match:
            raise AnsibleFilterError(str(error)) from error
        return []
    except SelectionError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible asks this file for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"select_images": select_images}
