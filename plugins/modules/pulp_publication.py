#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_publication
short_description: Publish versions of repositories
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Makes sure that versions of repositories are published, and says which publication counts.
  - A version can have several publications. One that mirrors upstream counts first, else the newest
    of the mode that was asked for; the others of this mode are its duplicates.
  - A publication that a distribution serves is never deleted.
  - A failed item does not stop the others. The module fails at the end and names each.
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
        description: Number of the version to publish. The default is the latest.
        type: int
      sync_policy:
        description:
          - With V(mirror_complete) only a publication that mirrors upstream counts. The sync makes
            it; none is made here, since that would not be upstream's metadata.
        type: str
        choices: [additive, mirror_complete, mirror_content_only]
      state: &state
        description:
          - V(absent) deletes all publications of this version and mode, unless one is served.
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
          - How the metadata is made. V(verbatim) is upstream's own, with its signatures.
          - The default is V(simple).
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
    description: Whether duplicates are deleted that no distribution serves.
    type: bool
    default: false
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.pulp_distribution
"""

EXAMPLES = r"""
- name: Publish the latest version of two repositories
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
    changed: {description: Whether something changed., type: bool, returned: always}
    before: {description: What differed before., type: dict, returned: always}
    after: {description: What differs now., type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: 'What went wrong, in words of Pulp.', type: str, returned: always}
    version: {description: Number of the version., type: int, returned: always}
    publication:
      description: The publication that counts. None in check mode when it is still to be made.
      type: str
      returned: always
    duplicates:
      description: Other publications of the same version and mode.
      type: list
      elements: str
      returned: always
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
from ..module_utils.objects.publication import make_publications
from ..module_utils.pulp.options import lists_of, publication_options
from ..module_utils.pulp.types import CONTENT_TYPES


def main() -> None:
    published = [one for one in CONTENT_TYPES.values() if one.publications]
    options = {
        **lists_of(published, publication_options),
        "cleanup_duplicates": {"type": "bool", "default": False},
    }
    run(options, make_publications, "publication")


if __name__ == "__main__":
    main()
