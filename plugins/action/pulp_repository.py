# SPDX-License-Identifier: Apache-2.0
"""Action plugin `pulp_repository`: run the module, and print its progress if it syncs."""

from __future__ import annotations

from ..plugin_utils.run.live_action import LiveAction


class ActionModule(LiveAction):
    """The action plugin."""

    def is_long_running(self) -> bool:
        return str(self._task.args.get("sync", "")).lower() in ("true", "yes", "on", "1")
