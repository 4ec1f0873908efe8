# SPDX-License-Identifier: Apache-2.0
"""Promotion on Ark: snapshots are released to clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..inventory.pins import Pin
from ..inventory.repositories import ItemError
from ..inventory.stamp import STAMP_PATTERN, is_stamp
from ..objects.distribution import read_guards
from ..objects.server_lock import ServerLock
from ..objects.switch import Switch, switch_all
from ..pulp.errors import InvalidItem, PulpError
from ..pulp.pool import for_each
from ..pulp.reader import read_by_key
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES
from ..report.report import Result
from .changes import package_count
from .comparison.snapshots import SnapshotPair, compare_snapshots, difference_text
from .health import empty_snapshots, expiry_of, warn_of_expiry
from .newest import SnapshotFilter, find_snapshots, served_versions
from .options import read_pins

_NO_GUARD = "everybody"
# For how many missing snapshots the error names the newest one that exists.
_MAX_HINTS = 10
# The newest released snapshot is usually one of the last weeks.
_PAGE_SIZE, _MAX_PAGES = 50, 10
_RELEASED_FIELDS = ("name", "publication", "content_guard")


@dataclass(frozen=True)
class GuardChange:
    """A change of the content guard of snapshots to `guard`.

    `errors`: malformed items of the snapshots; `allow_empty`: whether snapshots without content are
    changed, too. `noun`, `verb` and `reason` are terms for messages: what the run is, what is done to
    the snapshots, and why each is given. `compares`: whether the result shows what differs from the
    newest snapshot that has the guard already.
    """

    guard: str
    errors: Sequence[ItemError] = ()
    allow_empty: bool = False
    noun: str = "promotion"
    verb: str = "promoted"
    reason: str = "is pinned"
    compares: bool = True


def promote_packages(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module package_promote: parameters -> results, and what else it returns."""
    resolved, selected = read_pins(params, "pins")
    for warning in resolved.warnings:
        server.report.warn(warning)
    change = GuardChange(params["content_guard"], resolved.errors, params["allow_empty"])
    results = change_guards(server, resolved.pins, change)
    warn_of_expiry(server, results)
    lines = [promotion_line(result) for result in results if result.changed]
    return results, {"selected": selected, "unknown_pins": resolved.unknown, "lines": lines}


def change_guards(server: Server, pins: Sequence[Pin], change: GuardChange) -> list[Result]:
    """Give the snapshots that pins name another guard; all of them or none.

    Raises InvalidItem, before anything is written, naming every snapshot that does not exist or
    serves nothing, every malformed item, and unless `allow_empty` every one without content.
    """
    with ServerLock(server, change.noun) as interruption:
        switches = _switches(server, pins, change)
        switch_all(server, switches, interruption)
    changing = [switch for switch in switches if switch.differing]
    if change.compares:
        try:
            _show_changes(server, changing)
        except PulpError as error:
            # The change is done, whether or not it can be shown.
            server.report.warn(f"cannot read what is released already: {error}")
    for switch in changing:
        before = switch.result.before["content_guard"] or _NO_GUARD
        switch.result.more["told"] = f"{before} -> {change.guard}"
    if server.check_mode or server.diff:
        try:
            _show_content(server, changing)
        except PulpError as error:
            server.report.warn(f"cannot read the content that becomes visible: {error}")
    results = [switch.result for switch in switches]
    server.report.finish_all(results)
    return results


def _switches(server: Server, pins: Sequence[Pin], change: GuardChange) -> list[Switch]:
    """The changes of distributions. Raises InvalidItem with all that prevents them."""
    guard, snapshots = change.guard, _read_snapshots(server, pins)
    problems = [f"'{error.short_name}' {change.reason}, but {error}" for error in change.errors]
    problems += _problems(server, pins, snapshots)
    in_use = [entry["content_guard"] for entry in snapshots if entry and entry["content_guard"]]
    guards = read_guards(server, [guard], in_use)
    if guard not in guards.hrefs:
        problems.append(f"there is no content guard '{guard}'")
    if not change.allow_empty:
        problems += empty_snapshots(server, pins, snapshots, guards.hrefs.get(guard))
    if problems:
        raise InvalidItem(f"nothing was {change.verb}: {'; '.join(problems)}")
    return [
        Switch(
            CONTENT_TYPES[pin.content_type].distribution,
            pin.snapshot_name,
            entry,
            {"content_guard": guards.hrefs[guard]},
            _result(pin, expiry_of(entry and entry.get("pulp_labels"))),
            guards.readable,
        )
        for pin, entry in zip(pins, snapshots)
    ]


