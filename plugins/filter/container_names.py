# SPDX-License-Identifier: Apache-2.0
"""Filter `container_names`: names of container repositories of Kolla images."""

from __future__ import annotations

DOCUMENTATION = r"""
name: container_names
short_description: Convert Kolla images to names of container repositories
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - In the new naming scheme the repository has the name of the image, such as C(nova-api). In the old
    scheme, which old OpenStack releases use, the base distribution is a part of it, such as
    C(rocky-source-nova-api).
  - Fails for an image name that is not valid. A string is split at commas.
options:
  _input:
    description: Names of images, C(kolla_container_images).
    type: list
    elements: str
    required: true
  base_distros:
    description: Base distributions in names of the old scheme, with or without a version.
    type: list
    elements: str
    default: []
  unbuildable:
    description:
      - Images that are not built. C(new_scheme) is a list of images, C(old_scheme) a mapping of base
        distribution without version to a list of images.
    type: dict
    default: {}
  old:
    description: Whether to return names of the old scheme.
    type: bool
    default: false
  new:
    description: Whether to return names of the new scheme.
    type: bool
    default: true
seealso:
  - plugin: stackhpc.release_train.kolla_container_tags
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show the names of images in both schemes
  ansible.builtin.debug:
    msg: "{{ ['nova-api', 'ironic-pxe'] | stackhpc.release_train.container_names(['rocky-9'],
      unbuildable={'old_scheme': {'rocky': ['ironic-pxe']}}, old=true) }}"
"""

RETURN = r"""
_value:
  description: Names of repositories without a namespace, those of the new scheme first.
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
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"container_names": container_names}
