# SPDX-License-Identifier: Apache-2.0
"""Filter `client_images`: the images that the list of a client syncs from Ark."""

from __future__ import annotations

DOCUMENTATION = r"""
name: client_images
short_description: Read the pinned tags of images from a client's list
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Returns the tags of the items that are synced from a Pulp server. A Kayobe configuration without a list of all
    images pins its images so.
  - Drops items whose C(required) is V(false) before it reads anything else of them.
positional: _input, url, namespace
options:
  _input:
    description: The list C(stackhpc_pulp_repository_container_repos).
    type: list
    elements: dict
    required: true
  url:
    description: URL of the Pulp server.
    type: str
    required: true
  namespace:
    description: Namespace of the images.
    type: str
    default: stackhpc
seealso:
  - plugin: stackhpc.release_train.client_packages
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the tags that a client syncs from Ark
  ansible.builtin.debug:
    msg: "{{ (stackhpc_pulp_repository_container_repos
      | stackhpc.release_train.client_images(stackhpc_release_pulp_url)).container_tags }}"
"""

RETURN = r"""
_value:
  description: The pins.
  type: dict
  contains:
    container_tags: {description: Mapping of image to a list of tags., type: dict}
    others:
      description: Names of required items from another server, of another namespace, or without a tag.
      type: list
    note: {description: 'Which list was used, and which items were not.', type: str}
"""

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ..module_utils.inventory.client_packages import client_images as read


def client_images(
    items: Iterable[Mapping[str, Any]], url: str, namespace: str = "stackhpc"
) -> dict[str, Any]:
    """The pins; see DOCUMENTATION."""
    found = read(items, url, namespace)
    omitted = f", without images from elsewhere: {', '.join(found['others'])}"
    used = (
        "kolla_container_images is not defined: used the tags of "
        "stackhpc_pulp_repository_container_repos"
    )
    return {**found, "note": f"{used}{omitted if found['others'] else ''}"}


class FilterModule:
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"client_images": client_images}
