# SPDX-License-Identifier: Apache-2.0
"""Filter `container_access`: what keeps images from the public, as items of modules."""

from __future__ import annotations

DOCUMENTATION = r"""
name: container_access
short_description: Plan the repositories and private distributions of container images
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Compares the images that there should be with what a registry has.
  - What was pushed, or is served, and is in no list is made private as well, and told.
options:
  _input:
    description: Images to make private.
    type: list
    elements: str
    required: true
  all_images:
    description: All images that the inventory lists.
    type: list
    elements: str
    required: true
  repositories:
    description: Repositories as M(stackhpc.release_train.pulp_info) finds them.
    type: list
    elements: dict
    required: true
  distributions:
    description: Container distributions as M(stackhpc.release_train.pulp_info) finds them.
    type: list
    elements: dict
    required: true
  development:
    description: Namespace that images are pushed to.
    type: str
    required: true
  release:
    description: Namespace that they are released to.
    type: str
    required: true
  prepare:
    description: Whether to make what pushes will come to, which they would make in public.
    type: bool
    default: true
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
  description: What is to be made, and told.
  type: dict
  contains:
    repositories: {description: Items of M(stackhpc.release_train.pulp_repository)., type: list}
    distributions: {description: Items of M(stackhpc.release_train.pulp_distribution)., type: list}
    lines: {description: Images that were never pushed or are not listed., type: list}
"""

from dataclasses import asdict
from typing import Any, Callable

from ..module_utils.release.container_push import plan_access


def container_access(images: Any, **options: Any) -> dict[str, Any]:
    """The plan; see DOCUMENTATION."""
    return asdict(plan_access(list(images), **options))


class FilterModule:
    """What Ansible asks this file for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"container_access": container_access}
