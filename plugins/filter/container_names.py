# SPDX-License-Identifier: Apache-2.0
"""Filter `container_names`: what Kolla's images are called in a registry."""

from __future__ import annotations

DOCUMENTATION = r"""
name: container_names
short_description: Name the images of Kolla as a registry has them
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - An image has its own name, C(nova-api), and had one with its base distribution,
    C(rocky-source-nova-api), in old releases.
  - Text with commas is a list, as for an option of a module. What can be no name is an error.
options:
  _input:
    description: Images, C(kolla_container_images).
    type: list
    elements: str
    required: true
  base_distros:
    description: Base distributions, with or without a version. Old names begin with them.
    type: list
    elements: str
    default: []
  unbuildable:
    description:
      - Images that are not built. A list C(new_scheme), and in C(old_scheme) a list for each base
        distribution without its version.
    type: dict
    default: {}
  old:
    description: Whether to tell old names.
    type: bool
    default: false
  new:
    description: Whether to tell new names.
    type: bool
    default: true
seealso:
  - plugin: stackhpc.release_train.kolla_container_tags
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show what images are called, now and in old releases
  ansible.builtin.debug:
    msg: "{{ ['nova-api', 'ironic-pxe'] | stackhpc.release_train.container_names(['rocky-9'],
      unbuildable={'old_scheme': {'rocky': ['ironic-pxe']}}, old=true) }}"
"""

RETURN = r"""
_value:
  description: Names of repositories without a namespace, new ones first.
  type: list
  elements: str
"""

from collections.abc import Iterable, Mapping
from typing import Any, Callable, Optional

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils.errors import OperatorError
from ..module_utils.kayobe.kolla import registry_names


def container_names(
    images: Iterable[str],
    base_distros: Iterable[str] = (),
    unbuildable: Optional[Mapping[str, Any]] = None,
    old: Any = False,
    new: Any = True,
) -> list[str]:
    """The names; see DOCUMENTATION."""
    listed, distros = _listed(images), _listed(base_distros)
    try:
        return registry_names(listed, distros, unbuildable or {}, boolean(old), boolean(new))
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


def _listed(value: Any) -> list[str]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    return [str(name) for name in value or []]


class FilterModule:
    """What Ansible asks this file for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"container_names": container_names}
