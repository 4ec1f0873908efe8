# SPDX-License-Identifier: Apache-2.0
"""Promotion on Ark: snapshots are released to clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..content.packages import package_count
from ..inventory.pins import Pin
from ..inventory.repositories import ItemError
from ..inventory.stamp import STAMP_PATTERN, is_stamp
from ..objects.distribution import Guards, read_guards
from ..objects.switch import Switch, switch_all
from ..pulp.content_app import content_url
from ..pulp.errors import InvalidItem, PulpError
from ..pulp.pool import for_each
from ..pulp.reader import read_by_key
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES
from ..report.report import Result
from .newest import find_snapshots, served_versions
from .options import read_pins

_NO_GUARD = "everybody"
# So many missing snapshots are told with what there is instead.
_HINTS = 10


def promote_packages(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module package_promote: parameters -> results, and what else it returns."""
    resolved, selected = read_pins(params, "pins")
    for warning in resolved.warnings:
        server.report.warn(warning)
    results = promote_pins(server, resolved.pins, params["content_guard"], resolved.errors)
    lines = [promotion_line(result) for result in results if result.changed]
    return results, {"selected": selected, "unknown_pins": resolved.unknown, "lines": lines}


def promote_pins(
    server: Server, pins: Sequence[Pin], guard: str, errors: Sequence[ItemError] = ()
) -> list[Result]:
    """Give the snapshots that pins name the guard of released content; all of them or none.

    Raises InvalidItem, before anything is written, naming every snapshot that does not exist or
    serves nothing, and every malformed item that is pinned (`errors`).
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name, content_type in CONTENT_TYPES.items():
        names = [pin.snapshot_name for pin in pins if pin.content_type == name]
        there = read_by_key(server.client, content_type.distribution, names)
        found.update({(name, key): entry for key, entry in there.items()})
    current = [found.get((pin.content_type, pin.snapshot_name)) for pin in pins]
    problems = [f"'{error.short_name}' is pinned, but {error}" for error in errors]
    missing = 0
    for pin, entry in zip(pins, current):
        if entry is None:
            missing += 1
            newest = _newest(server, pin) if missing <= _HINTS else ""
            problems.append(
                f"snapshot '{pin.snapshot_name}' of {pin.short_name} does not exist{newest}"
            )
        elif not entry.get("publication"):
            problems.append(f"snapshot '{pin.snapshot_name}' of {pin.short_name} serves nothing")
    in_use = {entry["content_guard"] for entry in current if entry and entry["content_guard"]}
    guards = read_guards(server, [guard], in_use)
    if guard not in guards.hrefs:
        problems.append(f"there is no content guard '{guard}'")
    if problems:
        raise InvalidItem("nothing was promoted: " + "; ".join(problems))
    switches = [
        Switch(
            CONTENT_TYPES[pin.content_type].distribution,
            pin.snapshot_name,
            entry,
            {"content_guard": guards.hrefs[guard]},
            _result(pin),
            lambda side: _named(side, guards),
        )
        for pin, entry in zip(pins, current)
    ]
    changing = [switch for switch in switches if switch.differing]
    switch_all(server, switches)
    for switch in changing:
        before = switch.result.before["content_guard"] or _NO_GUARD
        switch.result.more["told"] = f"{before} -> {guard}"
    if server.check_mode or server.diff:
        try:
            _show_content(server, changing)
        except PulpError as error:
            # What was promoted is, whether or not it can be shown.
            server.report.warn(f"Pulp does not tell what becomes visible: {error}")
    results = [switch.result for switch in switches]
    server.report.finish_all(results)
    return results


def _newest(server: Server, pin: Pin) -> str:
    """What there is instead of a snapshot that does not exist, as the end of a sentence."""
    prefix = pin.snapshot_name[: -len(pin.stamp)]
    kind = CONTENT_TYPES[pin.content_type].distribution
    # Versions of disk images begin with a release; `latest` is none.
    stamps = STAMP_PATTERN if is_stamp(pin.stamp) else "[0-9].*"
    found = find_snapshots(server.client, kind, prefix, ("name",), stamps)
    return (
        f", the newest is {found[0]['name'][len(prefix) :]}" if found else ", nor any other of it"
    )


def _show_content(server: Server, switches: Sequence[Switch]) -> None:
    """Add to results where their snapshots are read, and how many packages they hold."""

    def count(switch: Switch) -> None:
        version = versions[(switch.current or {})["publication"]]
        content_type = CONTENT_TYPES[switch.result.type]
        switch.result.more["packages"] = package_count(server.client, content_type, version)

    versions: dict[str, str] = {}
    for name, content_type in CONTENT_TYPES.items():
        ours = [one for one in switches if one.result.type == name]
        published = [(one.current or {})["publication"] for one in ours]
        versions.update(served_versions(server, content_type, published))
    # Pulp has no way to ask for several versions at once. What cannot be read stays unsaid.
    for_each(switches, count, server.write_concurrency())
    for switch in switches:
        result = switch.result
        url = f"{content_url(server.client.connection, result.more['base_path'])}/"
        number = result.more.get("packages", "unknown number of")
        unit = CONTENT_TYPES[result.type].content_unit.rpartition(".")[2]
        packages = f"1 {unit}" if number == 1 else f"{number} {unit}s"
        result.more.update(url=url, told=f"{result.more['told']}, {packages}")
        result.after["visible"] = f"{packages} at {url}"


def promotion_line(result: Result) -> str:
    """`epel_9  20261118T020000  development -> release, 3 packages  https://...`"""
    parts = (result.more.get(key) for key in ("short_name", "stamp", "told", "url"))
    return "  ".join(part for part in parts if part)


def _result(pin: Pin) -> Result:
    more = {"short_name": pin.short_name, "stamp": pin.stamp, "base_path": pin.snapshot_path}
    return Result(pin.snapshot_name, pin.content_type, more=more)


def _named(side: Mapping[str, Any], guards: Guards) -> dict[str, Any]:
    href = side.get("content_guard")
    return {**side, "content_guard": guards.names.get(href or "", href)}
