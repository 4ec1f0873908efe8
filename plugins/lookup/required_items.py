# SPDX-License-Identifier: Apache-2.0
"""Lookup `required_items`: the required items of a variable's list."""

from __future__ import annotations

DOCUMENTATION = r"""
name: required_items
short_description: Read the required items of a list
version_added: 0.1.0
author: StackHPC Ltd. (@stackhpc)
description:
  - Returns the items of a list whose C(required) is V(true), which is the default. Of other items only
    C(required) is evaluated, so that they can use variables that a site does not define.
  - An undefined variable is an empty list.
options:
  _terms:
    description: Names of variables, each of which is a list of mappings.
    required: true
notes:
  - Before ansible-core 2.19, all items of a variable that is one template are evaluated.
"""

EXAMPLES = r"""
- name: Show the repositories that this site requires
  ansible.builtin.debug:
    msg: "{{ query('stackhpc.release_train.required_items', 'stackhpc_pulp_repository_rpm_repos')
      | map(attribute='name') }}"
"""

RETURN = r"""
_raw:
  description: Required items in their order.
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible import template as ansible_template
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..module_utils.inventory.values import ItemValueError, boolean, is_omitted
from ..plugin_utils.inventory.templates import evaluate

# Before ansible-core 2.19, all strings are trusted.
_trust = getattr(ansible_template, "trust_as_template", str)


class LookupModule(LookupBase):
    """The lookup for Ansible."""

    def run(
        self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[Any]:
        return [item for term in terms for item in self._required(term, (variables or {}))]

    def _required(self, variable: str, variables: Mapping[str, Any]) -> list[Any]:
        raw = variables.get(variable)
        # Items are evaluated one by one, so that templates in items that are not required are not.
        items = raw if isinstance(raw, list) else self._read_list(variable, raw)
        if not isinstance(items or [], list):
            raise AnsibleLookupError(f"{variable} is not a list")
        required = []
        for number, entry in enumerate(items or [], 1):
            item = entry if isinstance(entry, Mapping) else evaluate(self._templar, variable, entry)
            if not isinstance(item, Mapping):
                raise AnsibleLookupError(f"{variable}: item {number} is not a mapping")
            name = item.get("name", item.get("repository", number))
            where = f"{variable} '{name}'"
            if self._is_required(where, item):
                required.append(evaluate(self._templar, where, item))
        return required

    def _read_list(self, variable: str, raw: Any) -> Any:
        """Evaluate a template that is a list; if that fails, only its required items.

        A list that is composed of other lists has the items of all of them.
        """
        try:
            return evaluate(self._templar, variable, raw)
        except AnsibleLookupError:
            if not isinstance(raw, str) or not variable.isidentifier():
                raise
        flags = self._select(variable, "map(attribute='required', default=true)")
        required = [self._is_required(variable, {"required": flag}) for flag in flags]
        return self._select(variable, f"zip({required}) | selectattr(1) | map(attribute=0)")

    def _select(self, variable: str, filters: str) -> Any:
        """Apply filters to a list; what they do not select is not evaluated."""
        return evaluate(self._templar, variable, _trust(f"{{{{ {variable} | {filters} | list }}}}"))

    def _is_required(self, where: str, item: Mapping[str, Any]) -> bool:
        given = evaluate(self._templar, f"{where}: required", item.get("required", True))
        try:
            return True if is_omitted(given) else boolean(given)
        except ItemValueError as error:
            raise AnsibleLookupError(f"{where}: required {error}") from error
