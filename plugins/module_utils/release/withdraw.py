# SPDX-License-Identifier: Apache-2.0
"""Withdrawal on Ark: released snapshots get the content guard of development again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..inventory.pins import PinError
from ..pulp.errors import InvalidItem
from ..pulp.server import Server
from ..report.report import Result
from .listing import Inventory
from .options import read_lists, read_pins
from .promote import GuardChange, change_guards, promotion_line

_NOTHING = "nothing was withdrawn"


def withdraw_packages(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module package_withdraw: parameters -> results, and what else it returns.

    Withdraws all snapshots or none. Raises InvalidItem, before anything is written, naming every
    snapshot that a configuration of `pins` pins.
    """
    try:
        resolved, selected = read_pins({**params, "pins_strict": False}, "pins")
    except PinError as error:
        raise InvalidItem(f"{_NOTHING}: package_versions: {error}") from error
    if resolved.unknown:
        # What is to be withdrawn and is not would stay released without a word.
        names = ", ".join(resolved.unknown)
        raise InvalidItem(f"{_NOTHING}: no package repository has the short name {names}")
    active, deprecated = read_lists(params)
    inventory = Inventory([*active.repositories, *deprecated.repositories])
    labels, unknown = inventory.labels(params["pins"] or {})
    for warning in (*resolved.warnings, *unknown):
        server.report.warn(warning)
    pinned = [
        f"{pin.short_name} {pin.stamp} is pinned by {', '.join(labels[pin.short_name, pin.stamp])}"
        for pin in resolved.pins
        if (pin.short_name, pin.stamp) in labels
    ]
    if pinned:
        raise InvalidItem(f"{_NOTHING}: {'; '.join(pinned)}. Change these pins first")
    change = GuardChange(
        params["content_guard"],
        resolved.errors,
        allow_empty=True,
        noun="withdrawal",
        verb="withdrawn",
        reason="is to be withdrawn",
        compares=False,
    )
    results = change_guards(server, resolved.pins, change)
    lines = [promotion_line(result) for result in results if result.changed]
    return results, {"selected": selected, "lines": lines}
