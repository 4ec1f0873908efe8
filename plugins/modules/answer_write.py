#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: answer_write
short_description: Write the answer of a playbook to a report and a summary
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Ends playbooks that answer a question, as M(stackhpc.release_train.run_summary) ends those that
    change something. Prints nothing, and does not fail for a bad answer.
  - Runs on the controller. In check mode it writes nothing.
options:
  playbook:
    description: Name of the playbook, for the title of the summary.
    type: str
    required: true
  heading:
    description: Heading of the table.
    type: str
    required: true
  run:
    description: Result of the module that found the answer. Empty if that module did not run.
    type: dict
    required: true
  columns:
    description: Keys of a row that are the columns of the table.
    type: list
    elements: str
    required: true
  rows:
    description: Rows of the table. Defaults to the C(results) of O(run).
    type: list
    elements: dict
  answer:
    description: The answer in one line. Defaults to the error message of O(run).
    type: str
    default: ""
  failed:
    description: Whether the summary reports a failure, although the module succeeded.
    type: bool
    default: false
  report_path:
    description:
      - File to which a line of JSON is written for each of the C(results) of O(run). Modules that
        talk to Pulp write this file themselves.
    type: path
  summary_path:
    description: File to which a Markdown summary is appended.
    type: path
attributes:
  action:
    description: Runs on the controller, as an action plugin.
    support: full
  check_mode:
    description: Writes nothing in check mode.
    support: full
seealso:
  - module: stackhpc.release_train.run_summary
  - module: stackhpc.release_train.text_show
"""

EXAMPLES = r"""
- name: List what is not released yet
  stackhpc.release_train.distribution_list:
    guard: development
  register: listed

- name: Put it into the summary of the job
  stackhpc.release_train.answer_write:
    playbook: distribution_list
    heading: Not released yet
    run: "{{ listed }}"
    rows: "{{ listed.distributions }}"
    columns: [type, name, days]
    answer: "{{ listed.selected }}"
    summary_path: "{{ lookup('ansible.builtin.env', 'GITHUB_STEP_SUMMARY') }}"
"""

RETURN = r"""
written:
  description: The files that were written.
  returned: success
  type: list
  elements: str
  sample: [/tmp/summary.md]
"""
