#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: pulp_status
short_description: Read the status of a Pulp server, or wait until it is ready
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Reads the versions, plugins and running processes of a Pulp server. Changes nothing.
  - Needs no credentials. It ignores O(username) and O(password), and therefore does not verify them.
  - A server is ready when it is connected to its database, and a content app and enough workers are online.
options:
  wait:
    description:
      - Maximum time in seconds to wait until the server is ready. The module fails if it is not ready by then.
        V(0) checks once.
      - By default the module checks once, returns RV(ready), and does not fail.
      - A certificate that is not trusted is an immediate error. If the server does not answer, the module can
        take a few seconds longer.
    type: float
  workers:
    description: Number of workers that must be online.
    type: int
    default: 1
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.pulp_info
"""

EXAMPLES = r"""
- name: Wait until Pulp is ready with all its workers
  stackhpc.release_train.pulp_status:
    pulp_url: https://pulp.example.com
    wait: 300
    workers: 4

- name: Read the versions of Pulp and its plugins
  stackhpc.release_train.pulp_status:
  register: pulp

- name: Require a version of Pulp without push repositories
  ansible.builtin.assert:
    that: pulp.versions.container is version('2.29', '>=')
"""

RETURN = r"""
ready:
  description: Whether the server is ready.
  returned: when the server answers
  type: bool
missing:
  description: Reason why the server is not ready. Empty if it is.
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
  description: One entry for the server.
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
    changed: {description: Always V(false)., type: bool, returned: always}
    before: {description: Always empty., type: dict, returned: always}
    after: {description: Always empty., type: dict, returned: always}
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
from ..module_utils.objects.status import read_status


def main() -> None:
    options = {
        "wait": {"type": "float"},
        "workers": {"type": "int", "default": 1},
    }
    run(options, read_status, "Pulp server")


if __name__ == "__main__":
    main()
