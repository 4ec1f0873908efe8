# SPDX-License-Identifier: Apache-2.0
"""Lookup plugin for extra variables that are cut or misspelt."""

from __future__ import annotations

DOCUMENTATION = r"""
name: extra_variable_problems
short_description: Find extra variables that are cut at a space or misspelt
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Ansible splits C(-e name=value) at spaces, and ignores words without C(=). A filter of two expressions without
    the right quotes would select only what the first one selects.
  - Compares the names of the extra variables with those that the roles of the collection read. A name that is
    unknown and similar to one of them is reported.
  - Of files with extra variables, C(-e @file), only the names are read. Encrypted files, and files that Kayobe
    adds, are left out.
options: {}
seealso:
  - module: stackhpc.release_train.run_summary
"""

EXAMPLES = r"""
- name: Fail if an extra variable is cut or misspelt
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join('; ') }}"
  vars:
    problems: "{{ query('stackhpc.release_train.extra_variable_problems') }}"
"""

RETURN = r"""
_raw:
  description: One message for each problem.
  type: list
  elements: str
"""

from typing import Any

from ansible import context
from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ..plugin_utils.run.extra_variables import extra_variable_problems


class LookupModule(LookupBase):
    """The lookup for Ansible."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[str]:
        texts = context.CLIARGS.get("extra_vars") or ()  # type: ignore[no-untyped-call]
        values = variables or {}
        templar: Any = self._templar
        try:
            config = str(templar.template(values.get("kayobe_config_path") or ""))
        except AnsibleError:
            config = ""  # it depends on what this host does not have
        return extra_variable_problems(texts, str(values.get("_raw_params") or ""), config)
