# SPDX-License-Identifier: Apache-2.0
"""Filter `host_path`: where a file is, with one of its own for each of several hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: host_path
short_description: Give each of several hosts a file of its own
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Makes a path absolute, from the folder in which Ansible was started. Modules would begin at the
    folder of the playbook.
  - Puts the name of the host before its ending where several hosts write at once, so that each has
    a file of its own. No path stays none.
positional: _input, host, hosts
options:
  _input:
    description: A path, or nothing.
    type: str
    required: true
  host:
    description: The host that writes.
    type: str
    required: true
  hosts:
    description: All hosts that write.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show where this client's report goes
  ansible.builtin.debug:
    msg: "{{ 'report.json' | stackhpc.release_train.host_path(inventory_hostname, groups['client']) }}"
"""

RETURN = r"""
_value:
  description: The path.
  type: str
  sample: /home/me/report.client1.json
"""

import os
import re
from collections.abc import Callable, Sequence
from typing import Any


def host_path(path: Any, host: str, hosts: Sequence[str]) -> str:
    """`report.json` -> `/home/me/report.client1.json` where several write; see DOCUMENTATION."""
    if not path:
        return ""
    path = os.path.abspath(os.path.expanduser(os.path.expandvars(str(path))))
    if len(hosts) < 2:
        return path
    stem, ending = os.path.splitext(path)
    return f"{stem}.{re.sub(r'[^A-Za-z0-9._-]', '_', host)}{ending}"


class FilterModule:
    """What Ansible asks this file for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"host_path": host_path}
