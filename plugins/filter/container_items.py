# SPDX-License-Identifier: Apache-2.0
"""Filter `container_items`: pinned images as items of the container modules."""

from __future__ import annotations

DOCUMENTATION = r"""
name: container_items
short_description: Convert pinned images to items of the container modules
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Creates one item for each image. The repository and the distribution of an image are both named
    C(<namespace>/<image>).
positional: _input, namespace, kind
options:
  _input:
    description: Mapping of image to tags, or a list of images if no tags are needed.
    type: raw
    required: true
  namespace:
    description: Namespace of the repositories.
    type: str
    required: true
  kind:
    description:
      - V(repository) creates items of M(stackhpc.release_train.pulp_repository).
      - V(distribution) creates items of M(stackhpc.release_train.pulp_distribution).
      - V(source) creates items of M(stackhpc.release_train.pulp_repository) that sync exactly these tags, and
        what is attached to their images, such as signatures. The name of the image at the source is
        C(<upstream>/<image>).
      - V(copy) and V(read) create items of M(stackhpc.release_train.pulp_container_content).
    type: str
    choices: [repository, distribution, source, copy, read]
    required: true
  upstream:
    description: Namespace of the source, required for O(kind=source) and O(kind=copy).
    type: str
  defaults:
    description: Additional keys of each item.
    type: dict
seealso:
  - plugin: stackhpc.release_train.container_pins
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Promote images to the release namespace
  stackhpc.release_train.pulp_container_content:
    container: "{{ tags | stackhpc.release_train.container_items('stackhpc', 'copy',
      upstream='stackhpc-dev', defaults={'immutable': true}) }}"
  vars:
    tags:
      nova-api: [2025.1-rocky-9-20250812T091848]
"""

RETURN = r"""
_value:
  description: One item for each image.
  type: list
  elements: dict
"""

from collections.abc import Iterable, Mapping
from typing import Any, Callable, Optional, Union

from ansible.errors import AnsibleFilterError

from ..module_utils.pulp.types import ATTACHED_PATTERN

Tags = Union[Mapping[str, list[str]], Iterable[str]]


def container_items(
    images: Tags,
    namespace: str,
    kind: str,
    upstream: str = "",
    defaults: Optional[Mapping[str, Any]] = None,
) -> list[dict[str, Any]]:
    """The items; see DOCUMENTATION."""
    if kind not in _KEYS:
        raise AnsibleFilterError(
            f"container_items: invalid kind '{kind}': expected one of {', '.join(_KEYS)}"
        )
    tags = images if isinstance(images, Mapping) else {}
    return [
        {
            **(defaults or {}),
            "name": f"{namespace}/{image}",
            **_KEYS[kind](f"{namespace}/{image}", f"{upstream}/{image}", tags.get(image)),
        }
        for image in images
    ]


_KEYS: dict[str, Callable[[str, str, Any], dict[str, Any]]] = {
    "repository": lambda _name, _source, _tags: {},
    "distribution": lambda name, _source, _tags: {"base_path": name, "repository": name},
    "source": lambda _name, source, tags: {
        "upstream_name": source,
        "include_tags": [*tags, ATTACHED_PATTERN] if tags else None,
    },
    "copy": lambda _name, source, tags: {"source": source, "tags": tags},
    "read": lambda _name, _source, tags: {"tags": tags, "state": "read"},
}


class FilterModule:
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"container_items": container_items}
