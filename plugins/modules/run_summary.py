#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: run_summary
short_description: Print the summary of a playbook, and fail if an item failed
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Prints a summary of at most 30 lines, with failed items and their causes, the command that retries only
    the failed items, changed items, warnings and counts.
  - Writes a full summary in Markdown for a CI job or a pull request.
  - Fails if an item failed, and names it. The tasks whose results it receives should therefore have
    C(failed_when) set to V(false), which also keeps their long results off the screen.
options:
  playbook:
    description: Name of the playbook, used in the retry command.
    type: str
    required: true
  heading:
    description: Heading of the changed items.
    type: str
    default: Changed
  runs:
    description:
      - Registered results of the modules of this collection, in their order. Changed items of the first one are
        listed. Of the others only failed items are listed.
    type: list
    elements: dict
    default: []
  list_all:
    description: Whether to list the changed items of all O(runs).
    type: bool
    default: false
  list_changed:
    description: Whether to list the changed items on the screen. The summary in Markdown always lists them.
    type: bool
    default: true
  hosts:
    description:
      - Registered results of several hosts, a mapping of the name of the inventory host to a list in the
        form of O(runs). It overrides O(runs).
    type: dict
    default: {}
  retry:
    description:
      - How the retry command selects the failed items. V(filter) passes their names in the variable O(filter),
        for up to 40 items. V(report) does the same, and passes O(report_path) in the variable
        C(package_retry) for more items. V(none) retries all items.
    type: str
    choices: [report, filter, none]
    default: none
  filter:
    description:
      - Name of the variable with which the playbook selects items by name. Images are named without their
        namespace.
    type: str
    default: package_filter
  report_path:
    description:
      - Path of the report that the modules wrote. With O(hosts), path of a combined report to write.
    type: path
  summary_path:
    description:
      - Path of the Markdown file to which the summary is appended. A new file has mode 0600; an existing one keeps its mode.
      - In a job of GitHub Actions it is also appended to the file in the environment variable
        E(GITHUB_STEP_SUMMARY), and failures are printed as annotations of the job.
    type: path
  fail:
    description: Whether to fail if an item failed. With V(false) the message is returned in RV(error).
    type: bool
    default: true
attributes:
  action:
    description: Runs on the controller, as an action plugin.
    support: full
  check_mode:
    description: Behaves the same in check mode.
    support: full
seealso:
  - module: stackhpc.release_train.answer_write
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
  description:
    - Failed items in one line. Empty if none failed. A failed task returns it as C(msg) instead.
  returned: success
  type: str
  sample: "1 of 172 failed: rocky_9_extras"
runs:
  description: Value of O(runs), to be passed to a summary of several hosts.
  returned: with O(fail=false) and without O(hosts)
  type: list
  elements: dict
lines:
  description: Printed lines.
  returned: success
  type: list
  elements: str
"""
