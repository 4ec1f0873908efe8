# SPDX-License-Identifier: Apache-2.0
"""Channels of a client: production takes what development serves, and can be put back.

A label of each production distribution that a promotion changed holds `<stamp of the promotion>.
<publication it gave>.<publication before it, or none>`. So the last promotion can be undone as a
whole, whatever it left alone stays, and undoing it twice is undoing it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ..inventory.stamp import STAMP_FORMAT, current_stamp, is_stamp, parse_stamp
from ..objects.distribution import Guards, read_guards
from ..objects.switch import Switch, switch_all
from ..pulp.errors import InvalidItem
from ..pulp.pool import refuse_duplicates
from ..pulp.reader import read_by_field, read_by_key, uuid_of
from ..pulp.references import report_missing
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, ContentType
from ..report.report import Result

PROMOTION_LABEL = "release_train_promotion"
_NOTHING = "none"


@dataclass(frozen=True)
class Promotion:
    """What the last promotion of a channel did: `given` and `before` are UUIDs of publications,
    `before` is empty where it made the channel."""

    stamp: str
    given: str
    before: str

    @property
    def label(self) -> str:
        """The text of the label."""
        return ".".join((self.stamp, self.given, self.before or _NOTHING))

    @classmethod
    def from_distribution(cls, distribution: Mapping[str, Any] | None) -> Promotion | None:
        """The record that a distribution has; None without one that can be read."""
        labels = (distribution or {}).get("pulp_labels") or {}
        parts = str(labels.get(PROMOTION_LABEL) or "").split(".")
        if len(parts) != 3 or not is_stamp(parts[0]):
            return None
        return cls(parts[0], parts[1], "" if parts[2] == _NOTHING else parts[2])


@dataclass
class _Channel:
    """One item, and what the server has of it: itself, and the one to take over from."""

    content_type: ContentType
    item: Mapping[str, Any]
    current: dict[str, Any] | None
    source: dict[str, Any] | None
    result: Result

    @property
    def serves(self) -> str:
        """The href of the publication that production serves; empty when it serves none."""
        return (self.current or {}).get("publication") or ""


def promote_channels(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """Let production distributions serve what their development ones do; all of them or none.

    `params` has `to` (development or previous) and lists by content type of `name`, `base_path`,
    `content_guard`, `state` and `distribution` (the development one). Raises InvalidItem, before
    anything is written, naming everything that cannot be done.
    """
    channels = [
        one for name, type_ in CONTENT_TYPES.items() for one in _read(server, type_, params)
    ]
    going = [one for one in channels if one.item["state"] == "absent"]
    staying = [one for one in channels if one.item["state"] == "present"]
    wanted = [one.item["content_guard"] for one in staying if one.item.get("content_guard")]
    in_use = [one.current["content_guard"] for one in staying if one.current]
    guards = read_guards(server, wanted, filter(None, in_use))
    refuse_duplicates([(one.result, one) for one in channels])
    problems = [f"'{one.result.name}': {one.result.error}" for one in channels if one.result.error]
    if params["to"] == "previous":
        switches = _back(server, staying, problems)
    else:
        stamp = _stamp(staying)
        switches = [_onward(server, one, stamp, guards, problems) for one in staying]
    if problems:
        raise InvalidItem("nothing was promoted: " + "; ".join(problems))
    switch_all(server, switches)
    for one in going:
        _remove(server, one)
    results = [one.result for one in channels]
    server.report.finish_all(results)
    return results, {}


def _read(
    server: Server, content_type: ContentType, params: Mapping[str, Any]
) -> Iterable[_Channel]:
    items = params.get(content_type.name) or []
    names = [name for item in items for name in (item["name"], item.get("distribution")) if name]
    there = read_by_key(server.client, content_type.distribution, names)
    for item in items:
        current, source = there.get(item["name"]), there.get(item.get("distribution") or "")
        yield _Channel(content_type, item, current, source, Result(item["name"], content_type.name))


def _stamp(channels: Sequence[_Channel]) -> str:
    """The stamp of a new promotion: now, but after every earlier one, whatever the clock says."""
    earlier = [
        record.stamp
        for one in channels
        for record in [Promotion.from_distribution(one.current)]
        if record
    ]
    last = max(earlier, default="")
    if last < current_stamp():
        return current_stamp()
    return (parse_stamp(last) + timedelta(seconds=1)).strftime(STAMP_FORMAT)


def _onward(
    server: Server, one: _Channel, stamp: str, guards: Guards, problems: list[str]
) -> Switch:
    item, current = one.item, one.current
    values: dict[str, Any] = {"publication": (one.source or {}).get("publication")}
    if not item.get("distribution"):
        problems.append(f"'{item['name']}' names no distribution to take over from")
    elif not values["publication"]:
        words = f"cannot take over: distribution '{item['distribution']}' serves nothing"
        if server.check_mode:
            # An earlier task, a sync, may be about to make it serve something.
            report_missing(server, one.result, words)
            values["publication"] = f"what '{item['distribution']}' will serve"
        else:
            problems.append(f"'{item['name']}' {words}")
    if item.get("base_path"):
        values["base_path"] = item["base_path"].strip("/")
    elif current is None:
        problems.append(f"'{item['name']}' does not exist yet and has no base_path")
    if item.get("content_guard") is not None:
        if item["content_guard"] in ("", *guards.hrefs):
            values["content_guard"] = guards.href(item["content_guard"])
        else:
            problems.append(f"'{item['name']}': no content guard '{item['content_guard']}'")
    # What else it may serve would go on beside the publication, which Pulp refuses.
    for other in ("repository", "repository_version"):
        if (current or {}).get(other):
            values[other] = None
    if one.serves != values["publication"] and values["publication"]:
        before = uuid_of(one.serves) if one.serves else ""
        record = Promotion(stamp, uuid_of(values["publication"]), before)
        labels = (current or {}).get("pulp_labels") or {}
        values["pulp_labels"] = {**labels, PROMOTION_LABEL: record.label}
    return _switch(one, values, guards)


def _back(server: Server, channels: Sequence[_Channel], problems: list[str]) -> list[Switch]:
    """Undo the last promotion: what it changed, and nothing else."""
    records = {id(one): Promotion.from_distribution(one.current) for one in channels}
    last = max((record.stamp for record in records.values() if record), default="")
    if not last:
        problems.append("no promotion of these channels is recorded")
    switches = []
    for one in channels:
        record = records[id(one)]
        if record is None or record.stamp != last or not one.serves:
            continue
        if not record.before:
            words = "was made by the promotion that is undone, and goes on serving what it does"
            server.report.warn(f"{one.item['name']}: {words}")
        elif uuid_of(one.serves) == record.given:
            href = f"{one.serves.rstrip('/').rsplit('/', 1)[0]}/{record.before}/"
            switches.append(_switch(one, {"publication": href}, Guards([])))
        elif uuid_of(one.serves) != record.before:
            words = f"serves neither what the promotion {last} gave it nor what it served before"
            problems.append(f"'{one.item['name']}' {words}")
    problems += _gone(server, switches)
    return switches


def _gone(server: Server, switches: Sequence[Switch]) -> list[str]:
    """What to say of publications that are not there any more."""
    names = {switch.wanted["publication"]: switch.name for switch in switches}
    found: set[str] = set()
    for kind in (kind for one in CONTENT_TYPES.values() for kind in one.publication_kinds):
        hrefs = [href for href in names if kind.endpoint in href]
        found |= set(
            read_by_field(server.client, kind.endpoint, "pulp_href", hrefs, ("pulp_href",))
        )
    lost = [name for href, name in names.items() if href not in found]
    return [f"'{name}': the publication it served before is gone" for name in lost]


def _switch(one: _Channel, values: dict[str, Any], guards: Guards) -> Switch:
    def shown(side: Mapping[str, Any]) -> dict[str, Any]:
        named = {key: value for key, value in side.items() if key != "pulp_labels"}
        if named.get("content_guard"):
            named["content_guard"] = guards.names.get(named["content_guard"])
        return named

    kind = one.content_type.distribution
    return Switch(kind, one.item["name"], one.current, values, one.result, shown)


def _remove(server: Server, one: _Channel) -> None:
    if one.current is None:
        return
    one.result.add_change("deleted", {"name": one.item["name"]}, {})
    if not server.check_mode:
        server.delete(one.current["pulp_href"], one.item["name"])
