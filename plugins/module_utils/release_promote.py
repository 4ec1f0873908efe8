# SPDX-License-Identifier: Apache-2.0
"""Promotion: snapshots to clients on Ark, channels to production on a client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_distribution import (
    Guards,
    read_guards,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import InvalidItem
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_reader import (
    identifier,
    read_by,
    read_kind,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_report import Result
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_server import Server
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_switch import (
    Switch,
    switch_all,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_types import (
    CONTENT_TYPES,
    ContentType,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_inventory import (
    ItemError,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_packages import pinned
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_pins import Pin

__all__ = ["PREVIOUS_LABEL", "promote_channels", "promote_packages", "promote_pins"]

PREVIOUS_LABEL = "release_train_previous"


def promote_packages(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module package_promote: parameters -> results, and what else it returns."""
    resolved, selected = pinned(params, "pins")
    for warning in resolved.warnings:
        server.report.warn(warning)
    results = promote_pins(server, resolved.pins, params["content_guard"], resolved.errors)
    return results, {"selected": selected, "unknown_pins": resolved.unknown}


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
        there = read_kind(server.client, content_type.distribution, names)
        found.update({(name, key): entry for key, entry in there.items()})
    current = [found.get((pin.content_type, pin.snapshot_name)) for pin in pins]
    problems = [f"'{error.short_name}' is pinned, but {error}" for error in errors]
    for pin, entry in zip(pins, current):
        if entry is None:
            problems.append(f"snapshot '{pin.snapshot_name}' of {pin.short_name} does not exist")
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
    return _switch(server, switches)


def promote_channels(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """Let production distributions serve what their development ones do; all of them or none.

    `params` has `to` (development or previous) and lists by content type of `name`, `base_path`
    and `distribution` (the development one). What production served before is kept in a label of
    the production distribution, and `to: previous` swaps the two.
    """
    switches: list[Switch] = []
    problems: list[str] = []
    for name, content_type in CONTENT_TYPES.items():
        items = params.get(name) or []
        if items:
            ours, wrong = _channel_switches(server, content_type, items, params["to"])
            switches += ours
            problems += wrong
    if problems:
        raise InvalidItem("nothing was promoted: " + "; ".join(problems))
    return _switch(server, switches), {}


def _channel_switches(
    server: Server, content_type: ContentType, items: Sequence[Mapping[str, Any]], to: str
) -> tuple[list[Switch], list[str]]:
    kind = content_type.distribution
    names = [name for item in items for name in (item["name"], item["distribution"])]
    there = read_kind(server.client, kind, names)
    switches, problems = [], []
    for item in items:
        name, current = item["name"], there.get(item["name"])
        serves = (current or {}).get("publication")
        labels = dict((current or {}).get("pulp_labels") or {})
        if to == "previous":
            wanted = _publication_href(content_type, serves, labels.get(PREVIOUS_LABEL))
            missing = "has no record of what it served before"
        else:
            wanted = (there.get(item["distribution"]) or {}).get("publication")
            missing = f"cannot take over: distribution '{item['distribution']}' serves nothing"
        if not wanted:
            problems.append(f"'{name}' {missing}")
            continue
        values: dict[str, Any] = {"publication": wanted}
        if current is None:
            values["base_path"] = item["base_path"].strip("/")
        if serves and serves != wanted:
            values["pulp_labels"] = {**labels, PREVIOUS_LABEL: identifier(serves)}
        result = Result(name, content_type.name)
        switches.append(Switch(kind, name, current, values, result))
    if to == "previous":
        problems += _gone(server, content_type, switches)
    return switches, problems


def _publication_href(
    content_type: ContentType, like: str | None, publication_id: str | None
) -> str | None:
    """The href of a publication known by its id: like the one that is served now."""
    if not publication_id or not like:
        return None
    return f"{like.rstrip('/').rsplit('/', 1)[0]}/{publication_id}/"


def _gone(server: Server, content_type: ContentType, switches: Sequence[Switch]) -> list[str]:
    wanted = {switch.wanted["publication"]: switch.name for switch in switches}
    found: set[str] = set()
    for kind in content_type.publication_kinds:
        hrefs = [href for href in wanted if kind.endpoint in href]
        found |= set(read_by(server.client, kind.endpoint, "pulp_href", hrefs, ("pulp_href",)))
    return [
        f"'{name}': the publication it served before is gone"
        for href, name in wanted.items()
        if href not in found
    ]


def _switch(server: Server, switches: Sequence[Switch]) -> list[Result]:
    switch_all(server, switches)
    results = [switch.result for switch in switches]
    server.report.expect(len(results))
    for result in results:
        server.report.finish(result)
    return results


def _result(pin: Pin) -> Result:
    more = {"short_name": pin.short_name, "stamp": pin.stamp, "base_path": pin.snapshot_path}
    return Result(pin.snapshot_name, pin.content_type, more=more)


def _named(side: Mapping[str, Any], guards: Guards) -> dict[str, Any]:
    href = side.get("content_guard")
    return {**side, "content_guard": guards.names.get(href or "", href)}
