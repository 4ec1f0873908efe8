#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_container_namespace
short_description: Manage container namespaces and who may pull from them and push to them
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Creates and removes namespaces of container images. V(stackhpc) is the one of C(stackhpc/nova-api).
  - Gives groups the right to pull the images in a namespace, or to push to it, whichever images
    there are now or will be. The distributions have to be C(private), or anybody may pull.
  - Each list of groups is exact, whether or not users hold the right, too. A list that is not given
    is left alone, and so are rights that a user holds without a group.
  - Pulp deletes a namespace together with all its distributions and what was pushed to them. This
    module refuses while there are any, and names them.
  - In check mode a group that is not there yet is a warning, because an earlier task would have
    made it.
options:
  namespaces:
    description: Namespaces.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the namespace, the first part of the names of its images.
        type: str
        required: true
      pull:
        description:
          - All groups that may pull, by the role C(container.containernamespace_consumer). They must
            exist. No group may with an empty list, except for those of O(namespaces[].push).
        type: list
        elements: str
      push:
        description:
          - All groups that may push and pull, by the role C(container.containernamespace_collaborator).
            They must exist. No group may with an empty list.
        type: list
        elements: str
      state:
        description: Whether the namespace is there.
        type: str
        choices: [present, absent]
        default: present
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.pulp_group
  - module: stackhpc.release_train.pulp_distribution
  - module: stackhpc.release_train.pulp_content_guard
"""

EXAMPLES = r"""
- name: Let clients pull what is released, and builders push what is not
  stackhpc.release_train.pulp_container_namespace:
    namespaces:
      - name: stackhpc
        pull: [stackhpc, stackhpc-dev]
        push: []
      - name: stackhpc-dev
        pull: []
        push: [stackhpc-dev]

- name: Remove a namespace without images, whatever groups there are
  stackhpc.release_train.pulp_container_namespace:
    namespaces:
      - name: stackhpc-old
        state: absent
"""

RETURN = r"""
results:
  description: One entry for each item, in the order of the list.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the namespace., type: str, returned: always}
    type: {description: Always V(namespace)., type: str, returned: always}
    action:
      description: V(created), V(updated), V(deleted), V(unchanged) or V(failed).
      type: str
      returned: always
    changed: {description: Whether something changed., type: bool, returned: always}
    before: {description: What differed before., type: dict, returned: always}
    after: {description: What it is now., type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: What went wrong., type: str, returned: always}
summary:
  description: How many items are ok, changed, failed, skipped.
  returned: always
  type: dict
  sample: {ok: 1, changed: 1, failed: 0, skipped: 0}
statistics:
  description: Requests, polls and Pulp tasks of this run.
  returned: always
  type: dict
"""

from ..module_utils.module import run
from ..module_utils.objects.access import RIGHTS, manage_namespaces
from ..module_utils.pulp.options import item_options


def main() -> None:
    groups = {right: {"type": "list", "elements": "str"} for right in RIGHTS}
    namespaces = {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": item_options("name", groups),
    }
    run({"namespaces": namespaces}, manage_namespaces, "container namespace")


if __name__ == "__main__":
    main()
