#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_status
short_description: Read what a Pulp server says of itself, or wait until it is ready
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Reads versions, plugins and running processes. Changes nothing.
  - Needs no credentials. Those that are given are not used, so that this module says nothing of
    whether they are right.
  - A server is ready when it reaches its database, a content app is online, and enough workers
    are.
options:
  wait:
    description:
      - How many seconds to wait until the server is ready, and fail when it is not. With V(0) one
        look decides.
      - Not given, one look is taken and RV(ready) tells what came of it.
      - A certificate that is not trusted fails at once. A server that does not answer costs some
        seconds more than were given.
    type: float
  workers:
    description: How many workers must be online.
    type: int
    default: 1
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.pulp_info
"""

EXAMPLES = r"""
- name: Wait until Pulp is up with all its workers
  stackhpc.release_train.pulp_status:
    pulp_url: https://pulp.example.com
    wait: 300
    workers: 4

- name: Read the versions of Pulp and its plugins
  stackhpc.release_train.pulp_status:
  register: pulp

- name: Require a Pulp that can do without push repositories
  ansible.builtin.assert:
    that: pulp.versions.container is version('2.29', '>=')
"""

RETURN = r"""
ready:
  description: Whether the server is ready.
  returned: when the server answers
  type: bool
missing:
  description: What it lacks, empty when it is ready.
  returned: when the server answers
  type: str
  sample: 1 of 4 workers online
version:
  description: Version of pulpcore.
  returned: when the server answers
  type: str
  sample: 3.123.1
versions:
  description: Version of each component.
  returned: when the server answers
  type: dict
  sample: {core: 3.123.1, rpm: 3.39.4}
workers:
  description: Names of the workers that are online.
  returned: when the server answers
  type: list
  elements: str
content_apps:
  description: Names of the content apps that are online.
  returned: when the server answers
  type: list
  elements: str
api_apps:
  description: Names of the API apps that are online.
  returned: when the server answers
  type: list
  elements: str
domain_enabled:
  description: Whether the server has domains.
  returned: when the server answers
  type: bool
results:
  description: One entry, the server.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: URL of the server., type: str, returned: always}
    type: {description: Always V(server)., type: str, returned: always}
    action:
      description: V(unchanged) or V(failed).
      type: str
      returned: always
    changed: {description: Whether something changed., type: bool, returned: always}
    before: {description: What differed before., type: dict, returned: always}
    after: {description: What it is now., type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: What went wrong., type: str, returned: always}
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
from ..module_utils.objects.status import read_status


def main() -> None:
    options = {
        "wait": {"type": "float"},
        "workers": {"type": "int", "default": 1},
    }
    run(options, read_status, "Pulp server")


if __name__ == "__main__":
    main()
