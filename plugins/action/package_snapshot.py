# SPDX-License-Identifier: Apache-2.0
"""Action `package_snapshot`: run the module of this name and display its progress."""

from __future__ import annotations

from ..plugin_utils.run.live_action import LiveAction


class ActionModule(LiveAction):
    """The action for Ansible."""
