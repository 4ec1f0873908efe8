#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_container_namespace
short_description: Manage container namespaces and their access rights
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Creates and deletes namespaces of container images. The namespace of C(stackhpc/nova-api) is
    C(stackhpc).
  - Grants groups the right to pull from or push to all present and future images of a namespace. The right
    to pull only has an effect for private distributions.
  - Treats each list of groups as exact. Groups that are not listed lose the right, and rights that users
    hold without a group do not change. A right whose list is not set does not change.
  - Refuses to delete a namespace that contains distributions, because Pulp would delete them and their
    content with it.
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
          - Groups that have the right to pull, granted by the role
            C(container.containernamespace_consumer). They must exist.
          - An empty list removes the right from all groups, except those in O(namespaces[].push).
        type: list
        elements: str
      push:
        description:
          - Groups that have the right to push and pull, granted by the role
            C(container.containernamespace_collaborator). They must exist.
          - An empty list removes the right from all groups.
        type: list
        elements: str
      state:
        description: Whether the namespace exists.
        type: str
        choices: [present, absent]
        default: present
extends_documentation_fragment:
  - stackhpc.release_train.pulp
notes:
  - In check mode a missing group is a warning, because an earlier task may be about to create it.
seealso:
  - module: stackhpc.release_train.pulp_group
  - module: stackhpc.release_train.pulp_distribution
  - module: stackhpc.release_train.pulp_content_guard
"""

EXAMPLES = r"""
- name: Grant clients the right to pull released images, and builders to push development images
  stackhpc.release_train.pulp_container_namespace:
    namespaces:
      - name: stackhpc
        pull: [stackhpc, stackhpc-dev]
        push: []
      - name: stackhpc-dev
        pull: []
        push: [stackhpc-dev]

- name: Delete an empty namespace
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
    changed: {description: Whether the item changed., type: bool, returned: always}
    before: {description: Changed values before the run., type: dict, returned: always}
    after: {description: Changed values after the run., type: dict, returned: always}
    seconds: {description: Elapsed time in seconds., type: float, returned: always}
    error: {description: Error message. Empty if the item succeeded., type: str, returned: always}
    cause:
      description: Cause of the error in a few words.
      type: str
      returned: when the item failed and the cause is known
    hint:
      description: What to do about the cause.
      type: str
      returned: when the item failed and the cause is known
summary:
  description: Number of items that are ok (unchanged), changed, failed and skipped.
  returned: always
  type: dict
  sample: {ok: 1, changed: 1, failed: 0, skipped: 0}
statistics:
  description: Number of requests, polls and tasks that the module sent to Pulp.
  returned: always
  type: dict
  sample: {requests: 12, polls: 3, tasks: 2}
seconds:
  description: Elapsed time of the module in seconds.
  returned: always
  type: float
"""

from ..module_utils.module import run
from ..module_utils.objects.access import NAMESPACE_ROLES, manage_namespaces
from ..module_utils.pulp.options import item_options


def main() -> None:
    groups = {right: {"type": "list", "elements": "str"} for right in NAMESPACE_ROLES}
    namespaces = {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": item_options("name", groups),
    }
    run({"namespaces": namespaces}, manage_namespaces, "container namespace")


if __name__ == "__main__":
    main()
