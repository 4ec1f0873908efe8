#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: run_summary
short_description: Print the summary of a run, and fail if an item failed
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Prints at most 30 lines at the end of a run. They list the failed items with their causes, the
    command that retries only these, the changed and the flagged items, and counts.
  - Writes the same without a limit as Markdown, for the summary of a CI job or a pull request.
  - Fails if an item failed, and names it. The tasks whose results it summarizes set C(failed_when)
    to false, so that Ansible does not print their long results.
  - Runs on the controller, also in check mode.
options:
  playbook:
    description: Name of the playbook, for the command that retries the failed items.
    type: str
    required: true
  heading:
    description: Heading of the changed items.
    type: str
    default: Changed
  runs:
    description:
      - Results of modules of this collection, in the order of their tasks. Changed items of the
        first result are listed; of later results only failed items are.
    type: list
    elements: dict
    default: []
  list_all:
    description: Whether the changed items of all results are listed.
    type: bool
    default: false
  hosts:
    description: O(runs) of several Pulps, by inventory host. Replaces O(runs).
    type: dict
    default: {}
  retry:
    description:
      - How the printed command selects the failed items. V(report) passes O(report_path) as
        C(package_retry), V(filter) sets the variable named by O(filter), and V(none) repeats the
        whole run.
    type: str
    choices: [report, filter, none]
    default: none
  filter:
    description:
      - Variable with which the playbook selects items by name. Names of images have no namespace in it.
    type: str
    default: package_filter
  report_path:
    description: File to which the modules wrote their reports.
    type: path
  summary_path:
    description: File to which a Markdown summary is appended.
    type: path
  fail:
    description: Whether to fail if an item failed. Otherwise RV(error) has the message.
    type: bool
    default: true
attributes:
  action:
    description: Runs on the controller, as an action plugin.
    support: full
  check_mode:
    description: Can run in check mode.
    support: full
"""

EXAMPLES = r"""
- name: Take snapshots
  stackhpc.release_train.package_snapshot:
    rpm: "{{ rpm_package_repos }}"
    package_filter: ^rocky_9_
  register: snapshots
  failed_when: false # run_summary fails in the end

- name: Print run summary
  stackhpc.release_train.run_summary:
    playbook: package_sync
    heading: New snapshots
    runs: ["{{ snapshots }}"]
    retry: filter
"""

RETURN = r"""
error:
  description: The failed items in one line, or empty. A failed task returns it as C(msg).
  returned: success
  type: str
  sample: "1 of 172 failed: rocky_9_extras"
runs:
  description: The value of O(runs), for a summary of several Pulps.
  returned: O(fail) is false
  type: list
  elements: dict
lines:
  description: The printed lines.
  returned: success
  type: list
  elements: str
"""
