#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: text_show
short_description: Print text without quotes and escapes
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Prints lines of text on the screen of the controller without quotes, escapes or indentation, so that
    they can be copied.
options:
  text:
    description: Text to print, as a string or as a list of lines.
    type: raw
    required: true
  fail_msg:
    description: Message with which the task fails after it has printed O(text). If empty, it succeeds.
    type: str
    default: ""
attributes:
  action:
    description: Runs on the controller, as an action plugin.
    support: full
  check_mode:
    description: Behaves the same in check mode.
    support: full
seealso:
  - module: ansible.builtin.debug
  - module: ansible.builtin.copy
    description: Writes the same text to a file.
"""

EXAMPLES = r"""
- name: Print pins
  stackhpc.release_train.text_show:
    text:
      - "rocky_9_baseos     20261122T200001"
      - "ubuntu_noble       20261120T200001"

- name: Print findings, and fail if there are any
  stackhpc.release_train.text_show:
    text: "{{ findings }}"
    fail_msg: "{{ 'there are findings, see above' if findings else '' }}"
"""

RETURN = r"""
lines:
  description: Number of printed lines.
  returned: success
  type: int
  sample: 2
"""