def _read_snapshots(server: Server, pins: Sequence[Pin]) -> list[dict[str, Any] | None]:
    """The distributions of the snapshots, in the order of the pins."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name, content_type in CONTENT_TYPES.items():
        names = [pin.snapshot_name for pin in pins if pin.content_type == name]
        of_type = read_by_key(server.client, content_type.distribution, names)
        found.update({(name, key): entry for key, entry in of_type.items()})
    return [found.get((pin.content_type, pin.snapshot_name)) for pin in pins]


def _problems(
    server: Server, pins: Sequence[Pin], snapshots: Sequence[dict[str, Any] | None]
) -> list[str]:
    """An error message for each pin whose snapshot does not exist or serves nothing."""
    problems = []
    missing = 0
    for pin, entry in zip(pins, snapshots):
        subject = f"snapshot '{pin.snapshot_name}' of {pin.short_name}"
        if entry is None:
            missing += 1
            hint = _newest_hint(server, pin) if missing <= _MAX_HINTS else ""
            problems.append(f"{subject} does not exist{hint}")
        elif not entry.get("publication"):
            problems.append(f"{subject} serves nothing")
    return problems


def _newest_hint(server: Server, pin: Pin) -> str:
    """The end of a sentence that names the newest snapshot instead of one that does not exist."""
    prefix = pin.snapshot_name[: -len(pin.stamp)]
    kind = CONTENT_TYPES[pin.content_type].distribution
    # Versions of disk images begin with a release; the distribution `latest` is none of them.
    stamps = STAMP_PATTERN if is_stamp(pin.stamp) else "[0-9].*"
    found = find_snapshots(server.client, SnapshotFilter(kind, prefix, stamps), ("name",))
    return (
        f", the newest is {found[0]['name'][len(prefix) :]}"
        if found
        else ", and the repository has no snapshot"
    )


def _show_changes(server: Server, switches: Sequence[Switch]) -> None:
    """Add to results which packages differ from the newest snapshot that clients have already."""
    pairs: list[SnapshotPair] = []

    def find(switch: Switch) -> None:
        before = _released_before(server, switch)
        if before:
            publication = str(before["publication"])
            stamp = str(before["name"])[-len(switch.result.more["stamp"]) :]
            switch.result.more["previous"] = stamp
            pairs.append(SnapshotPair(switch.result, publication, _publication(switch), stamp))

    switches = [one for one in switches if CONTENT_TYPES[one.result.type].packages]
    errors = for_each(switches, find, server.write_concurrency())
    for switch, error in zip(switches, errors):
        if error:
            kind = "cannot read what is released already"
            server.report.warn(f"{switch.result.name}: {kind}: {error}", kind)
    compare_snapshots(server, pairs)
    for switch in switches:
        text = difference_text(switch.result.more)
        if text:
            switch.result.after["packages"] = text


def _released_before(server: Server, switch: Switch) -> dict[str, Any] | None:
    """The distribution of the newest other snapshot of a repository that is released."""
    result = switch.result
    prefix = result.name[: -len(result.more["stamp"])]
    wanted = SnapshotFilter(CONTENT_TYPES[result.type].distribution, prefix)
    guard = switch.values["content_guard"]
    for page in range(_MAX_PAGES):
        found = find_snapshots(
            server.client, wanted, _RELEASED_FIELDS, page * _PAGE_SIZE, _PAGE_SIZE
        )
        for entry in found:
            is_other = entry["name"] != result.name and entry["publication"]
            if is_other and entry["content_guard"] == guard:
                return entry
        if len(found) < _PAGE_SIZE:
            return None
    return None


def _show_content(server: Server, switches: Sequence[Switch]) -> None:
    """Add to results where their snapshots are served, and how many packages they have."""
    versions: dict[str, str] = {}
    for name, content_type in CONTENT_TYPES.items():
        of_type = [one for one in switches if one.result.type == name]
        versions.update(served_versions(server, content_type, list(map(_publication, of_type))))

    def show(switch: Switch) -> None:
        result, content_type = switch.result, CONTENT_TYPES[switch.result.type]
        url = f"{server.content_url(result.more['base_path'])}/"
        unit = content_type.content_unit.rpartition(".")[2]
        shown = f"unknown number of {unit}s"
        try:
            number = package_count(server.client, content_type, versions[_publication(switch)])
            result.more["packages"] = number
            shown = f"1 {unit}" if number == 1 else f"{number} {unit}s"
        finally:
            result.more.update(url=url, told=f"{result.more['told']}, {shown}")
            result.after["visible"] = f"{shown} at {url}"

    # Pulp cannot return several versions at once. A number that cannot be read is unknown.
    for_each(switches, show, server.write_concurrency())


def _publication(switch: Switch) -> str:
    return str(switch.current["publication"]) if switch.current else ""


def promotion_line(result: Result) -> str:
    """`epel_9  20261118T020000  development -> release, 3 packages  https://...  +1 -1 since ...`"""
    parts = [result.more.get(key) for key in ("short_name", "stamp", "told", "url")]
    return "  ".join(part for part in [*parts, difference_text(result.more)] if part)


def _result(pin: Pin, expiry: str) -> Result:
    more = {"short_name": pin.short_name, "stamp": pin.stamp, "base_path": pin.snapshot_path}
    if expiry:
        more["valid_until"] = expiry
    return Result(pin.snapshot_name, pin.content_type, more=more)
