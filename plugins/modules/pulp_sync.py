#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_sync
short_description: Sync repositories with their remotes
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Syncs repositories, several at the same time, and returns what each sync added and removed.
  - A repository has changed if the sync created a new repository version.
  - Waits for a running sync of the same repository instead of starting another one.
  - Processes all repositories even if some of them fail. The module then fails with the error of each.
options:
  rpm:
    description: RPM repositories.
    type: list
    elements: dict
    suboptions:
      name: &name
        description: Name of the repository. It must exist.
        type: str
        required: true
      remote: &remote
        description: Name of the remote. Defaults to C(<name>-remote).
        type: str
      pinned: &pinned
        description:
          - Whether the content at the URL of the remote is immutable. It is then synced once, and again only
            after a change of the repository, the remote or the options of the sync.
          - Defaults to V(true) for a URL that ends in a stamp, such as C(20261120T200001/), and to V(false)
            otherwise.
        type: bool
      sync_policy:
        description:
          - V(mirror_complete) copies packages and metadata of the source unchanged, and publishes them.
          - V(mirror_content_only) copies the packages, and Pulp creates the metadata.
          - V(additive) adds packages and removes none. It is Pulp's default.
        type: str
        choices: [additive, mirror_complete, mirror_content_only]
      optimize: &optimize
        description:
          - Whether Pulp can skip a sync if the metadata of the source has not changed. Pulp's default is
            V(true).
          - V(false) forces a full sync, also of an immutable source.
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
          - Whether to remove content that the source does not have any more. Pulp's default is V(false).
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
  - Check mode syncs nothing, and cannot predict whether the source has new content.
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

- name: Force a full sync
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
    changed: {description: Whether a new repository version was created., type: bool, returned: always}
    before: {description: Number of the latest version before the run., type: dict, returned: always}
    after: {description: Number of the latest version after the run., type: dict, returned: always}
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
    sync:
      description:
        - Result of the sync. V(synced) for a new version, V(unchanged), V(joined) if another run had started
          the sync, V(pinned) if the immutable content was synced before, or V(check_mode).
      type: str
      returned: success
    version_before: {description: Number of the latest version before the run., type: int, returned: success}
    version_after: {description: Number of the latest version after the run., type: int, returned: success}
    packages_added: {description: 'Number of added packages, files or tags.', type: int, returned: success}
    packages_removed: {description: 'Number of removed packages, files or tags.', type: int, returned: success}
    publications:
      description: Hrefs of publications that the sync created.
      type: list
      elements: str
      returned: success
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
