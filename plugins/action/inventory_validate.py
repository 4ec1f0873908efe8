# SPDX-License-Identifier: Apache-2.0
"""Action plugin `inventory_validate`: validate the files of an inventory on the controller."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.inventory.validation import validate_inventory

_OPTIONS: dict[str, dict[str, Any]] = {
    "paths": {"type": "list", "elements": "path", "required": True},
    "kayobe_config": {"type": "path"},
    "strict": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """The action plugin."""

    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        check: Any = self.validate_argument_spec
        _checked, arguments = check(_OPTIONS)
        found = validate_inventory(
            arguments["paths"], arguments["kayobe_config"] or "", arguments["strict"]
        )
        result.update(
            changed=False,
            findings=[asdict(finding) for finding in found.findings],
            results=[finding.result for finding in found.findings],
            errors=found.errors,
            warnings_found=found.warnings,
            repositories=found.repositories,
            encrypted=found.encrypted,
            text=found.text,
        )
        return result
