#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_sync
short_description: Sync repositories with their remotes
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Syncs any number of repositories, several at once, and says what each sync brought.
  - Changed is what got a new repository version.
  - A sync of the same repository that is under way already, whoever started it, is joined.
  - A failed repository does not stop the others. The module fails at the end and names each.
options:
  rpm:
    description: RPM repositories.
    type: list
    elements: dict
    suboptions:
      name: &name
        description: Name of the repository. It exists already.
        type: str
        required: true
      remote: &remote
        description: Name of the remote to sync from. The default is the repository's C(<name>-remote).
        type: str
      pinned: &pinned
        description:
          - Whether the content at the remote's URL never changes. It is then synced once, and again
            only when somebody changed the repository, the remote or the options of the sync.
          - The default is true for a URL that ends in a stamp such as C(20261120T200001/).
        type: bool
      sync_policy:
        description:
          - V(mirror_complete) takes upstream's metadata bit for bit, and publishes it.
          - V(mirror_content_only) makes the new version hold just what upstream holds.
          - V(additive) adds what upstream has and keeps the rest. It is Pulp's default.
        type: str
        choices: [additive, mirror_complete, mirror_content_only]
      optimize: &optimize
        description:
          - Whether Pulp may skip a sync when it sees that upstream has not changed. That is its
            default.
          - V(false) looks at everything again, at a pinned source, too.
        type: bool
  deb:
    description: Deb repositories.
    type: list
    elements: dict
    suboptions:
      name: *name
      remote: *remote
      pinned: *pinned
      mirror: &mirror
        description:
          - Whether the new version holds just what upstream holds. Otherwise nothing is removed.
        type: bool
      optimize: *optimize
  container:
    description: Container repositories.
    type: list
    elements: dict
    suboptions:
      name: *name
      remote: *remote
      pinned: *pinned
      mirror: *mirror
  file:
    description: File repositories.
    type: list
    elements: dict
    suboptions:
      name: *name
      remote: *remote
      pinned: *pinned
      mirror: *mirror
      optimize: *optimize
  python:
    description: Python repositories.
    type: list
    elements: dict
    suboptions:
      name: *name
      remote: *remote
      pinned: *pinned
      mirror: *mirror
extends_documentation_fragment:
  - stackhpc.release_train.pulp
  - stackhpc.release_train.pulp.syncing
notes:
  - In check mode nothing is synced, and whether upstream has something new is not known.
seealso:
  - module: stackhpc.release_train.pulp_repository
"""

EXAMPLES = r"""
- name: Sync two repositories
  stackhpc.release_train.pulp_sync:
    pulp_url: https://pulp.example.com
    username: admin
    password: "{{ vault_pulp_password }}"
    rpm:
      - name: Rocky Linux 9 BaseOS
        sync_policy: mirror_complete
    deb:
      - name: Ubuntu Noble
        mirror: true
  register: synced

- name: Look at everything again, whatever Pulp remembers of the last sync
  stackhpc.release_train.pulp_sync:
    rpm:
      - name: Rocky Linux 9 BaseOS
        sync_policy: mirror_complete
        optimize: false
"""

RETURN = r"""
results:
  description: One entry for each item, by content type, in the order of the lists.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the repository., type: str, returned: always}
    type: {description: Content type., type: str, returned: always}
    action: {description: 'V(synced), V(unchanged) or V(failed).', type: str, returned: always}
    changed: {description: Whether there is a new version., type: bool, returned: always}
    before: {description: 'The version before, when there is a new one.', type: dict, returned: always}
    after: {description: 'The version now, when there is a new one.', type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: 'What went wrong, in words of Pulp.', type: str, returned: always}
    sync:
      description:
        - V(synced), V(unchanged), V(joined) (a sync that was under way), V(pinned) (synced before)
          or V(check_mode).
      type: str
      returned: success
    version_before: {description: Number of the latest version before., type: int, returned: success}
    version_after: {description: Number of the latest version now., type: int, returned: success}
    packages_added: {description: 'Packages, files or tags that came.', type: int, returned: success}
    packages_removed: {description: 'Packages, files or tags that went.', type: int, returned: success}
    publications: {description: Publications that the sync made., type: list, returned: success}
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

from typing import Any

from ..module_utils.module import run
from ..module_utils.objects.repository import sync_repositories
from ..module_utils.pulp.options import RETRYING, field_options, item_options, lists_of
from ..module_utils.pulp.types import CONTENT_TYPES, ContentType


def options_of(content_type: ContentType) -> dict[str, Any]:
    own: dict[str, Any] = {"remote": {"type": "str"}, "pinned": {"type": "bool"}}
    return item_options("name", field_options(content_type.sync_fields), own, absent=False)


def main() -> None:
    lists = lists_of(CONTENT_TYPES.values(), options_of)
    run({**lists, **RETRYING}, sync_repositories, "repository")


if __name__ == "__main__":
    main()
