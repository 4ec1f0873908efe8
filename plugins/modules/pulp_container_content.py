#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_container_content
short_description: Copy, remove and check tags of container repositories
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Copies tags from one repository of a Pulp to another, removes tags, or checks that they are there.
  - Repositories of both kinds are found, plain ones and those that pushes to older Pulps have made.
  - Tags are compared by the digest of what they name. A tag that is right already is left alone.
    After a copy the tags are looked at again, since Pulp succeeds without copying, too.
  - What is attached to an image by a tag of its digest, C(sha256-<digest>.sig), C(.att) or C(.sbom),
    is copied with it, and with all images that a multi-arch image lists. It is removed when no tag
    is left that names its digest, or a multi-arch image that lists it.
  - Items that change a repository and those that name it after them, as O(container[].name) or
    O(container[].source), are carried out one after the other, in their order, others at once.
  - A failed item does not stop the others. The module fails at the end and names each.
options:
  container:
    description: Container repositories and tags of each.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the repository that is to have these tags, or not. It exists already.
        type: str
        required: true
      source:
        description: Name of the repository that tags are copied from. Needed for O(container[].state=present).
        type: str
      tags:
        description: Names of tags.
        type: list
        elements: str
        required: true
      allow_missing:
        description:
          - Whether tags may be missing in the source; with V(read), in the repository, which then
            need not exist.
        type: bool
        default: false
      immutable:
        description:
          - Whether a tag that the repository has under another digest is refused instead of moved,
            also where another run copies it at the same time.
        type: bool
        default: false
      state:
        description:
          - V(present) copies tags that are missing, and moves those that name something else.
          - V(absent) removes tags.
          - V(read) changes nothing and fails where tags are missing.
        type: str
        choices: [present, absent, read]
        default: present
  force:
    description: Whether tags move all the same where O(container[].immutable) is set.
    type: bool
    default: false
  late_retry_delay:
    description:
      - What failed in a way that may pass is tried once more when all others are done, so many
        seconds later. A negative number leaves that out.
    type: float
    default: 60
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.container_push
  - module: stackhpc.release_train.pulp_repository
"""

EXAMPLES = r"""
- name: Release an image
  stackhpc.release_train.pulp_container_content:
    container:
      - name: stackhpc/nova-api
        source: stackhpc-dev/nova-api
        tags: [2025.1-rocky-9-20250812T091848]
        immutable: true

- name: Check that tags are there
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
    type: {description: V(container)., type: str, returned: always}
    action: {description: 'V(copied), V(removed), V(unchanged) or V(failed).', type: str, returned: always}
    changed: {description: Whether tags changed., type: bool, returned: always}
    before: {description: 'Under C(tags), the digests that tags had.', type: dict, returned: always}
    after: {description: 'Under C(tags), the digests that tags have now.', type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: 'What went wrong, in words of Pulp.', type: str, returned: always}
    tags:
      description: The digest of each tag of the item that is in the repository now.
      type: dict
      returned: success
      sample: {2025.1-rocky-9-20250812T091848: "sha256:4bcf..."}
    attached: {description: 'The same for what is attached to these.', type: dict, returned: when copied}
    missing: {description: Tags of the item that are not there., type: list, returned: success}
    packages_added: {description: 'Tags that came or moved, with what is attached.', type: int, returned: when changed}
    packages_removed: {description: 'Tags that went, with what is attached.', type: int, returned: when changed}
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
