# SPDX-License-Identifier: Apache-2.0
"""Filter `container_access`: repositories and private distributions of container images."""

from __future__ import annotations

DOCUMENTATION = r"""
name: container_access
short_description: Plan the repositories and private distributions of container images
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Compares the listed images with the repositories and distributions in a registry.
  - Also makes images private that exist in the registry and are not listed, and reports them.
options:
  _input:
    description: Names of images to make private.
    type: list
    elements: str
    required: true
  all_images:
    description: Names of all images in the inventory.
    type: list
    elements: str
    required: true
  repositories:
    description: Container repositories, as returned by M(stackhpc.release_train.pulp_info).
    type: list
    elements: dict
    required: true
  distributions:
    description: Container distributions, as returned by M(stackhpc.release_train.pulp_info).
    type: list
    elements: dict
    required: true
  development:
    description: Namespace of development images.
    type: str
    required: true
  release:
    description: Namespace of released images.
    type: str
    required: true
  prepare:
    description:
      - Whether to create the private distributions of future pushes, which would otherwise create public ones.
    type: bool
    default: true
seealso:
  - module: stackhpc.release_train.pulp_container_namespace
"""

EXAMPLES = r"""
- name: Show which images were never pushed
  ansible.builtin.debug:
    msg: "{{ (images | stackhpc.release_train.container_access(all_images=images, repositories=[],
      distributions=[], development='stackhpc-dev', release='stackhpc')).lines }}"
  vars:
    images: [nova-api, nova-compute]
"""

RETURN = r"""
_value:
  description: Items to pass to modules, and a report.
  type: dict
  contains:
    repositories: {description: Items of M(stackhpc.release_train.pulp_repository)., type: list}
    distributions: {description: Items of M(stackhpc.release_train.pulp_distribution)., type: list}
    lines: {description: Images that were never pushed or are not listed., type: list}
"""

from dataclasses import asdict
from typing import Any, Callable

from ..module_utils.artifacts.container_push import ImageAccess, plan_access


def container_access(
    images: Any, repositories: Any, distributions: Any, **options: Any
) -> dict[str, Any]:
    """The plan; see DOCUMENTATION."""
    access = ImageAccess(list(images), **options)
    return asdict(plan_access(access, repositories, distributions))


class FilterModule:
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"container_access": container_access}
