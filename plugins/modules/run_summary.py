#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: run_summary
short_description: Say what a playbook did, and fail if something of it failed
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Prints the last screen of a run, at most 30 lines. It has what failed with its cause and the
    command that does only that again, what changed, what is flagged, and counts.
  - Writes the same, whole, as Markdown for the summary of a CI job or a pull request.
  - Fails at last when an item failed, and names it. The tasks whose results it gets therefore have
    C(failed_when) set to false, and their long results stay off the screen.
  - It runs on the controller, in check mode, too.
options:
  playbook:
    description: Name of the playbook that ends here. It is in the command to paste.
    type: str
    required: true
  heading:
    description: What stands above the items that changed.
    type: str
    default: Changed
  runs:
    description:
      - What the modules of this collection returned, in their order. What the first one did is told
        item by item; of those that follow only what failed.
    type: list
    elements: dict
    default: []
  tell_all:
    description: Whether all modules are told item by item.
    type: bool
    default: false
  hosts:
    description: The same for several Pulps at once, inventory host to list. Replaces O(runs).
    type: dict
    default: {}
  retry:
    description:
      - How the command to paste chooses what failed. V(report) gives the playbook C(package_retry)
        with O(report_path), V(filter) the variable named by O(filter), V(none) runs it whole.
    type: str
    choices: [report, filter, none]
    default: none
  filter:
    description:
      - Variable by which the playbook selects by name. Names of images are given without their namespace.
    type: str
    default: package_filter
  report_path:
    description: Where the modules reported to.
    type: path
  summary_path:
    description: File that the Markdown is added to.
    type: path
  fail:
    description: Whether to fail when an item did. Otherwise RV(error) tells.
    type: bool
    default: true
attributes:
  action:
    description: Runs on the controller, as an action plugin.
    support: full
  check_mode:
    description: Works in check mode, too.
    support: full
"""

EXAMPLES = r"""
- name: Take snapshots
  stackhpc.release_train.package_snapshot:
    rpm: "{{ rpm_package_repos }}"
    package_filter: ^rocky_9_
  register: snapshots
  failed_when: false # run_summary fails in the end

- name: Say what came of it
  stackhpc.release_train.run_summary:
    playbook: package_sync
    heading: New snapshots
    runs: ["{{ snapshots }}"]
    retry: filter
"""

RETURN = r"""
error:
  description: What failed, in one line; empty when nothing did. A failed task has it as C(msg).
  returned: success
  type: str
  sample: "1 of 172 failed: rocky_9_extras"
runs:
  description: The same as O(runs), for a summary over several Pulps.
  returned: O(fail) is false
  type: list
  elements: dict
lines:
  description: The lines that were printed.
  returned: success
  type: list
  elements: str
"""
