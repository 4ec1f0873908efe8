#!/usr/bin/python
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: text_show
short_description: Print text as it is
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Prints lines on the screen of the one who runs Ansible, without quotes, escapes or indentation,
    so that they can be read and pasted.
  - It runs on the controller, in check mode, too, and changes nothing.
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
    description: Prints in check mode, too.
    support: full
seealso:
  - module: ansible.builtin.debug
  - module: ansible.builtin.copy
    description: Writes the same text to a file.
"""

EXAMPLES = r"""
- name: Say what is pinned
  stackhpc.release_train.text_show:
    text:
      - "rocky_9_baseos     20261122T200001"
      - "ubuntu_noble       20261120T200001"
"""

RETURN = r"""
lines:
  description: How many lines were printed.
  returned: success
  type: int
  sample: 2
"""
