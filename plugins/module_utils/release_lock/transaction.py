# SPDX-License-Identifier: Apache-2.0
"""Change tags and distributions of a release together: all of them, or none when one fails.

The journal is written first and deleted last. Tags are changed before distributions, because nobody
asks for a tag before it is configured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..objects.distribution import Guards
from ..objects.switch import UNKNOWN, Switch, switch_all
from ..pulp.errors import PulpError
from ..pulp.interruption import Interruption
from ..pulp.reader import read_by_field
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES
from ..report.report import Result
from .journal import (
    DistributionChange,
    Journal,
    delete_journal,
    roll_back,
    write_journal,
)
from .resolve import DISK_IMAGE
from .tag_changes import TagChange, write_tags
from .verify import LockItem

_EVERYBODY, _FILE = "everybody", "file"
_DIGEST_LENGTH = len("sha256:") + 12


@dataclass(frozen=True)
class ReleaseChange:
    """All that a run changes: distributions, and tags with their results; `force` moves tags."""

    switches: Sequence[Switch]
    tags: Sequence[tuple[TagChange, Result]]
    force: bool = False

    @property
    def differing(self) -> list[Switch]:
        """The distributions that change."""
        return [one for one in self.switches if one.differing]

    def journal(self, identity: Journal) -> Journal:
        """Return the journal of all changes."""
        distributions = [
            DistributionChange.of_switch(_content_type(one), one) for one in self.differing
        ]
        return replace(
            identity,
            distributions=tuple(distributions),
            tags=tuple(change for change, _result in self.tags),
        )


def apply(
    server: Server, change: ReleaseChange, journal: Journal, interruption: Interruption
) -> None:
    """Make all changes and delete the journal. Raises PulpError after a rollback.

    `journal` is already on the server, or has no href if nothing changes.
    """
    for tag, result in change.tags:
        action = "removed" if not tag.after else "updated" if tag.before else "copied"
        result.add_change(action, _shown(tag.before), _shown(tag.after))
        result.more["change"] = f"{_short(tag.before)} -> {_short(tag.after)}"
    if server.check_mode:
        switch_all(server, change.switches)
        return
    error, uncertain = "", False
    try:
        outcome = write_tags(
            server, [tag for tag, _result in change.tags], change.force, interruption
        )
        uncertain = bool(outcome.uncertain)
        failed = {f"{name}:{tag}": text for (name, tag), text in outcome.errors.items()}
        error = "; ".join(f"{name}: {text}" for name, text in failed.items())
        if not error:
            switch_all(server, change.switches, interruption)
    except PulpError as problem:
        error = str(problem)
        uncertain = any(one.state == UNKNOWN for one in change.differing)
    if error:
        raise _rolled_back(server, change, journal, (error, uncertain))
    _end(server, journal)


def _rolled_back(
    server: Server, change: ReleaseChange, journal: Journal, cause: tuple[str, bool]
) -> PulpError:
    """Roll a run back, and return its error."""
    error, uncertain = cause
    problems = roll_back(server, journal)
    for _tag, result in change.tags:
        result.error = result.error or "rolled back, or not changed, because the run failed"
        result.action, result.changed = "failed", False
    server.report.finish_all([result for _tag, result in change.tags])
    if not problems and not uncertain:
        _end(server, journal)
        return PulpError(f"nothing was changed: {error}")
    reason = "; ".join(problems) or "Pulp may still make some of the changes"
    return PulpError(
        f"the {journal.title} failed, and was not completely rolled back: {reason}. Run it again: "
        f"it continues from its journal. The cause: {error}"
    )


def _end(server: Server, journal: Journal) -> None:
    try:
        delete_journal(server, journal)
    except PulpError as error:
        server.report.warn(f"the journal cannot be deleted, the next run will do it: {error}")


def start(
    server: Server, change: ReleaseChange, identity: Journal, earlier: Journal | None
) -> Journal:
    """Write the journal of a change, which continues that of an `earlier` run; returns it."""
    journal = change.journal(identity)
    if earlier:
        journal = journal.continuing(earlier)
    if server.check_mode or not (journal.distributions or journal.tags):
        return journal
    return write_journal(server, journal)


def read_distributions(
    server: Server, items: Sequence[LockItem]
) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the distributions of repositories of a lock, by content type and base path."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name, content_type in CONTENT_TYPES.items():
        paths = [one.value["base_path"] for one in items if content_type_of(one) == name]
        kind = content_type.distribution
        of_type = read_by_field(server.client, kind.endpoint, "base_path", paths, kind.readable)
        found.update({(name, path): entry for path, entry in of_type.items()})
    return found


def content_type_of(item: LockItem) -> str:
    """Return the content type of the distribution that serves a snapshot or a disk image."""
    return _FILE if item.kind == DISK_IMAGE else item.kind


def distribution_key(item: LockItem) -> tuple[str, str]:
    """Return the content type and the base path of a snapshot or a disk image."""
    return content_type_of(item), item.value["base_path"]


def item_result(item: LockItem) -> Result:
    """Return the result of an item that is changed, not verified."""
    result = item.result()
    result.more.pop("state")
    return result


def guard_switch(
    item: LockItem, distribution: dict[str, Any], guards: Guards, guard: str
) -> Switch:
    """Return the change of the content guard of a snapshot or disk image."""
    result = item_result(item)
    result.more["base_path"] = item.value["base_path"]
    kind = CONTENT_TYPES[content_type_of(item)].distribution
    values = {"content_guard": guards.hrefs.get(guard)}
    return Switch(kind, distribution["name"], distribution, values, result, guards.readable)


def describe(change: ReleaseChange) -> None:
    """Add what changes to the results of distributions, in a few words."""
    for one in change.differing:
        before, after = one.result.before, one.result.after
        if "content_guard" in after:
            guard = before.get("content_guard") or ("new" if one.current is None else _EVERYBODY)
            one.result.more["change"] = f"{guard} -> {after['content_guard']}"
        else:
            added, removed = after.get("files") or [], before.get("files") or []
            text = f"serves {', '.join(added)}" if added else f"without {', '.join(removed)}"
            one.result.more["change"] = text


def change_line(result: Result) -> str:
    """`epel_9  20261118T020000  development -> release`"""
    more = result.more
    parts = [more.get("short_name") or result.name, more.get("stamp"), more.get("change")]
    return "  ".join(str(part) for part in parts if part)


def _content_type(switch: Switch) -> str:
    return next(name for name, one in CONTENT_TYPES.items() if one.distribution is switch.kind)


def _shown(digest: str) -> dict[str, Any]:
    return {"digest": digest} if digest else {}


def _short(digest: str) -> str:
    return digest[:_DIGEST_LENGTH] or "no tag"
