# SPDX-License-Identifier: Apache-2.0
"""Action plugin `text_show`: print text unchanged."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils.text import printable


class ActionModule(ActionBase):
    """The action plugin."""

    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        check: Any = self.validate_argument_spec
        _checked, arguments = check(
            {"text": {"type": "raw", "required": True}, "fail_msg": {"type": "str", "default": ""}}
        )
        text = arguments["text"]
        given = text if isinstance(text, list) else [text]
        lines = [printable(line) for part in given for line in str(part).splitlines()]
        Display().display("\n".join(lines))
        result.update(changed=False, lines=len(lines))
        if arguments["fail_msg"]:
            result.update(failed=True, msg=arguments["fail_msg"])
        return result
