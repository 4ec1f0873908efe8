#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_distribution
short_description: Manage distributions of repositories
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Creates, updates and deletes distributions of all content types, several at the same time. Objects are
    referred to by name.
  - A distribution serves a publication, which does not change when the repository is published again. A
    container distribution serves a repository or one of its versions.
  - Refuses to create a distribution without content.
  - Processes an item whose O(ignore:distribution) is another item of the same list after that item.
  - Processes all items even if some of them fail. The module then fails with the error of each.
options:
  rpm:
    description: Distributions of RPM repositories.
    type: list
    elements: dict
    suboptions: &published
      name: &name
        description: Name of the distribution.
        type: str
        required: true
      base_path: &base_path
        description:
          - Path of the distribution below O(content_path_prefix). A slash at the end is ignored. Required for a
            new distribution.
        type: str
      repository: &repository
        description: Name of the repository to serve. Mutually exclusive with O(ignore:distribution).
        type: str
      version: &version
        description:
          - Number of the version of O(ignore:repository) to serve. Defaults to the latest published
            version.
        type: int
      distribution: &distribution
        description:
          - Name of another distribution of the same type. The content that it serves now is served by this
            distribution, too. Mutually exclusive with O(ignore:repository).
        type: str
      content_guard:
        description: Name of the content guard. An empty string removes it.
        type: str
      skip_existing:
        description:
          - Whether to skip the creation of a distribution if another distribution serves the same
            publication.
        type: bool
        default: false
      pulp_labels: &pulp_labels
        description:
          - Labels of the distribution. Other labels are removed, except those of this collection
            (C(release_train_*)).
        type: dict
      state: &state
        description: Whether the distribution exists.
        type: str
        choices: [present, absent]
        default: present
  deb:
    description: Distributions of Deb repositories.
    type: list
    elements: dict
    suboptions:
      <<: *published
      mode:
        description: Serves a publication of this mode only. By default a publication of any mode is served.
        type: str
        choices: [simple, structured, simple_and_structured, verbatim]
  container:
    description: Distributions of container repositories.
    type: list
    elements: dict
    suboptions:
      name: *name
      base_path:
        description: Name of the image in the registry. Required for a new distribution.
        type: str
      repository: *repository
      version:
        description:
          - Number of the version of O(ignore:repository) to serve. By default the distribution serves the
            latest version at any time.
        type: int
      distribution: *distribution
      private:
        description: Whether only accounts with the right to pull can read the image.
        type: bool
      pulp_labels: *pulp_labels
      state: *state
  file:
    description: Distributions of file repositories.
    type: list
    elements: dict
    suboptions: *published
  python:
    description: Distributions of Python repositories.
    type: list
    elements: dict
    suboptions: *published
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
  - module: stackhpc.release_train.pulp_publication
  - module: stackhpc.release_train.pulp_content_guard
  - module: stackhpc.release_train.pulp_container_namespace
"""

EXAMPLES = r"""
- name: Serve the latest publication of a repository in the development and production channels
  stackhpc.release_train.pulp_distribution:
    pulp_url: https://pulp.example.com
    username: admin
    password: "{{ vault_pulp_password }}"
    rpm:
      - name: rocky-9-baseos-development
        base_path: rocky/9/BaseOS/development/
        repository: Rocky Linux 9 BaseOS
        content_guard: development
      - name: rocky-9-baseos-production
        base_path: rocky/9/BaseOS/production/
        distribution: rocky-9-baseos-development

- name: Serve a private image
  stackhpc.release_train.pulp_distribution:
    container:
      - name: stackhpc/nova-api
        base_path: stackhpc/nova-api
        repository: stackhpc/nova-api
        private: true
"""

RETURN = r"""
results:
  description: One entry for each item, by content type, in the order of the lists.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the distribution., type: str, returned: always}
    type: {description: Content type., type: str, returned: always}
    action:
      description: V(created), V(updated), V(deleted), V(unchanged), V(skipped) or V(failed).
      type: str
      returned: always
    changed: {description: Whether the item changed., type: bool, returned: always}
    before:
      description: Changed values before the run, with names instead of hrefs.
      type: dict
      returned: always
    after:
      description: Changed values after the run, with names instead of hrefs.
      type: dict
      returned: always
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
      description: Name of the repository or distribution that the item needs and that does not exist.
      type: str
      returned: when the item failed for this reason
    served_by:
      description: Name of the distribution that serves the same publication.
      type: str
      returned: when the item was skipped
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
from ..module_utils.objects.distribution import manage_distributions
from ..module_utils.pulp.options import PLANNED, distribution_options, lists_of
from ..module_utils.pulp.types import CONTENT_TYPES


def main() -> None:
    lists = lists_of(CONTENT_TYPES.values(), distribution_options)
    run({**lists, **PLANNED}, manage_distributions, "distribution")


if __name__ == "__main__":
    main()
