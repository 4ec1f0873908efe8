# SPDX-License-Identifier: Apache-2.0
"""Lookup `optional_variable`: the value of a variable that may not exist."""

from __future__ import annotations

DOCUMENTATION = r"""
name: optional_variable
short_description: Read a variable that may not be defined
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Returns the value of a variable, or a default value if no variable has this name.
  - Fails if the variable exists and its template uses an undefined variable. The C(default) filter of Jinja
    returns the default value in this case, so that a whole list is ignored because of one of its items.
options:
  _terms:
    description: Name of the variable.
    required: true
  default:
    description: Value to return if no variable has this name.
    type: raw
    default: ""
"""

EXAMPLES = r"""
- name: Count the RPM repositories of the inventory
  ansible.builtin.debug:
    msg: "{{ lookup('stackhpc.release_train.optional_variable', 'rpm_package_repos', default=[]) | length }}"
"""

RETURN = r"""
_raw:
  description: The value.
  type: list
  elements: raw
"""

from typing import Any

from ansible.plugins.lookup import LookupBase

from ..plugin_utils.inventory.templates import evaluate


class LookupModule(LookupBase):
    """The lookup for Ansible."""

    def run(
        self,
        terms: list[str],
        variables: dict[str, Any] | None = None,
        default: Any = "",
        **kwargs: Any,
    ) -> list[Any]:
        defined = variables or {}
        return [
            evaluate(self._templar, term, defined[term]) if term in defined else default
            for term in terms
        ]
