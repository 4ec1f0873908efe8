#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_container_content
short_description: Copy, remove and check tags of container repositories
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Copies tags from one repository of a Pulp server to another, removes tags, or checks that they exist.
  - Finds plain repositories and push repositories, which older versions of Pulp create.
  - Compares tags by digest, and does not copy a tag that is correct. The result of a copy is verified,
    because Pulp can report success without copying.
  - Copies what is attached to an image by a tag of its digest (C(sha256-<digest>.sig), C(.att) or C(.sbom)),
    also for the images of a multi-architecture image. An attached tag is removed when no other tag of the
    repository refers to its image any more.
  - Processes items that change the same repository in their order, and other items at the same time.
  - Copies and removals exclude promotions on the same server by a content guard C(release-train-mutex),
    which exists while tags are changed. The module waits two minutes for another run. If it is
    interrupted by SIGINT, SIGTERM or SIGHUP, it completes the running copies and starts no other one.
  - Processes all items even if some of them fail. The module then fails with the error of each.
options:
  container:
    description: Container repositories with their tags.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the repository. It must exist.
        type: str
        required: true
      source:
        description: Name of the repository to copy from. Required for O(container[].state=present).
        type: str
      tags:
        description: Names of tags.
        type: list
        elements: str
        required: true
      allow_missing:
        description:
          - Whether tags can be missing in O(container[].source). With O(container[].state=read), whether
            tags and the repository can be missing.
        type: bool
        default: false
      immutable:
        description:
          - Whether to fail for a tag that exists with another digest, also if another run creates it at
            the same time. By default the tag is moved.
        type: bool
        default: false
      state:
        description:
          - V(present) copies missing tags, and moves tags that have another digest.
          - V(absent) removes tags.
          - V(read) changes nothing, and fails if tags are missing.
        type: str
        choices: [present, absent, read]
        default: present
  force:
    description: Whether to move tags despite O(container[].immutable).
    type: bool
    default: false
  late_retry_delay:
    description:
      - Delay in seconds before the retry of items that failed with a transient error. It starts when all
        other items are done.
      - A negative number disables the retry.
    type: float
    default: 60
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.container_push
  - module: stackhpc.release_train.pulp_repository
"""

EXAMPLES = r"""
- name: Promote an image to the release namespace
  stackhpc.release_train.pulp_container_content:
    container:
      - name: stackhpc/nova-api
        source: stackhpc-dev/nova-api
        tags: [2025.1-rocky-9-20250812T091848]
        immutable: true

- name: Check that a tag exists
  stackhpc.release_train.pulp_container_content:
    container:
      - name: stackhpc/nova-api
        tags: [2025.1-rocky-9-20250812T091848]
        state: read

- name: Remove a tag
  stackhpc.release_train.pulp_container_content:
    container:
      - name: stackhpc-dev/nova-api
        tags: [2025.1-rocky-9-20250101T000000]
        state: absent
"""

RETURN = r"""
results:
  description: One entry for each item, in the order of the list.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the repository., type: str, returned: always}
    type: {description: Always V(container)., type: str, returned: always}
    action: {description: 'V(copied), V(removed), V(unchanged) or V(failed).', type: str, returned: always}
    changed: {description: Whether the item changed., type: bool, returned: always}
    before: {description: Digests of changed tags before the run in C(tags)., type: dict, returned: always}
    after: {description: Digests of changed tags after the run in C(tags)., type: dict, returned: always}
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
    tags:
      description: Digest of each tag of the item that exists in the repository.
      type: dict
      returned: success
      sample: {2025.1-rocky-9-20250812T091848: "sha256:4bcf..."}
    attached:
      description: Digest of each tag that is attached to these images.
      type: dict
      returned: when copied
    missing: {description: Tags of the item that do not exist., type: list, elements: str, returned: success}
    packages_added:
      description: Number of tags that were added or moved, attached ones included.
      type: int
      returned: when changed
    packages_removed:
      description: Number of tags that were removed, attached ones included.
      type: int
      returned: when changed
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

from ..module_utils.container.tag_copy import change_tags
from ..module_utils.module import run
from ..module_utils.pulp.options import RETRYING, item_options


def main() -> None:
    states = {"type": "str", "choices": ["present", "absent", "read"], "default": "present"}
    items = item_options(
        "name",
        {"source": {"type": "str"}},
        {"tags": {"type": "list", "elements": "str", "required": True}},
        {name: {"type": "bool", "default": False} for name in ("allow_missing", "immutable")},
        {"state": states},
        absent=False,
    )
    lists = {"container": {"type": "list", "elements": "dict", "required": True, "options": items}}
    options = {
        "force": {"type": "bool", "default": False},
        "late_retry_delay": RETRYING["late_retry_delay"],
    }
    run({**lists, **options}, change_tags, "container repository")


if __name__ == "__main__":
    main()
