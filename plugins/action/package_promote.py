# SPDX-License-Identifier: Apache-2.0
"""Action plugin of the promotions: run the module and show how it ends if it is interrupted.

meta/runtime.yml names it for `channel_promote` and `image_promote`, too.
"""

from __future__ import annotations

from typing import Any

from ..plugin_utils.run.interrupted_action import InterruptedAction


class ActionModule(InterruptedAction):
    """The action plugin."""

    _supports_async = True
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        wrap = self._task.async_val
        result.update(self._execute_module(task_vars=task_vars, wrap_async=wrap))
        return result
