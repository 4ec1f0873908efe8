#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_info
short_description: Find objects of any kind in Pulp
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Finds objects with the server's own filters, page after page. Changes nothing.
  - Pulp shows references as paths. This module adds the name of what they lead to.
  - Pulp shows no object that the user has no right to see, and says nothing of it.
  - Passwords, keys and headers of remotes, and credentials in URLs, are never shown.
options:
  kind:
    description:
      - What to find. V(content) with O(content_type) is what an operator counts, such as RPM
        packages, without it all content units.
      - V(content_guard), V(repository), V(remote), V(publication) and V(distribution) without a
        type are those of all types, with fewer fields.
    type: str
    required: true
    choices:
      - container_namespace
      - content
      - content_guard
      - distribution
      - domain
      - group
      - publication
      - rbac_content_guard
      - remote
      - repository
      - repository_version
      - role
      - task
      - user
      - worker
      - x509_content_guard
  content_type:
    description:
      - Type of the repository, remote, publication, distribution or content.
      - Fields and filters that only this type has need it.
    type: str
    choices: [container, deb, file, python, rpm]
  filters:
    description:
      - Filters of Pulp's REST API, by name, such as V(name__in) or V(state); also V(ordering).
        A filter that Pulp does not know is an error.
      - A list is joined with commas, and sent in pieces when it is long.
      - V(repository), V(remote), V(content_guard) and V(worker) take a name where Pulp wants a
        path.
    type: dict
  fields:
    description: Fields to return. Without it all of them.
    type: list
    elements: str
  limit:
    description: Return at most this many objects. Without it all of them.
    type: int
  names:
    description:
      - Whether to look up the names of what objects refer to. It costs a request for each 100
        references.
    type: bool
    default: true
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.pulp_status
"""

EXAMPLES = r"""
- name: List what is served without a guard
  stackhpc.release_train.pulp_info:
    kind: distribution
    fields: [name, base_path, content_guard]
  register: served

- name: Fail when something is public
  ansible.builtin.assert:
    that: served.objects | rejectattr('content_guard') | list | length == 0

- name: Find the packages in the latest version of a repository
  vars:
    repository: "{{ (query_result.objects | first).latest_version_href }}"
  stackhpc.release_train.pulp_info:
    kind: content
    content_type: rpm
    filters:
      repository_version: "{{ repository }}"
    fields: [name, version, release, arch]

- name: See what went wrong lately
  stackhpc.release_train.pulp_info:
    kind: task
    filters:
      state: failed
      ordering: -pulp_created
    fields: [name, error, started_at, worker]
    limit: 10
"""

RETURN = r"""
objects:
  description:
    - The objects, each as Pulp shows it or with the fields that were asked for.
    - The name of what a field C(repository), C(remote), C(content_guard) or C(worker) leads to
      follows as C(<field>_name). An object that is, publishes or serves a repository version also
      has C(repository_name) and the number C(version); a repository has the C(version) of its
      latest one.
  returned: always
  type: list
  elements: dict
  sample:
    - name: epel-9-20250812T091848
      base_path: epel/9/20250812T091848
      content_guard: /pulp/api/v3/contentguards/core/rbac/0190e8a5/
      content_guard_name: release
      repository_name: Extra Packages for Enterprise Linux 9
      version: 12
count:
  description: How many objects match on the server, however many were returned.
  returned: always
  type: int
results:
  description: Always empty, for the sake of one shape in all modules.
  returned: always
  type: list
  elements: dict
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
from ..module_utils.objects.info import KINDS, find_objects
from ..module_utils.pulp.types import CONTENT_TYPES


def main() -> None:
    options = {
        "kind": {"type": "str", "required": True, "choices": sorted(KINDS)},
        "content_type": {"type": "str", "choices": sorted(CONTENT_TYPES)},
        "filters": {"type": "dict"},
        "fields": {"type": "list", "elements": "str"},
        "limit": {"type": "int"},
        "names": {"type": "bool", "default": True},
    }
    run(options, find_objects, "object")


if __name__ == "__main__":
    main()
