# SPDX-License-Identifier: Apache-2.0
"""Filter `host_path`: a separate file path for each of several hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: host_path
short_description: Create a separate file path for each of several hosts
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Makes a path absolute, relative to the directory in which Ansible was started.
  - If several hosts write the file, inserts the name of the host before the extension, so that each host
    has a separate file. An empty path is not changed.
positional: _input, host, hosts
options:
  _input:
    description: Path of the file, or an empty string.
    type: str
    required: true
  host:
    description: Name of the host that writes the file.
    type: str
    required: true
  hosts:
    description: Names of all hosts that write the file.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show the path of the report of this client
  ansible.builtin.debug:
    msg: "{{ 'report.json' | stackhpc.release_train.host_path(inventory_hostname, groups['client']) }}"
"""

RETURN = r"""
_value:
  description: Path of the file.
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
    """The filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"host_path": host_path}
