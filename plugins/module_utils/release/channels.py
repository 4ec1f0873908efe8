# SPDX-License-Identifier: Apache-2.0
"""Channels of a client: production takes what development serves, and can be rolled back.

Labels of the production distributions record the last promotion, so that it can be rolled back as a
whole: distributions that it did not change are left alone, and a second rollback changes nothing. A
promotion completes an interrupted one: a rollback then restores what was served before both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from ..inventory.stamp import STAMP_FORMAT, current_stamp, parse_stamp
from ..objects.distribution import Guards, read_guards
from ..objects.server_lock import ServerLock
from ..objects.switch import Switch, switch_all
from ..pulp.errors import InvalidItem, PulpError
from ..pulp.interruption import Interruption
from ..pulp.patience import Patience
from ..pulp.pool import refuse_invalid_names
from ..pulp.reader import read_by_field, read_by_key, uuid_of
from ..pulp.references import report_missing
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, ContentType
from ..report.report import Result
from .promotion_history import (
    PROMOTION_LABEL,
    ChannelState,
    Promotion,
    PromotionHistory,
    channel_key,
)

_CHANNEL_TYPES = ("rpm", "deb")


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
    def key(self) -> str:
        """The key of the channel in labels."""
        return channel_key(self.content_type.name, self.item["name"])

    @property
    def state(self) -> ChannelState:
        """What is recorded about the channel."""
        served = uuid_of(self.publication) if self.publication else ""
        return ChannelState(self.key, served, Promotion.from_distribution(self.current))

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
    with ServerLock(server, "promotion") as interruption:
        results = _promote(server, params, interruption)
    server.report.finish_all(results)
    return results, {}


def _promote(server: Server, params: Mapping[str, Any], interruption: Interruption) -> list[Result]:
    channels = [
        one for name, type_ in CONTENT_TYPES.items() for one in _read(server, type_, params)
    ]
    present = [one for one in channels if one.item["state"] == "present"]
    wanted = [one.item["content_guard"] for one in present if one.item.get("content_guard")]
    in_use = [one.current["content_guard"] for one in present if one.current]
    guards = read_guards(server, wanted, filter(None, in_use))
    refuse_invalid_names([(one.result, one) for one in channels])
    problems = [f"'{one.result.name}': {one.result.error}" for one in channels if one.result.error]
    if params["to"] == "previous":
        switches = _rollback(server, present, problems)
    else:
        values = [_promotion(server, one, guards, problems) for one in present]
        _add_labels(server, present, values)
        switches = [one.switch(new, guards) for one, new in zip(present, values)]
    if problems:
        done = "rolled back" if params["to"] == "previous" else "promoted"
        raise InvalidItem(f"nothing was {done}: {'; '.join(problems)}")
    switch_all(server, switches, interruption)
    patience = Patience(server.watcher.intervals)
    for one in channels:
        if one.item["state"] == "absent":
            _delete(server, one, patience)
    return [one.result for one in channels]


def _read(
    server: Server, content_type: ContentType, params: Mapping[str, Any]
) -> Iterable[_Channel]:
    items = params.get(content_type.name) or []
    names = [name for item in items for name in (item["name"], item.get("distribution")) if name]
    found = read_by_key(server.client, content_type.distribution, names)
    for item in items:
        current, source = found.get(item["name"]), found.get(item.get("distribution") or "")
        yield _Channel(content_type, item, current, source, Result(item["name"], content_type.name))


def _promotion_stamp(history: PromotionHistory) -> str:
    """The stamp of a promotion: that of the interrupted one that it completes, else now.

    A new one is after every earlier one even if the clock is wrong. One that completes an interrupted
    rollback is new: with the stamp of the other, an interruption of it could not be recognized.
    """
    if history.interrupted and not history.is_rollback_interrupted:
        return history.last
    if history.last < current_stamp():
        return current_stamp()
    return (parse_stamp(history.last) + timedelta(seconds=1)).strftime(STAMP_FORMAT)


def _add_labels(
    server: Server, channels: Sequence[_Channel], values: Sequence[dict[str, Any]]
) -> None:
    """Add labels to the new values of channels that a promotion changes, or that belong to one that
    it completes.

    That one may have changed channels that are not selected: a rollback restores all of them.
    """
    states = [one.state for one in channels]
    history = PromotionHistory([*states, *_not_selected(server, states)])
    stamp = _promotion_stamp(history)
    changing = {
        one.key
        for one, new in zip(channels, values)
        if new["publication"] and new["publication"] != one.publication
    }
    selected = {one.key for one in states}
    left_out = history.left_out(selected) if changing else frozenset()
    members = (history.members | changing) - left_out
    if history.interrupted and changing:
        completes = "continues" if members - selected else "completes"
        server.report.warn(
            f"the promotion {history.interrupted}, or its rollback, was interrupted. This run "
            f"{completes} it, and a rollback restores what was served before it"
        )
    for one, new in zip(channels, values):
        if one.key not in members or not new["publication"]:
            continue
        after, recorded = uuid_of(new["publication"]), one.state.promotion
        is_recorded = (
            recorded
            and (recorded.stamp, recorded.after) == (stamp, after)
            and not recorded.members & left_out
        )
        if one.key in changing or not is_recorded:
            continued = history.interrupted if history.is_rollback_interrupted else ""
            if recorded and recorded.stamp == stamp:
                continued = recorded.continued
            before = history.original(one.state)
            promotion = Promotion(stamp, after, before, members, continued=continued)
            new["pulp_labels"] = one.labels(promotion)


def _not_selected(server: Server, selected: Sequence[ChannelState]) -> list[ChannelState]:
    """Return the other channels of the server that have a label, or that a promotion changes."""
    known = {one.key for one in selected}
    labelled = _read_states(server, {"pulp_label_select": PROMOTION_LABEL})
    others = {key: state for key, state in labelled.items() if key not in known}
    recorded = [one.promotion for one in (*selected, *others.values()) if one.promotion]
    missing = frozenset().union(*(one.members for one in recorded)) - known - others.keys()
    if missing:
        existing = _read_states(server, {})
        others.update((key, existing[key]) for key in missing if key in existing)
    return list(others.values())


def _read_states(server: Server, query: Mapping[str, str]) -> dict[str, ChannelState]:
    """Return key -> state of the distributions that a query selects."""
    return {state.key: state for _name, state in _read_named_states(server, query)}


def _read_named_states(
    server: Server, query: Mapping[str, str]
) -> Iterator[tuple[str, ChannelState]]:
    for content_type in _CHANNEL_TYPES:
        if not server.has_version(content_type, "0"):
            continue
        endpoint = CONTENT_TYPES[content_type].distribution.endpoint
        fields = {"fields": "name,publication,pulp_labels"}
        for entry in server.client.list(endpoint, {**query, **fields}):
            name, served = entry["name"], uuid_of(entry.get("publication") or "")
            key = channel_key(content_type, name)
            yield name, ChannelState(key, served, Promotion.from_distribution(entry))


def _promotion(
    server: Server, one: _Channel, guards: Guards, problems: list[str]
) -> dict[str, Any]:
    """The new values of one channel, without labels; adds to `problems` what is wrong with it."""
    item, name = one.item, one.item["name"]
    values: dict[str, Any] = {"publication": _source_publication(server, one, problems)}
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
    return values


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
    history = PromotionHistory(one.state for one in channels)
    last = history.last
    if not last:
        problems.append("no promotion of these channels is recorded")
        return []
    restoring: list[tuple[_Channel, Promotion]] = []
    created: list[str] = []
    is_done = False
    for one in channels:
        promotion, served = one.state.promotion, one.state.served
        if promotion is None or promotion.stamp != last:
            continue
        if not promotion.before:
            created.append(one.item["name"])
        elif served == promotion.after != promotion.before:
            restoring.append((one, promotion))
        elif served == promotion.before:
            is_done = is_done or promotion.before != promotion.after
        else:
            problems.append(
                f"'{one.item['name']}' serves neither the publication of the promotion {last} nor "
                "the one before it"
            )
    for name in created:
        server.report.warn(
            f"{name}: was created by the promotion that is rolled back, and is left unchanged"
        )
    if is_done and not restoring:
        server.report.warn(
            f"the promotion {last} is already rolled back: nothing was changed. Promotions before it "
            "cannot be rolled back"
        )
    elif not restoring and not problems:
        what = f"created {', '.join(created)}" if created else "changed no publication"
        problems.append(f"there is nothing to go back to: the promotion {last} {what}")
    _report_not_selected(server, history, {one.key for one in channels})
    restored = history.restored(last) | {one.key for one, _promotion in restoring}
    switches = []
    for one, promotion in restoring:
        href = f"{one.publication.rstrip('/').rsplit('/', 1)[0]}/{promotion.before}/"
        labels = one.labels(replace(promotion, restored=restored))
        switches.append(one.switch({"publication": href, "pulp_labels": labels}, Guards([])))
    problems += _deleted_publications(server, switches)
    return switches


def _report_not_selected(server: Server, history: PromotionHistory, selected: set[str]) -> None:
    """Warn of channels that keep what the promotion changed because they are not selected."""
    if not history.members_of(history.last) - selected:
        return
    names = [
        name
        for name, state in _read_named_states(server, {"pulp_label_select": PROMOTION_LABEL})
        if state.key not in selected
        and state.has_stamp(history.last)
        and state.promotion
        and state.promotion.after == state.served
    ]
    if names:
        server.report.warn(
            f"these channels of the promotion {history.last} are not selected, and are not rolled "
            f"back: {', '.join(names)}"
        )


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


def _delete(server: Server, one: _Channel, patience: Patience) -> None:
    """Delete a channel. A failure is that of the item: the others are promoted already."""
    if one.current is None:
        return
    href, name = one.current["pulp_href"], one.item["name"]
    if not server.check_mode:
        try:
            patience.call(lambda: server.delete(href, name))
        except PulpError as error:
            one.result.action, one.result.error = "failed", f"cannot be deleted: {error}"
            return
    one.result.add_change("deleted", {"name": name}, {})
