# SPDX-License-Identifier: Apache-2.0
"""Withdrawal of a promoted release: all that no other promoted release names, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..lock.document import lock_digest
from ..lock.signature import load_verified_lock
from ..objects.distribution import Guards, read_guards
from ..objects.server_lock import ServerLock
from ..objects.switch import Switch
from ..pulp.errors import InvalidItem, PulpError
from ..pulp.server import Server
from ..report.report import Result
from .journal import Journal, give_up, recover
from .releases import Releases, withdrawn_files
from .resolve import contents_of
from .tag_changes import ImageTags, TagChange, find_version, read_image_tags
from .transaction import (
    ReleaseChange,
    apply,
    change_line,
    describe,
    distribution_key,
    guard_switch,
    item_result,
    read_distributions,
    start,
)
from .verify import LockItem, lock_items


def roll_back_release(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """Carry out module release_rollback: parameters -> results, and what else the module returns.

    Raises InvalidItem, before anything is changed, with all that prevents it, and PulpError after the
    changes were undone.
    """
    _content, lock, signer = load_verified_lock(params["lock"], params["keyring"] or "")
    name, identity = lock["name"], Journal("rollback", lock["name"], lock_digest(lock))
    withdrawal = _Withdrawal(server, params, lock)
    with ServerLock(server, identity.what) as interruption:
        earlier = recover(server, identity)
        try:
            change = withdrawal.plan()
        except PulpError as error:
            raise give_up(server, earlier, error) from error
        journal = start(server, change, identity, earlier)
        apply(server, change, journal, interruption)
    describe(change)
    results = withdrawal.results
    server.report.finish_all(results)
    lines = [change_line(one) for one in results if one.changed]
    done = "would be withdrawn" if server.check_mode else "is withdrawn"
    kept = sum(bool(one.more.get("kept_for")) for one in results)
    answer = f"release {name} {done if lines else 'is withdrawn already'}: {contents_of(lock)}"
    if kept:
        answer += f"; {kept} items are kept, because other promoted releases name them"
    more = {"release": name, "digest": identity.digest, "signer": signer}
    return results, {**more, "lines": [*lines, answer], "answer": answer}


@dataclass
class _Withdrawal:
    """The withdrawal of one lock; `others`: name -> lock of each other promoted release.

    `results`: those of all items, in the order of the lock.
    """

    server: Server
    params: Mapping[str, Any]
    lock: Mapping[str, Any]
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    guards: Guards = field(default_factory=lambda: Guards([]))
    problems: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def plan(self) -> ReleaseChange:
        """Return all changes. Raises InvalidItem with all that prevents them."""
        name, releases = self.lock["name"], Releases.read(self.server)
        others = releases.locks(releases.names)
        served = others.pop(name, None)
        if served and lock_digest(served) != lock_digest(self.lock):
            self.problems.append(
                f"the release that is promoted as {name} has another content, "
                f"{lock_digest(served)}: give its lock"
            )
        self.others = others
        items = list(lock_items(self.lock))
        snapshots = [one for one in items if not one.tag]
        switches = self._plan_snapshots(snapshots)
        tags = self._plan_tags([one for one in items if one.tag])
        if self.problems:
            raise InvalidItem(f"nothing was withdrawn: {'; '.join(self.problems)}")
        if releases.distribution is not None:
            files = withdrawn_files(name)
            switch = releases.switch(self.params["cache_path"], files, self.guards, "")
            switch.result.more.update(short_name=name, stamp=None)
            switches.append(switch)
            self.results.append(switch.result)
        return ReleaseChange(switches, tags, force=True)

    def _plan_snapshots(self, items: Sequence[LockItem]) -> list[Switch]:
        """Return the changes of package repositories and disk images that are only in this lock."""
        found = read_distributions(self.server, items)
        guard = self.params["content_guard"]
        in_use = [one["content_guard"] for one in found.values() if one["content_guard"]]
        self.guards = read_guards(self.server, [guard], in_use)
        if guard not in self.guards.hrefs:
            self.problems.append(self.guards.missing(guard))
        users: dict[tuple[str, str], list[str]] = {}
        for name, lock in self.others.items():
            for item in lock_items(lock):
                if not item.tag:
                    users.setdefault(distribution_key(item), []).append(name)
        switches = []
        for item in items:
            key = distribution_key(item)
            if key not in found or key in users:
                self._keep(item, users.get(key, []))
                continue
            switches.append(guard_switch(item, found[key], self.guards, guard))
            self.results.append(switches[-1].result)
        return switches

    def _plan_tags(self, items: Sequence[LockItem]) -> list[tuple[TagChange, Result]]:
        """Return the changes of tags that have the digest of the lock."""
        names: dict[str, list[str]] = {}
        for item in items:
            names.setdefault(self._released(item), []).append(item.tag)
        found = read_image_tags(self.server, names, {})
        changes = []
        for item in items:
            change, users = self._plan_tag(item, found[self._released(item)])
            result = self._keep(item, users)
            if change:
                changes.append((change, result))
        return changes

    def _plan_tag(self, item: LockItem, found: ImageTags) -> tuple[TagChange | None, list[str]]:
        """Return the change of a tag, and the releases for which it is kept."""
        wanted = {
            name: lock["containers"].get(item.name, {}).get(item.tag)
            for name, lock in sorted(self.others.items())
        }
        digests = {name: digest for name, digest in wanted.items() if digest}
        own, repository = found.own.get(item.tag, ""), self._released(item)
        users = [name for name, digest in digests.items() if digest == own]
        if own != item.value or users:
            return None, users
        after, source = "", ""
        if digests:
            name, after = list(digests.items())[-1]
            source = find_version(self.server, repository, item.tag, after)
            if not source:
                self.problems.append(
                    f"{repository}:{item.tag} cannot be set to {after}, the image of the release "
                    f"{name}: the repository does not have it any more. Promote {name} again with "
                    "force first"
                )
        return TagChange(repository, item.tag, own, after, source, found.version), []

    def _keep(self, item: LockItem, users: Sequence[str]) -> Result:
        """Add the result of an item that is not changed as a distribution; returns it."""
        result = item_result(item)
        if users:
            result.more["kept_for"] = list(users)
        self.results.append(result)
        return result

    def _released(self, item: LockItem) -> str:
        return f"{self.params['container_namespace']}/{item.name}"
