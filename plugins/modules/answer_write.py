#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: answer_write
short_description: Write the findings of a playbook to a report and a summary
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Writes the results of a module to a report, and a table of them in Markdown to a summary. It is the
    last task of playbooks that query a server, as M(stackhpc.release_train.run_summary) is of
    playbooks that change one.
  - Prints nothing, and does not fail because of the findings.
options:
  playbook:
    description: Name of the playbook, shown in the summary.
    type: str
    required: true
  heading:
    description: Heading of the table in the summary.
    type: str
    required: true
  run:
    description: Registered result of the module that queried the server, or an empty mapping if it did not run.
    type: dict
    required: true
  columns:
    description: Keys of O(rows) that become columns of the table.
    type: list
    elements: str
    required: true
  rows:
    description: Rows of the table. Defaults to the C(results) of O(run).
    type: list
    elements: dict
  answer:
    description: One line that sums up the findings. Defaults to the error message of O(run).
    type: str
    default: ""
  failed:
    description: Whether the summary is marked as failed, although the module of O(run) succeeded.
    type: bool
    default: false
  report_path:
    description:
      - Path of the report, which receives one line of JSON for each of the C(results) of O(run).
        Not needed for modules with a C(report_path) option, which write the report themselves.
    type: path
  report_append:
    description: Whether the lines are appended to O(report_path), after those of another module.
    type: bool
    default: false
  summary_path:
    description:
      - Path of the Markdown file to which the summary is appended. In a job of GitHub Actions it is also
        appended to the file in the environment variable E(GITHUB_STEP_SUMMARY).
    type: path
attributes:
  action:
    description: Runs on the controller, as an action plugin.
    support: full
  check_mode:
    description: Writes no file in check mode.
    support: full
seealso:
  - module: stackhpc.release_train.run_summary
  - module: stackhpc.release_train.text_show
"""

EXAMPLES = r"""
- name: List snapshots that are not released
  stackhpc.release_train.distribution_list:
    guard: development
  register: listed

- name: Add them to the summary of the CI job
  stackhpc.release_train.answer_write:
    playbook: distribution_list
    heading: Not released
    run: "{{ listed }}"
    rows: "{{ listed.distributions }}"
    columns: [type, name, days]
    answer: "{{ listed.selected }}"
    summary_path: "{{ lookup('ansible.builtin.env', 'GITHUB_STEP_SUMMARY') }}"
"""

RETURN = r"""
written:
  description: Paths of the files that were written.
  returned: success
  type: list
  elements: str
  sample: [/tmp/summary.md]
"""
