# SPDX-License-Identifier: Apache-2.0
"""Channels of a client: production takes what development serves, and can be rolled back.

A label of each production distribution that a promotion changed holds `<stamp of the promotion>.
<new publication>.<publication before, or none>`. So the last promotion can be rolled back as a
whole, distributions that it did not change are left alone, and a second rollback changes nothing.
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
    """What the last promotion of a channel did: UUIDs of the publication after and before it.

    `before` is empty where the promotion created the channel.
    """

    stamp: str
    after: str
    before: str

    @property
    def label(self) -> str:
        """The text of the label."""
        return ".".join((self.stamp, self.after, self.before or _NOTHING))

    @classmethod
    def from_distribution(cls, distribution: Mapping[str, Any] | None) -> Promotion | None:
        """The promotion that a distribution records; None without a valid label."""
        labels = distribution.get("pulp_labels") if distribution else None
        parts = str((labels or {}).get(PROMOTION_LABEL) or "").split(".")
        if len(parts) != 3 or not is_stamp(parts[0]):
            return None
        return cls(parts[0], parts[1], "" if parts[2] == _NOTHING else parts[2])


@dataclass
class _Channel:
    """One item, its distribution on the server, and the `source` that it takes content from."""

    content_type: ContentType
    item: Mapping[str, Any]
    current: dict[str, Any] | None
    source: dict[str, Any] | None
    result: Result

    @property
    def publication(self) -> str:
        """The publication (href) that production serves; empty when it serves none."""
        return self._current_value("publication") or ""

    @property
    def promotion(self) -> Promotion | None:
        """The last promotion of the channel, where it is recorded."""
        return Promotion.from_distribution(self.current)

    def conflicting_values(self) -> dict[str, None]:
        """Sources to remove, since Pulp refuses a publication beside them."""
        others = ("repository", "repository_version")
        return {name: None for name in others if self._current_value(name)}

    def labels(self, promotion: Promotion) -> dict[str, str]:
        """Labels of the distribution after a promotion, users' own kept."""
        return {**(self._current_value("pulp_labels") or {}), PROMOTION_LABEL: promotion.label}

    def switch(self, values: dict[str, Any], guards: Guards) -> Switch:
        """The change that gives the distribution these values."""

        def readable(side: Mapping[str, Any]) -> dict[str, Any]:
            return guards.readable({key: side[key] for key in side if key != "pulp_labels"})

        kind, name = self.content_type.distribution, self.item["name"]
        return Switch(kind, name, self.current, values, self.result, readable)

    def _current_value(self, name: str) -> Any:
        return self.current.get(name) if self.current else None


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
    present = [one for one in channels if one.item["state"] == "present"]
    wanted = [one.item["content_guard"] for one in present if one.item.get("content_guard")]
    in_use = [one.current["content_guard"] for one in present if one.current]
    guards = read_guards(server, wanted, filter(None, in_use))
    refuse_duplicates([(one.result, one) for one in channels])
    problems = [f"'{one.result.name}': {one.result.error}" for one in channels if one.result.error]
    if params["to"] == "previous":
        switches = _rollback(server, present, problems)
    else:
        stamp = _promotion_stamp(present)
        switches = [_promotion(server, one, stamp, guards, problems) for one in present]
    if problems:
        raise InvalidItem("nothing was promoted: " + "; ".join(problems))
    switch_all(server, switches)
    for one in channels:
        if one.item["state"] == "absent":
            _delete(server, one)
    results = [one.result for one in channels]
    server.report.finish_all(results)
    return results, {}


def _read(
    server: Server, content_type: ContentType, params: Mapping[str, Any]
) -> Iterable[_Channel]:
    items = params.get(content_type.name) or []
    names = [name for item in items for name in (item["name"], item.get("distribution")) if name]
    found = read_by_key(server.client, content_type.distribution, names)
    for item in items:
        current, source = found.get(item["name"]), found.get(item.get("distribution") or "")
        yield _Channel(content_type, item, current, source, Result(item["name"], content_type.name))


