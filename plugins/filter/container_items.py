# SPDX-License-Identifier: Apache-2.0
"""Filter `container_items`: images with their tags, as the modules for containers take them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: container_items
short_description: Make items of the modules for containers out of pinned images
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Each image is a repository C(<namespace>/<image>), and a distribution of the same name and path.
positional: _input, namespace, kind
options:
  _input:
    description: Tags by image; a list of images where no tags are needed.
    type: raw
    required: true
  namespace:
    description: The namespace of the repositories.
    type: str
    required: true
  kind:
    description:
      - V(repository) and V(distribution) are items of the modules of these names.
      - V(source) are items of M(stackhpc.release_train.pulp_repository) that take just these tags
        from a registry, and what is attached to their images, such as signatures. The name of the
        image there is C(<upstream>/<image>).
      - V(copy) and V(read) are items of M(stackhpc.release_train.pulp_container_content).
    type: str
    choices: [repository, distribution, source, copy, read]
    required: true
  upstream:
    description: The namespace that tags come from, for V(source) and V(copy).
    type: str
  defaults:
    description: Further keys of each item.
    type: dict
seealso:
  - plugin: stackhpc.release_train.container_pins
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Release images
  stackhpc.release_train.pulp_container_content:
    container: "{{ tags | stackhpc.release_train.container_items('stackhpc', 'copy',
      upstream='stackhpc-dev', defaults={'immutable': true}) }}"
  vars:
    tags:
      nova-api: [2025.1-rocky-9-20250812T091848]
"""

RETURN = r"""
_value:
  description: An item for each image.
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
        raise AnsibleFilterError(f"container_items: '{kind}' is none of {', '.join(_KEYS)}")
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
    """What Ansible asks this file for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"container_items": container_items}
