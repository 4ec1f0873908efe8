#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: text_show
short_description: Print text unchanged
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Prints lines on the screen of the controller, without quotes, escapes or indentation, so that
    they can be read and pasted.
  - Runs on the controller, also in check mode, and changes nothing.
options:
  text:
    description: The text, or a list of its lines.
    type: raw
    required: true
attributes:
  action:
    description: Runs on the controller, as an action plugin.
    support: full
  check_mode:
    description: Can run in check mode.
    support: full
seealso:
  - module: ansible.builtin.debug
  - module: ansible.builtin.copy
    description: Writes text to a file.
"""

EXAMPLES = r"""
- name: Show pins
  stackhpc.release_train.text_show:
    text:
      - "rocky_9_baseos     20261122T200001"
      - "ubuntu_noble       20261120T200001"
"""

RETURN = r"""
lines:
  description: Number of printed lines.
  returned: success
  type: int
  sample: 2
"""
