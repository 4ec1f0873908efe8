# SPDX-License-Identifier: Apache-2.0
"""Action plugin `pulp_sync`: run the module and print its progress."""

from __future__ import annotations

from ..plugin_utils.run.live_action import LiveAction


class ActionModule(LiveAction):
    """The action plugin."""
