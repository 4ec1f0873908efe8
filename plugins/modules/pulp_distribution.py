#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_distribution
short_description: Serve repositories at paths, behind content guards
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Makes, changes and removes distributions, several at once. Objects are named, never given as
    hrefs.
  - What a distribution serves is a publication, which does not move on by itself. A container
    distribution serves a repository, or a version of one.
  - A new distribution that would serve nothing is refused.
  - An item may take over from another item of the same list; it is carried out after that.
  - A failed item does not stop the others. The module fails at the end and names each.
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
          - Path below C(/pulp/content/) at which it is served, with or without a slash at its end.
            Needed for a new distribution.
        type: str
      repository: &repository
        description: Name of the repository to serve.
        type: str
      version: &version
        description:
          - Number of the version of O(ignore:repository) to serve. The default is the latest one
            that is published.
        type: int
      distribution: &distribution
        description:
          - Name of another distribution of this type. What it serves at this moment is served here,
            too. Excludes O(ignore:repository).
        type: str
      content_guard:
        description: Name of the content guard. Empty text removes it.
        type: str
      skip_existing:
        description:
          - Whether no new distribution is made for a publication that is served by one already.
        type: bool
        default: false
      pulp_labels: &pulp_labels
        description:
          - Labels, exact. The collection's own labels, C(release_train_*), stay as they are.
        type: dict
      state: &state
        description: Whether the distribution is there.
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
        description: Serves only a publication of this mode.
        type: str
        choices: [simple, structured, simple_and_structured, verbatim]
  container:
    description: Distributions of container repositories.
    type: list
    elements: dict
    suboptions:
      name: *name
      base_path:
        description: Name under which the registry offers the image. Needed for a new distribution.
        type: str
      repository: *repository
      version:
        description:
          - Number of the version of O(ignore:repository) to serve. By default the latest one is
            served, whichever that is at the time.
        type: int
      distribution: *distribution
      private:
        description: Whether a user needs the right to pull.
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
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.pulp_publication
  - module: stackhpc.release_train.pulp_content_guard
"""

EXAMPLES = r"""
- name: Serve the latest publication of a repository, and the same as production
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

- name: Serve an image to those who may pull it
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
    changed: {description: Whether something changed., type: bool, returned: always}
    before: {description: 'What differed before, with names for hrefs.', type: dict, returned: always}
    after: {description: 'What differs now, with names for hrefs.', type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: 'What went wrong, in words of Pulp.', type: str, returned: always}
    served_by:
      description: The distribution that serves the same publication already.
      type: str
      returned: when the item was skipped
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
from ..module_utils.objects.distribution import make_distributions
from ..module_utils.pulp.options import distribution_options, lists_of
from ..module_utils.pulp.types import CONTENT_TYPES


def main() -> None:
    lists = lists_of(CONTENT_TYPES.values(), distribution_options)
    run(lists, make_distributions, "distribution")


if __name__ == "__main__":
    main()
