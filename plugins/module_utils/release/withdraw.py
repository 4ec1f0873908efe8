# SPDX-License-Identifier: Apache-2.0
"""Withdrawal on Ark: released snapshots get the content guard of development again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..pulp.errors import InvalidItem
from ..pulp.server import Server
from ..report.report import Result
from .listing import Inventory
from .options import read_lists, read_pins
from .promote import promote_pins, promotion_line

_PROMOTION, _WITHDRAWAL = "nothing was promoted", "nothing was withdrawn"


def withdraw_packages(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module package_withdraw: parameters -> results, and what else it returns.

    Withdraws all snapshots or none. Raises InvalidItem, before anything is written, naming every
    snapshot that a configuration of `pins` pins.
    """
    resolved, selected = read_pins({**params, "pins_strict": False}, "pins")
    active, deprecated = read_lists(params)
    inventory = Inventory([*active.repositories, *deprecated.repositories])
    labels, unknown = inventory.labels(params["pins"] or {})
    for warning in (*resolved.warnings, *unknown):
        server.report.warn(warning)
    if resolved.unknown:
        # What is to be withdrawn and is not would stay released without a word.
        names = ", ".join(resolved.unknown)
        raise InvalidItem(f"{_WITHDRAWAL}: no package repository has the short name {names}")
    pinned = [
        f"{pin.short_name} {pin.stamp} is pinned by {', '.join(labels[pin.short_name, pin.stamp])}"
        for pin in resolved.pins
        if (pin.short_name, pin.stamp) in labels
    ]
    if pinned:
        raise InvalidItem(f"{_WITHDRAWAL}: {'; '.join(pinned)}. Change these pins first")
    try:
        guard, errors = params["content_guard"], resolved.errors
        results = promote_pins(server, resolved.pins, guard, errors, allow_empty=True)
    except InvalidItem as error:
        raise InvalidItem(str(error).replace(_PROMOTION, _WITHDRAWAL, 1)) from error
    lines = [promotion_line(result) for result in results if result.changed]
    return results, {"selected": selected, "lines": lines}
