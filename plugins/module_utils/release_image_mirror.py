# SPDX-License-Identifier: Apache-2.0
"""Mirror disk images: another Pulp serves the versions that are asked for, and fetches them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .pulp_report import Result
from .pulp_server import Server
from .release_images import image_pins
from .release_mirror import mirror_pins, mirror_settings

__all__ = ["mirror_images"]


def mirror_images(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module image_mirror: parameters -> results, in the order of the list."""
    defaults = {"file": {"policy": params["policy"]}}
    return mirror_pins(server, image_pins(params["images"]), mirror_settings(params, defaults)), {}
