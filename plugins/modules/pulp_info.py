#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_info
short_description: Gather information about objects in Pulp
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Lists objects of one kind, filtered by the server. Changes nothing.
  - Adds the names of referenced objects, for which Pulp returns hrefs.
  - Returns only objects that the account can see. Pulp does not report the others.
  - Never returns passwords, keys and headers of remotes, and credentials in URLs.
options:
  kind:
    description:
      - Kind of the objects. V(content) with O(content_type) lists the main content of this type, such as
        RPM packages, and without it content units of all types.
      - V(content_guard), and V(repository), V(remote), V(publication) and V(distribution) without
        O(content_type), list objects of all types with fewer fields.
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
      - Content type of the repositories, remotes, publications, distributions or content units. Required
        for fields and filters that only this type has.
    type: str
    choices: [container, deb, file, python, rpm]
  filters:
    description:
      - Filters of Pulp's REST API with their values, such as V(name__in) or V(state), and V(ordering).
        A filter that Pulp does not know is an error.
      - A list is joined with commas, and is sent in several requests if it is long.
      - V(repository), V(remote), V(content_guard) and V(worker) accept a name where Pulp requires an href.
    type: dict
  fields:
    description: Fields to return. By default all fields are returned.
    type: list
    elements: str
  limit:
    description: Maximum number of objects to return. By default all objects are returned.
    type: int
  names:
    description:
      - Whether to look up the names of referenced objects, which costs one request for each 100
        references.
    type: bool
    default: true
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.pulp_status
  - module: stackhpc.release_train.distribution_list
"""

EXAMPLES = r"""
- name: List distributions with their content guards
  stackhpc.release_train.pulp_info:
    kind: distribution
    fields: [name, base_path, content_guard]
  register: served

- name: Fail if one of them is public
  ansible.builtin.assert:
    that: served.objects | rejectattr('content_guard') | list | length == 0

- name: List the packages in the latest version of a repository
  vars:
    repository: "{{ (query_result.objects | first).latest_version_href }}"
  stackhpc.release_train.pulp_info:
    kind: content
    content_type: rpm
    filters:
      repository_version: "{{ repository }}"
    fields: [name, version, release, arch]

- name: List the last ten failed tasks
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
    - Objects as Pulp returns them, or with the requested fields.
    - For the fields C(repository), C(remote), C(content_guard) and C(worker) the name of the referenced
      object is returned as C(<field>_name). Objects that are, publish or serve a repository version also have
      C(repository_name) and the number C(version). Repositories have the C(version) of their latest
      version.
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
  description: Number of matching objects on the server, regardless of O(limit).
  returned: always
  type: int
results:
  description: Always empty.
  returned: always
  type: list
  elements: dict
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
