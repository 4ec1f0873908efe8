#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: channel_promote
short_description: Promote development channels to production
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Makes each production distribution of a client Pulp serve the publication that its development
    distribution serves.
  - Promotes all channels or none. All channels are validated before the first write, the result is
    read back, and if a write fails all changes are rolled back. Deletions come afterwards and are not
    rolled back.
  - Promotions of one server exclude each other by a content guard C(release-train-mutex), which exists
    while the module runs. The module waits two minutes for another promotion.
  - If it is interrupted by SIGINT, SIGTERM or SIGHUP, it completes the promotion or rolls it back.
  - Records the previous publication in a label of the production distribution. With O(to=previous)
    the module restores the channels that the last promotion changed. A second run changes nothing.
  - A promotion completes one that was interrupted. A rollback then restores what was served before
    both.
options:
  rpm:
    description: Production channels of RPM repositories.
    type: list
    elements: dict
    suboptions: &channel
      name:
        description: Name of the production distribution.
        type: str
        required: true
      base_path:
        description: Path of the production distribution. Required to create one.
        type: str
      distribution:
        description:
          - Name of the development distribution to promote. Required unless
            O(ignore:state=absent).
        type: str
      content_guard:
        description:
          - Name of the content guard of the production distribution. Unchanged by default. An empty
            string removes it.
        type: str
      state:
        description:
          - V(present) promotes the channel. V(absent) deletes the production distribution after all
            other channels are promoted.
        type: str
        choices: [present, absent]
        default: present
  deb:
    description: Production channels of Deb repositories.
    type: list
    elements: dict
    suboptions: *channel
  to:
    description:
      - V(development) promotes what the development distributions serve now.
      - V(previous) restores what the production distributions served before the last promotion. It
        fails if the last promotion created all of them.
    type: str
    choices: [development, previous]
    default: development
extends_documentation_fragment:
  - stackhpc.release_train.pulp
seealso:
  - module: stackhpc.release_train.package_promote
  - module: stackhpc.release_train.pulp_distribution
"""

EXAMPLES = r"""
- name: Promote a tested development channel to production
  stackhpc.release_train.channel_promote:
    rpm:
      - name: rocky-9-baseos-production
        base_path: rocky/9/BaseOS/x86_64/os/production
        distribution: rocky-9-baseos-development

- name: Roll back the last promotion of this channel
  stackhpc.release_train.channel_promote:
    rpm:
      - name: rocky-9-baseos-production
        base_path: rocky/9/BaseOS/x86_64/os/production
        distribution: rocky-9-baseos-development
    to: previous
"""

RETURN = r"""
results:
  description: One entry for each production distribution, in the order of the lists.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the production distribution., type: str, returned: always}
    type: {description: V(rpm) or V(deb)., type: str, returned: always}
    action:
      description: V(created), V(updated), V(deleted), V(unchanged) or V(failed).
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
