#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_publication
short_description: Manage publications of repository versions
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Publishes versions of repositories that are not published, deletes publications, and returns the
    publication to serve.
  - If a version has several publications, the one that mirrors upstream metadata is returned, or else the
    newest publication of the requested mode. Other publications of this mode are its duplicates.
  - Never deletes a publication that a distribution serves.
  - Processes all items even if some of them fail. The module then fails with the error of each.
options:
  rpm:
    description: Publications of RPM repositories.
    type: list
    elements: dict
    suboptions:
      repository: &repository
        description: Name of the repository.
        type: str
        required: true
      version: &version
        description: Number of the repository version. Defaults to the latest version.
        type: int
      sync_policy:
        description:
          - With V(mirror_complete) only a publication that mirrors upstream metadata is accepted. The sync
            creates it, and the module fails if it is missing.
        type: str
        choices: [additive, mirror_complete, mirror_content_only]
      state: &state
        description:
          - Whether the version is published. V(absent) deletes all publications of this version and mode.
            It fails if a distribution serves one of them.
        type: str
        choices: [present, absent]
        default: present
  deb:
    description: Publications of Deb repositories.
    type: list
    elements: dict
    suboptions:
      repository: *repository
      version: *version
      mode:
        description:
          - How the repository is published. V(verbatim) serves metadata and signatures of upstream
            unchanged. V(structured) serves the suites and components of upstream with metadata that Pulp
            creates. V(simple) serves all packages as one suite C(default). V(simple_and_structured) serves
            both.
          - Defaults to V(simple).
        type: str
        choices: [simple, structured, simple_and_structured, verbatim]
      state: *state
  file:
    description: Publications of file repositories.
    type: list
    elements: dict
    suboptions:
      repository: *repository
      version: *version
      state: *state
  python:
    description: Publications of Python repositories.
    type: list
    elements: dict
    suboptions:
      repository: *repository
      version: *version
      state: *state
  cleanup_duplicates:
    description: Whether to delete duplicates that no distribution serves.
    type: bool
    default: false
  planned:
    description:
      - Names of repositories that an earlier task of the same run creates or syncs. In check mode, it is no warning
        that one of them does not exist or has no content yet.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.pulp_repository
  - module: stackhpc.release_train.pulp_distribution
"""

EXAMPLES = r"""
- name: Publish the latest versions of two repositories
  stackhpc.release_train.pulp_publication:
    pulp_url: https://pulp.example.com
    username: admin
    password: "{{ vault_pulp_password }}"
    rpm:
      - repository: Rocky Linux 9 BaseOS
        sync_policy: mirror_complete
    deb:
      - repository: Ubuntu Noble
        mode: verbatim
    cleanup_duplicates: true
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
    action:
      description: V(created), V(deleted), V(unchanged) or V(failed).
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
    depends_on:
      description: Name of the repository that the item needs and that does not exist.
      type: str
      returned: when the item failed for this reason
    version: {description: Number of the repository version., type: int, returned: always}
    publication:
      description: Href of the publication to serve. Null in check mode if it would be created.
      type: str
      returned: always
    duplicates:
      description: Hrefs of other publications of the same version and mode.
      type: list
      elements: str
      returned: always
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
from ..module_utils.objects.publication import manage_publications
from ..module_utils.pulp.options import PLANNED, lists_of, publication_options
from ..module_utils.pulp.types import CONTENT_TYPES


def main() -> None:
    published = [one for one in CONTENT_TYPES.values() if one.publications]
    options = {
        **lists_of(published, publication_options),
        **PLANNED,
        "cleanup_duplicates": {"type": "bool", "default": False},
    }
    run(options, manage_publications, "publication")


if __name__ == "__main__":
    main()