def _promotion_stamp(channels: Sequence[_Channel]) -> str:
    """The stamp of a new promotion: now, but after every earlier one even if the clock is wrong."""
    last = max((one.promotion.stamp for one in channels if one.promotion), default="")
    if last < current_stamp():
        return current_stamp()
    return (parse_stamp(last) + timedelta(seconds=1)).strftime(STAMP_FORMAT)


def _promotion(
    server: Server, one: _Channel, stamp: str, guards: Guards, problems: list[str]
) -> Switch:
    """The change that promotes one channel; adds to `problems` what is wrong with it."""
    item, name = one.item, one.item["name"]
    publication = _source_publication(server, one, problems)
    values: dict[str, Any] = {"publication": publication}
    if item.get("base_path"):
        values["base_path"] = item["base_path"].strip("/")
    elif one.current is None:
        problems.append(f"'{name}' does not exist yet and has no base_path")
    if item.get("content_guard") is not None:
        if item["content_guard"] in ("", *guards.hrefs):
            values["content_guard"] = guards.href(item["content_guard"])
        else:
            problems.append(f"'{name}': there is no content guard '{item['content_guard']}'")
    values.update(one.conflicting_values())
    if publication and one.publication != publication:
        before = uuid_of(one.publication) if one.publication else ""
        values["pulp_labels"] = one.labels(Promotion(stamp, uuid_of(publication), before))
    return one.switch(values, guards)


def _source_publication(server: Server, one: _Channel, problems: list[str]) -> str | None:
    """The publication (href) that the development distribution serves; in check mode maybe a
    description of it."""
    source, name = one.item.get("distribution"), one.item["name"]
    if not source:
        problems.append(f"'{name}' names no distribution to take over from")
        return None
    if one.source and one.source.get("publication"):
        return str(one.source["publication"])
    message = f"cannot take over: distribution '{source}' serves nothing"
    if server.check_mode:
        # An earlier task, such as a sync, may be about to publish something.
        report_missing(server, one.result, message)
        return f"what '{source}' will serve"
    problems.append(f"'{name}' {message}")
    return None


def _rollback(server: Server, channels: Sequence[_Channel], problems: list[str]) -> list[Switch]:
    """The changes that roll back the last promotion, and nothing else."""
    last = max((one.promotion.stamp for one in channels if one.promotion), default="")
    if not last:
        problems.append("no promotion of these channels is recorded")
    switches = []
    for one in channels:
        promotion = one.promotion
        if promotion is None or promotion.stamp != last or not one.publication:
            continue
        name, served = one.item["name"], uuid_of(one.publication)
        if not promotion.before:
            server.report.warn(
                f"{name}: was created by the promotion that is rolled back, and is left unchanged"
            )
        elif served == promotion.after:
            href = f"{one.publication.rstrip('/').rsplit('/', 1)[0]}/{promotion.before}/"
            switches.append(one.switch({"publication": href}, Guards([])))
        elif served != promotion.before:
            problems.append(
                f"'{name}' serves neither the publication of the promotion {last} nor the one "
                "before it"
            )
    problems += _deleted_publications(server, switches)
    return switches


def _deleted_publications(server: Server, switches: Sequence[Switch]) -> list[str]:
    """An error message for each change to a publication that was deleted."""
    names = {switch.values["publication"]: switch.name for switch in switches}
    found: set[str] = set()
    for kind in (kind for one in CONTENT_TYPES.values() for kind in one.publication_kinds):
        hrefs = [href for href in names if kind.endpoint in href]
        fields = ("pulp_href",)
        found |= set(read_by_field(server.client, kind.endpoint, "pulp_href", hrefs, fields))
    lost = [name for href, name in names.items() if href not in found]
    return [f"'{name}': the publication that it served before was deleted" for name in lost]


def _delete(server: Server, one: _Channel) -> None:
    if one.current is None:
        return
    one.result.add_change("deleted", {"name": one.item["name"]}, {})
    if not server.check_mode:
        server.delete(one.current["pulp_href"], one.item["name"])
