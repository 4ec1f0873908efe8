# SPDX-License-Identifier: Apache-2.0
"""Lookup `extra_variable_errors`: extra variables that would be ignored."""

from __future__ import annotations

DOCUMENTATION = r"""
name: extra_variable_errors
short_description: Find extra variables that would be ignored
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Returns an error for each argument C(-e name=value) whose value is split at a space, because Ansible uses
    only the part before it.
  - Returns an error for each unknown variable whose name is close to a variable of the collection's roles.
  - Files of variables are not checked.
"""

EXAMPLES = r"""
- name: Fail if extra variables would be ignored
  ansible.builtin.assert:
    that: query('stackhpc.release_train.extra_variable_errors') | length == 0
"""

RETURN = r"""
_raw:
  description: Error messages, without values.
  type: list
  elements: str
"""

from typing import Any

from ansible import context
from ansible.plugins.lookup import LookupBase

from ..plugin_utils.run.extra_variables import extra_variable_errors, specified_variables


class LookupModule(LookupBase):
    """The lookup for Ansible."""

    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[str]:
        arguments = context.CLIARGS.get("extra_vars") or ()
        return extra_variable_errors(arguments, specified_variables())
