# SPDX-License-Identifier: Apache-2.0
"""Stamps of new snapshots: the time of Pulp's clock, never in the future, each after the last."""

from __future__ import annotations

from datetime import timedelta

from ..inventory.stamp import STAMP_FORMAT, current_stamp, parse_stamp
from ..pulp.errors import InvalidItem
from ..pulp.server import Server

# Seconds by which the clock of the machine that chose a stamp may be wrong.
_TOLERANCE = 300
_NOTICEABLE = 60


def new_stamp(server: Server, wanted: str | None) -> str:
    """Return the stamp of a run: the `wanted` one, by default the current time of Pulp's clock.

    Raises StampError for a malformed stamp, and InvalidItem for one that is in the future.
    """
    if wanted:
        parse_stamp(wanted)
    now = server.clock()
    offset = round(server.client.clock_offset)
    if abs(offset) > _NOTICEABLE:
        where = "behind" if offset > 0 else "ahead of"
        server.report.warn(
            f"the clock of this machine is {timedelta(seconds=abs(offset))} {where} that of Pulp: "
            "stamps are taken from Pulp's clock, correct the one that is wrong"
        )
    if not wanted:
        return current_stamp(lambda: now)
    if wanted > current_stamp(lambda: now + _TOLERANCE):
        raise InvalidItem(
            f"stamp {wanted} is in the future: Pulp's clock is at {current_stamp(lambda: now)} (UTC). "
            "Set an earlier stamp, or none for the current time"
        )
    return wanted


def stamp_after(newest: str) -> str:
    """Return the stamp of one second after that of the newest snapshot."""
    return (parse_stamp(newest) + timedelta(seconds=1)).strftime(STAMP_FORMAT)


def warn_of_future_stamp(server: Server, name: str, newest: str, stamp: str) -> None:
    """Warn if the newest snapshot of a repository, before `stamp`, is in the future."""
    if newest > current_stamp(lambda: server.clock() + _TOLERANCE):
        kind = "the newest snapshot has a stamp in the future, the new one follows it"
        server.report.warn(f"{name}: {kind}: {newest}, {stamp}", kind)
