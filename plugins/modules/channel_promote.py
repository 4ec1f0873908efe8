#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: channel_promote
short_description: Let production channels serve what development ones do, all of them or none
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Gives each production distribution of a client Pulp the publication that its development
    distribution serves.
  - Checks everything first. Writes, reads back and, when one write fails, puts back what was
    there.
  - What production served before is kept in a label of the production distribution.
    O(to=previous) puts back what the last promotion of these channels changed, and nothing else;
    a second time it changes nothing.
options:
  rpm: &channels
    description: The channels.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the production distribution.
        type: str
        required: true
      base_path:
        description: Its path. Needed for one that does not exist yet.
        type: str
      distribution:
        description: Name of the development distribution to take over from.
        type: str
      content_guard:
        description: Name of its content guard. Empty text removes it.
        type: str
      state:
        description:
          - V(present) takes over from O(ignore:distribution), which is needed then. V(absent) removes
            the production distribution, once all others are promoted.
        type: str
        choices: [present, absent]
        default: present
  deb: *channels
  to:
    description:
      - V(development) is what the development distributions serve now.
      - V(previous) is what the production distributions served before the last promotion.
    type: str
    choices: [development, previous]
    default: development
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.package_promote
"""

EXAMPLES = r"""
- name: Let hosts in production install what development was tested with
  stackhpc.release_train.channel_promote:
    rpm:
      - name: rocky-9-baseos-production
        base_path: rocky/9/BaseOS/x86_64/os/production
        distribution: rocky-9-baseos-development
"""

RETURN = r"""
results:
  description: One entry for each production distribution, in the order given.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the production distribution., type: str, returned: always}
    type: {description: V(rpm) or V(deb)., type: str, returned: always}
    action: {description: What was done., type: str, returned: always}
    changed: {description: Whether something changed., type: bool, returned: always}
    before: {description: What it served before., type: dict, returned: always}
    after: {description: What it serves now., type: dict, returned: always}
    seconds: {description: Wall time., type: float, returned: always}
    error: {description: What went wrong., type: str, returned: always}
summary:
  description: How many items are ok, changed, failed, skipped.
  returned: always
  type: dict
statistics:
  description: Requests, polls and Pulp tasks of this run.
  returned: always
  type: dict
"""

from ..module_utils.module import run
from ..module_utils.pulp.options import present_or_absent
from ..module_utils.release.channels import promote_channels


def main() -> None:
    channel = {
        "name": {"type": "str", "required": True},
        "base_path": {"type": "str"},
        "distribution": {"type": "str"},
        "content_guard": {"type": "str"},
        "state": present_or_absent(),
    }
    options = {
        content_type: {"type": "list", "elements": "dict", "options": channel}
        for content_type in ("rpm", "deb")
    }
    options["to"] = {
        "type": "str",
        "choices": ["development", "previous"],
        "default": "development",
    }
    run(options, promote_channels, "channel")


if __name__ == "__main__":
    main()
