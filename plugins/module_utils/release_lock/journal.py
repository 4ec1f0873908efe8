# SPDX-License-Identifier: Apache-2.0
"""The journal of a promotion: what it changes, and what was there before.

It is kept on the server, in the description of a content guard that nothing uses, from before the first
change until all changes are made or rolled back. So the next run finds it, on whatever host it is
started. Like the lock of the server (objects/server_lock.py) it is a guard, because Pulp creates and
deletes these without a task.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..objects.switch import Switch, switch_all
from ..pulp.errors import Conflict, PulpError
from ..pulp.interruption import Interruption
from ..pulp.patience import Patience
from ..pulp.reader import read_by_field, read_by_key
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, kind_of
from ..report.report import Result
from .tag_changes import TagChange, differing_tags, read_image_tags, tags_by_repository, write_tags

JOURNAL_NAME = "release-train-journal"
_FORMAT = 1
_GUARD = kind_of("rbac_guard")


@dataclass(frozen=True)
class DistributionChange:
    """A change of one distribution: its values `before`, None for a new one, and `after`."""

    type: str
    name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        """Content type and name."""
        return self.type, self.name

    @classmethod
    def of_switch(cls, content_type: str, switch: Switch) -> DistributionChange:
        """Return the change that a switch makes."""
        current, after = switch.current, dict(switch.differing)
        before = None if current is None else {key: current.get(key) for key in after}
        return cls(content_type, switch.name, before, after)


@dataclass(frozen=True)
class Journal:
    """All changes of one run. `what` is the term for the run, `digest` that of the lock."""

    what: str
    release: str
    digest: str
    distributions: tuple[DistributionChange, ...] = ()
    tags: tuple[TagChange, ...] = ()
    href: str = field(default="", compare=False)

    @property
    def title(self) -> str:
        """The run, for messages."""
        return f"{self.what} of the release {self.release}"

    def is_of(self, other: Journal) -> bool:
        """Return whether both are of the same operation on the same release."""
        keys = ("what", "release", "digest")
        return all(getattr(self, key) == getattr(other, key) for key in keys)

    def continuing(self, earlier: Journal) -> Journal:
        """Return a journal that also restores what an earlier run of the same release changed."""
        distributions = {one.key: one for one in self.distributions}
        for old in earlier.distributions:
            new = distributions.get(old.key)
            after = {**old.after, **(new.after if new else {})}
            before = old.before
            if before is not None and new and new.before:
                before = {**new.before, **before}
            distributions[old.key] = DistributionChange(old.type, old.name, before, after)
        tags = {one.key: one for one in self.tags}
        for one in earlier.tags:
            tags[one.key] = one
        return Journal(
            self.what,
            self.release,
            self.digest,
            tuple(distributions.values()),
            tuple(tags.values()),
            earlier.href,
        )

    def as_text(self) -> str:
        """Return the journal as JSON."""
        content = {
            "format": _FORMAT,
            "what": self.what,
            "release": self.release,
            "digest": self.digest,
            "distributions": [vars(one) for one in self.distributions],
            "tags": [vars(one) for one in self.tags],
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str, href: str) -> Journal:
        """Read a journal. Raises Conflict if it is none, or of another version of the collection."""
        try:
            content = json.loads(text)
            if content["format"] != _FORMAT:
                raise ValueError(f"format {content['format']}")
            return cls(
                content["what"],
                content["release"],
                content["digest"],
                tuple(DistributionChange(**one) for one in content["distributions"]),
                tuple(TagChange(**one) for one in content["tags"]),
                href,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Conflict(
                f"nothing was changed: the content guard {JOURNAL_NAME} is not a journal that this "
                f"version of stackhpc.release_train reads ({error}). Use the version that wrote it, or "
                "delete the content guard after you have compared the server with the last release"
            ) from error


def read_journal(server: Server) -> Journal | None:
    """Return the journal of a run that did not end, None if there is none."""
    fields = ("pulp_href", "description")
    read = partial(read_by_field, server.client, _GUARD.endpoint, "name", [JOURNAL_NAME], fields)
    found = Patience(server.watcher.intervals).call(read).get(JOURNAL_NAME)
    if not found:
        return None
    return Journal.from_text(str(found.get("description") or ""), found["pulp_href"])


def write_journal(server: Server, journal: Journal) -> Journal:
    """Write a journal, which replaces the one that it continues; returns it with its href."""
    values = {"description": journal.as_text()}
    current = {"pulp_href": journal.href, "description": ""} if journal.href else None
    outcome = server.reconcile(_GUARD, JOURNAL_NAME, values, current)
    href = journal.href or str((outcome.current or {})["pulp_href"])
    written = read_journal(server)
    if written != journal:
        raise PulpError("the journal that Pulp has differs from the one that was written")
    return Journal(
        journal.what, journal.release, journal.digest, journal.distributions, journal.tags, href
    )


def delete_journal(server: Server, journal: Journal) -> None:
    """Delete the journal of a run that has ended."""
    if not journal.href:
        return
    delete = partial(server.delete, journal.href, JOURNAL_NAME)
    Patience(server.watcher.intervals).call(delete)


def recover(server: Server, wanted: Journal) -> Journal | None:
    """Return the journal of an interrupted run that `wanted` continues.

    A run of another release, or of another operation, is rolled back first, unless it has made all
    its changes. Raises Conflict if that is not possible. In check mode nothing is changed.
    """
    journal = read_journal(server)
    if journal is None:
        return None
    if journal.is_of(wanted):
        server.report.warn(f"the {journal.title} was interrupted: this run completes it")
        return journal
    is_complete = _is_complete(server, journal)
    if server.check_mode:
        if not is_complete:
            server.report.warn(
                f"the {journal.title} was interrupted: a run would roll it back first"
            )
        return None
    problems = [] if is_complete else roll_back(server, journal)
    if problems:
        raise Conflict(
            f"nothing was changed: the {journal.title} was interrupted, and cannot be rolled back "
            f"completely: {'; '.join(problems)}. Run it again with the lock of that release"
        )
    delete_journal(server, journal)
    what = "after it had made all its changes" if is_complete else "and was rolled back now"
    server.report.warn(f"the {journal.title} was interrupted {what}")
    return None


def _is_complete(server: Server, journal: Journal) -> bool:
    """Return whether a run has made all its changes, and only its journal was not deleted."""
    for one in journal.distributions:
        kind = CONTENT_TYPES[one.type].distribution
        current = read_by_key(server.client, kind, [one.name]).get(one.name)
        if not current or any(current.get(key) != value for key, value in one.after.items()):
            return False
    return not differing_tags(server, journal.tags)


def give_up(server: Server, earlier: Journal | None, error: PulpError) -> PulpError:
    """Roll back an earlier run that cannot be continued because of an error; returns the error."""
    if earlier is None or server.check_mode:
        return error
    problems = roll_back(server, earlier)
    if problems:
        return PulpError(f"{error}. What an earlier run changed remains: {'; '.join(problems)}")
    delete_journal(server, earlier)
    server.report.warn(f"the {earlier.title} cannot be continued, and was rolled back")
    return error


def roll_back(server: Server, journal: Journal) -> list[str]:
    """Restore what still has the values of a run, in reverse order; returns what is not restored.

    What has other values was changed by somebody else, and is kept with a warning.
    """
    problems: list[str] = []
    # Shared, so that a server that remains down is waited for once.
    patience = Patience(server.watcher.intervals)
    for one in reversed(journal.distributions):
        try:
            _restore_distribution(server, one, patience)
        except PulpError as error:
            problems.append(f"{one.name}: {error}")
    try:
        problems += _restore_tags(server, journal.tags, patience)
    except PulpError as error:
        problems.append(f"the tags of {len(journal.tags)} images cannot be restored: {error}")
    return problems


def _restore_distribution(server: Server, change: DistributionChange, patience: Patience) -> None:
    kind, client = CONTENT_TYPES[change.type].distribution, server.client
    current = patience.call(partial(read_by_key, client, kind, [change.name])).get(change.name)
    if current is None:
        if change.before is not None:
            server.report.warn(f"{change.name} was deleted, and is not restored")
        return
    ours = [key for key, value in change.after.items() if current.get(key) == value]
    if change.before is None:
        if len(ours) == len(change.after):
            patience.call(partial(server.delete, current["pulp_href"], change.name))
        return
    before = {key: change.before.get(key) for key in ours}
    foreign = [
        key
        for key, value in change.after.items()
        if current.get(key) not in (value, change.before.get(key))
    ]
    if foreign:
        server.report.warn(
            f"{change.name} was changed by another run, and is left unchanged: {', '.join(foreign)}"
        )
    switch_all(
        server, [Switch(kind, change.name, current, before, Result(change.name, change.type))]
    )


def _restore_tags(server: Server, tags: tuple[TagChange, ...], patience: Patience) -> list[str]:
    reverse = [one.reverse() for one in reversed(tags)]
    read = partial(read_image_tags, server, tags_by_repository(reverse), {})
    found = patience.call(read)
    ours = [one for one in reverse if found[one.repository].own.get(one.tag, "") == one.before]
    ours = [one for one in ours if one.before != one.after]
    lost = [one for one in ours if one.after and not one.source]
    problems = [f"{one.repository}:{one.tag}: its earlier image is not known" for one in lost]
    changes = [one for one in ours if one not in lost]
    outcome = write_tags(server, changes, True, Interruption())
    errors = outcome.errors or patience.call(partial(differing_tags, server, changes))
    return problems + [f"{name}:{tag}: {error}" for (name, tag), error in errors.items()]
