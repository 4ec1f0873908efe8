# SPDX-License-Identifier: Apache-2.0
"""Action `pulp_repository`: run the module of this name; of a sync, show what is done so far."""

from __future__ import annotations

from ..plugin_utils.run.live_action import LiveAction


class ActionModule(LiveAction):
    """What Ansible asks this file for."""

    def is_long_running(self) -> bool:
        return str(self._task.args.get("sync", "")).lower() in ("true", "yes", "on", "1")
