# SPDX-License-Identifier: Apache-2.0
"""Action plugin `pulp_container_content`: run the module, print its progress, and how it ends if it is
interrupted."""

from __future__ import annotations

from ..plugin_utils.run.interrupted_action import InterruptedAction
from ..plugin_utils.run.live_action import LiveAction


class ActionModule(InterruptedAction, LiveAction):
    """The action plugin."""
