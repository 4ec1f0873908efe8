#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: answer_write
short_description: Write what a playbook found into a report and a summary
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Ends playbooks that answer a question, as M(stackhpc.release_train.run_summary) ends those that
    do something. Prints nothing and does not fail for what was found.
  - It runs on the controller. In check mode it writes nothing.
options:
  playbook:
    description: Name of the playbook that ends here.
    type: str
    required: true
  heading:
    description: What stands above the table.
    type: str
    required: true
  run:
    description: What the module returned that found the answer, empty where it did not come to that.
    type: dict
    required: true
  columns:
    description: Keys that are shown of each row.
    type: list
    elements: str
    required: true
  rows:
    description: Rows of the table. The C(results) of O(run) unless given.
    type: list
    elements: dict
  told:
    description: The answer in one line. What the module failed with unless given.
    type: str
    default: ""
  failed:
    description: Whether the answer is a bad one, although the module succeeded.
    type: bool
    default: false
  report_path:
    description:
      - Gets a line of JSON for each of the C(results) of O(run). Modules that talk to Pulp write it
        themselves, so it is not given for these.
    type: path
  summary_path:
    description: File that the Markdown is added to.
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
    told: "{{ listed.selected }}"
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
