# SPDX-License-Identifier: Apache-2.0
"""Promotion of a release: all that its lock names, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..lock.document import lock_digest
from ..lock.evidence import evidence_problems
from ..lock.signature import load_verified_lock, read_signature
from ..metadata.cache import PackageCache
from ..objects.distribution import (
    DistributionSpec,
    Guards,
    read_guards,
    reconcile_distribution,
)
from ..objects.repository import RepositorySpec, reconcile_repository
from ..objects.server_lock import ServerLock
from ..objects.switch import Switch
from ..pulp.errors import InvalidItem, PulpError
from ..pulp.pool import for_each
from ..pulp.reader import read_by_key
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, RepositoryState
from ..release.health import expiry_of, warn_of_expiry
from ..report.report import Result
from .journal import Journal, give_up, recover
from .releases import DISTRIBUTION, SUFFIX, ReleaseFiles, Releases, release_files
from .resolve import contents_of
from .tag_changes import ImageTags, TagChange, read_image_tags
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
from .verify import LockItem, Verifier, lock_items

_CONTAINER = CONTENT_TYPES["container"]
_MAX_PROBLEMS = 50


def promote_release(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """Carry out module release_promote: parameters -> results, and what else the module returns.

    Raises InvalidItem, before anything is changed, with all that prevents the promotion, and
    PulpError after a rollback.
    """
    content, lock, signer = load_verified_lock(params["lock"], params["keyring"] or "")
    files = release_files(lock["name"], content, read_signature(params["lock"]))
    identity = Journal("promotion", lock["name"], lock_digest(lock))
    promotion = _Promotion(server, params, lock)
    promotion.verify()
    with ServerLock(server, identity.what) as interruption:
        earlier = recover(server, identity)
        try:
            change, releases = promotion.plan(files)
        except PulpError as error:
            raise give_up(server, earlier, error) from error
        if not server.check_mode:
            promotion.create_images([tag.repository for tag, _result in change.tags])
        served = releases.switch(
            params["cache_path"], files, promotion.guards, params["content_guard"]
        )
        served.result.more.update(short_name=lock["name"], stamp=None)
        change = ReleaseChange([*change.switches, served], change.tags, change.force)
        journal = start(server, change, identity, earlier)
        apply(server, change, journal, interruption)
    results = [one.result for one in change.switches[:-1]]
    results += [*promotion.tag_results, served.result]
    describe(change)
    warn_of_expiry(server, results)
    server.report.finish_all(results)
    lines = [change_line(one) for one in results if one.changed]
    verb = "would be promoted" if server.check_mode else "is promoted"
    answer = (
        f"release {lock['name']} {verb if lines else 'is promoted already'}: {contents_of(lock)}"
    )
    more = {"release": lock["name"], "digest": identity.digest, "signer": signer}
    return results, {**more, "lines": [*lines, answer], "answer": answer}


@dataclass
class _Promotion:
    """The promotion of one lock: what prevents it, and what it changes.

    `different`: content type and base path -> why a snapshot is not that of the lock; `tag_results`:
    results of all tags, in the order of the lock.
    """

    server: Server
    params: Mapping[str, Any]
    lock: Mapping[str, Any]
    problems: list[str] = field(default_factory=list)
    different: dict[tuple[str, str], str] = field(default_factory=dict)
    guards: Guards = field(default_factory=lambda: Guards([]))
    tag_results: list[Result] = field(default_factory=list)

    @property
    def snapshots(self) -> list[LockItem]:
        """The snapshots of package repositories and the disk images of the lock."""
        return [one for one in lock_items(self.lock) if not one.tag]

    @property
    def tags(self) -> list[LockItem]:
        """The tags of container images of the lock."""
        return [one for one in lock_items(self.lock) if one.tag]

    def verify(self) -> None:
        """Find out whether the evidence is complete, and the snapshots are those of the lock."""
        server, params = self.server, self.params
        self.problems += evidence_problems(self.lock, params["required_evidence"])
        verifier = Verifier.open(
            server.client.connection,
            [],
            PackageCache(params["cache_path"]),
            params["container_namespace"],
        )
        pairs = [(one.result(), one) for one in self.snapshots]

        def verify(pair: tuple[Result, LockItem]) -> None:
            result, item = pair
            with server.activity(f"verifying {item.name}"):
                verifier.verify(item, result)

        errors = for_each(pairs, verify, server.write_concurrency())
        for (result, item), error in zip(pairs, errors):
            if error or result.error:
                reason = error or result.error
                self.different[distribution_key(item)] = (
                    f"{item.name} {result.more['stamp']}: {reason}"
                )

    def plan(self, files: ReleaseFiles) -> tuple[ReleaseChange, Releases]:
        """Return the change of snapshots, disk images and tags. Raises InvalidItem."""
        snapshots = self.snapshots
        found = read_distributions(self.server, snapshots)
        releases = Releases.read(self.server)
        self._check_name(releases, files)
        guard = self.params["content_guard"]
        in_use = [one["content_guard"] for one in found.values() if one["content_guard"]]
        in_use += [(releases.distribution or {}).get("content_guard") or ""]
        self.guards = read_guards(self.server, [guard], in_use)
        if guard not in self.guards.hrefs:
            self.problems.append(self.guards.missing(guard))
        switches = [
            switch
            for item in snapshots
            for switch in self._switch(item, found.get(distribution_key(item)))
        ]
        tags = self._plan_tags()
        if self.problems:
            raise InvalidItem(_listed(self.problems))
        return ReleaseChange(switches, tags, self.params["force"]), releases

    def create_images(self, names: Sequence[str]) -> None:
        """Create the repositories of images that do not exist, each served in private."""
        names = list(dict.fromkeys(names))
        client = self.server.client
        repositories = read_by_key(client, _CONTAINER.repository, names)
        served = read_by_key(client, _CONTAINER.distribution, names)

        def create(name: str) -> None:
            ignored, state = Result(name, _CONTAINER.name), RepositoryState(repositories.get(name))
            if state.repository is None:
                spec = RepositorySpec(_CONTAINER, {"name": name})
                reconcile_repository(self.server, spec, state, ignored)
            if name not in served:
                # Before the repository has content: by default it would be served in public.
                href = (state.repository or {})["pulp_href"]
                values = {"base_path": name, "repository": href, "private": True}
                distribution = DistributionSpec(_CONTAINER, name, values)
                reconcile_distribution(self.server, distribution, self.guards, ignored)

        errors = for_each(names, create, self.server.write_concurrency())
        failed = [f"{name}: {error}" for name, error in zip(names, errors) if error]
        if failed:
            raise InvalidItem(_listed(failed))

    def _switch(self, item: LockItem, distribution: dict[str, Any] | None) -> list[Switch]:
        if distribution is None or not distribution.get("publication"):
            problem = "does not exist" if distribution is None else "serves nothing"
            where = f"the snapshot at {item.value['base_path']}"
            self.problems.append(f"{item.name}: {where} {problem}")
            return []
        if distribution_key(item) in self.different:
            self.problems.append(self.different[distribution_key(item)])
        switch = guard_switch(item, distribution, self.guards, self.params["content_guard"])
        expiry = expiry_of(distribution.get("pulp_labels"))
        if expiry:
            switch.result.more["valid_until"] = expiry
        return [switch]

    def _check_name(self, releases: Releases, files: ReleaseFiles) -> None:
        """Add a problem if another release is promoted with the name of this one."""
        name = self.lock["name"]
        is_served = f"{name}{SUFFIX}" not in releases.changed_files(files).add
        if is_served or name not in releases.names or self.params["force"]:
            return
        served = lock_digest(releases.locks([name])[name])
        if served != lock_digest(self.lock):
            self.problems.append(
                f"another release is promoted with the name {name}, {served}: give this one another "
                f"name, or set force to replace {name}{SUFFIX} of the distribution {DISTRIBUTION}"
            )

    def _plan_tags(self) -> list[tuple[TagChange, Result]]:
        """Return the tags to copy. Adds a problem for each that is missing or different."""
        tags: dict[str, list[str]] = {}
        for item in self.tags:
            tags.setdefault(self._released(item), []).append(item.tag)
        sources = {self._released(item): self._source(item) for item in self.tags}
        found = read_image_tags(self.server, tags, sources)
        changes = []
        for item in self.tags:
            result = item_result(item)
            self.tag_results.append(result)
            change = self._plan_tag(item, found[self._released(item)])
            if change:
                changes.append((change, result))
        return changes

    def _plan_tag(self, item: LockItem, found: ImageTags) -> TagChange | None:
        own, source = found.own.get(item.tag, ""), found.source.get(item.tag, "")
        name, wanted = f"{self._released(item)}:{item.tag}", str(item.value)
        if own == wanted:
            return None
        if own and not self.params["force"]:
            self.problems.append(
                f"{name} would move, but released tags are immutable: build the image with another "
                f"tag, or set force to move it anyway. It is {own} and {wanted} in the lock"
            )
        if source != wanted:
            self.problems.append(
                f"{self._source(item)}:{item.tag} is {source or 'missing'} instead of {wanted}"
            )
        version = found.version if own else ""
        return TagChange(self._released(item), item.tag, own, wanted, self._source(item), version)

    def _released(self, item: LockItem) -> str:
        return f"{self.params['container_namespace']}/{item.name}"

    def _source(self, item: LockItem) -> str:
        return f"{self.params['container_namespace_development']}/{item.name}"


def _listed(problems: Sequence[str]) -> str:
    shown = list(dict.fromkeys(problems))
    rest = len(shown) - _MAX_PROBLEMS
    more = [f"and {rest} more"] if rest > 0 else []
    return f"nothing was promoted: {'; '.join([*shown[:_MAX_PROBLEMS], *more])}"
