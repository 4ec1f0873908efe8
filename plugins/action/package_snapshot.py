# SPDX-License-Identifier: Apache-2.0
"""Action `package_snapshot`: run the module of this name and show what it has done so far."""

from __future__ import annotations

from ..plugin_utils.run.live_action import LiveAction


class ActionModule(LiveAction):
    """What Ansible asks this file for."""
