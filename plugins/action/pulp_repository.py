# SPDX-License-Identifier: Apache-2.0
"""Action `pulp_repository`: run the module of this name, and display the progress of a sync."""

from __future__ import annotations

from ..plugin_utils.run.live_action import LiveAction


class ActionModule(LiveAction):
    """The action for Ansible."""

    def is_long_running(self) -> bool:
        return str(self._task.args.get("sync", "")).lower() in ("true", "yes", "on", "1")
