# SPDX-License-Identifier: Apache-2.0
"""Deletes what a cleanup planned: distributions, publications, versions, tags and orphaned content.

Whatever is deleted is read again immediately before. An interrupted run leaves publications and
versions that no distribution serves; the next run finds them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from ...container.tag_copy import carry_out
from ...inventory.stamp import stamp_of_pulp_time
from ...objects.listing import ListedDistribution, read_all_guards
from ...objects.server_lock import ServerLock
from ...pulp.errors import PulpError
from ...pulp.interruption import Interruption
from ...pulp.pool import run_all
from ...pulp.reader import read_by_key, version_number
from ...pulp.references import read_usage
from ...pulp.server import Server
from ...pulp.types import CONTENT_TYPES, ContentType
from ...report.report import Result
from .decisions import Found, Wanted
from .retention import Decision, RepositoryVersion, Retention, age_of, plan_versions
from .tags import CONTAINER, ImageRepository, TagDecision

_SERVED = "distribution '"


@dataclass(frozen=True)
class PlannedVersion:
    """A version of a repository, and why it is kept; empty if it is stale: no distribution serves it,
    or none will. `number`: how many newest published versions are kept."""

    content_type: ContentType
    repository: str
    version: RepositoryVersion
    kept: str = ""
    number: int = 1

    @property
    def is_served(self) -> bool:
        """Whether a distribution serves it."""
        return self.kept.startswith(_SERVED)

    @property
    def name(self) -> str:
        """The repository and the number."""
        return f"{self.repository} version {self.version.number}"

    def result(self) -> Result:
        """Return the result of the deletion, before it is done."""
        more = {"repository": self.repository, "version": self.version.number}
        return Result(self.name, self.content_type.name, more=more)


def snapshot_result(decision: Decision) -> Result:
    """Return the result of a snapshot, before it is deleted."""
    one = decision.snapshot
    more = {
        "short_name": one.short_name,
        "stamp": one.stamp,
        "base_path": one.listed.base_path,
        "kept": decision.kept,
    }
    return Result(one.listed.name, one.listed.content_type, more=more)


def tags_of(decisions: Iterable[TagDecision]) -> dict[str, list[str]]:
    """Return repository -> tags."""
    names: dict[str, list[str]] = {}
    for one in decisions:
        names.setdefault(one.repository, []).append(one.tag)
    return names


@dataclass
class CleanRun:
    """Deletes what was planned; unless `confirmed`, and in check mode, only returns results.

    `images`: repositories of images by name. `restorable`: publications (hrefs) that no distribution
    serves, but that are kept, with the reason.
    """

    server: Server
    rules: Retention
    confirmed: bool
    images: Mapping[str, ImageRepository] = field(default_factory=dict)
    restorable: Mapping[str, str] = field(default_factory=dict)
    interruption: Interruption = field(default_factory=Interruption)

    @property
    def deletes(self) -> bool:
        """Whether anything is written."""
        return self.confirmed and not self.server.check_mode

    def lock(self) -> AbstractContextManager[Interruption]:
        """Return the lock to hold, so that no promotion needs what is deleted."""
        if self.deletes:
            return ServerLock(self.server, "cleanup")
        return nullcontext(self.interruption)

    def _stop_if_interrupted(self) -> None:
        if self.interruption.requested:
            raise PulpError("not deleted, because the run was interrupted: run it again")

    def _record(self, result: Result, before: dict[str, Any]) -> None:
        if self.confirmed:
            result.add_change("deleted", before, {})
        else:
            result.action = "planned"

    def delete(
        self,
        snapshots: Sequence[Decision],
        tags: Sequence[TagDecision],
        versions: Sequence[PlannedVersion],
    ) -> list[Result]:
        """Delete distributions and tags, then publications and versions."""
        server, limit = self.server, self.server.write_concurrency()
        work = [(snapshot_result(one), one.snapshot.listed) for one in snapshots]
        results = run_all(work, self._delete_distribution, limit, server.report)
        results += self._delete_tags(tags)
        stale = [(one.result(), one) for one in versions]
        return results + run_all(stale, self._delete_version, limit, server.report)

    def _delete_tags(self, tags: Sequence[TagDecision]) -> list[Result]:
        """Delete tags, with what is attached to their images only; one result for each repository."""
        names = tags_of(tags)
        if self.confirmed:
            items = [
                {
                    "name": name,
                    "source": None,
                    "state": "absent",
                    "tags": own,
                    "allow_missing": True,
                }
                for name, own in names.items()
            ]
            done = carry_out(self.server, items, False, self.interruption, self.server.report)
            return [result for _item, result in done]
        pairs = [(Result(name, CONTAINER, more={"tags": own}), own) for name, own in names.items()]

        def plan(own: list[str], result: Result) -> None:
            self._record(result, {"tags": own})

        return run_all(pairs, plan, 1, self.server.report)

    def _delete_distribution(self, planned: ListedDistribution, result: Result) -> None:
        """Delete a distribution, unless it has changed since the plan."""
        self._stop_if_interrupted()
        if self.deletes:
            kind = CONTENT_TYPES[planned.content_type].distribution
            current = self._state(kind.endpoint, planned)
            if current is None:
                return  # another run deleted it
            if current != (planned.base_path, planned.guard, planned.source):
                result.action = "skipped"
                result.more["kept"] = "it was changed while this run was planned"
                return
            self.server.delete(planned.href, result.name)
        self._record(result, {"distribution": planned.name})

    def _state(self, endpoint: str, planned: ListedDistribution) -> tuple[str, str, str] | None:
        """Return base path, guard and source of a distribution as they are now, None if it is
        deleted or has another name. Pins name distributions by name and base path."""
        client = self.server.client
        sources = "publication,repository,repository_version,remote"
        fields = f"pulp_href,base_path,content_guard,{sources}"
        found = client.list(endpoint, {"name": planned.name, "fields": fields})
        entry = next((one for one in found if one["pulp_href"] == planned.href), None)
        if entry is None:
            return None
        guard = entry["content_guard"] or ""
        guard = read_all_guards(self.server).names.get(guard, guard)
        return entry["base_path"], guard, entry.get(planned.serves) or ""

    def plan(self, wanted: Wanted, found: Found, replaced: Collection[str]) -> list[PlannedVersion]:
        """Return all versions of the repositories that are cleaned up, the oldest first.

        `found` without the distributions that are deleted; `replaced`: names of the repositories of
        images that will have a later version.
        """
        used = dict(self.restorable)
        for one in found.served:
            used[one.source] = f"{_SERVED}{one.name}' serves it"
        planned = []
        for type_name, content_type in CONTENT_TYPES.items():
            names = {one.name for one in wanted.selected if one.content_type == type_name}
            if wanted.scope.is_whole:
                names |= found.repositories(type_name, with_channels=not wanted.is_filtered)
            if type_name == CONTAINER:
                names = {*self.images}
            counted = found.with_snapshots(type_name) if wanted.scope.is_whole else names
            entries = read_by_key(self.server.client, content_type.repository, sorted(names))
            for name, entry in entries.items():
                versions = read_versions(self.server, content_type, entry["pulp_href"])
                number = 1 if name in counted else self.rules.keep_last
                kept = used
                if type_name == CONTAINER:
                    named = self.images[name].named_versions(self.server, versions)
                    kept = {**used, **named}
                planned += [
                    PlannedVersion(content_type, name, version, why, number)
                    for version, why in plan_versions(
                        versions, kept, self.rules, number, name in replaced
                    )
                ]
        return sorted(planned, key=lambda one: one.version.age, reverse=True)

    def _delete_version(self, planned: PlannedVersion, result: Result) -> None:
        """Delete the publications of a version and the version, unless it is in use by now."""
        self._stop_if_interrupted()
        version = planned.version
        if self.deletes:
            for href in (*version.publications, version.href):
                if not self._is_stale(planned):
                    result.action = "skipped"
                    result.more["kept"] = "it is in use, or was deleted meanwhile"
                    return
                self.server.delete(href, result.name)
        before = {"version": version.number, "publications": len(version.publications)}
        self._record(result, before)

    def _is_stale(self, planned: PlannedVersion) -> bool:
        """Read everything that may use a version again, and return whether nothing does."""
        version, content_type = planned.version, planned.content_type
        repository = version.href.partition("versions/")[0]
        versions = read_versions(self.server, content_type, repository)
        users = read_usage(self.server.client, content_type).users
        used = {**dict.fromkeys(users, "it is in use"), **self.restorable}
        return any(
            one.href == version.href and not kept and {*one.publications} <= {*version.publications}
            for one, kept in plan_versions(versions, used, self.rules, planned.number)
        )

    def clean_orphans(self) -> Result:
        """Delete content that is in no repository version, as Pulp's settings permit."""
        result = Result("orphaned content", "orphans")

        def clean(_item: None, own: Result) -> None:
            self._stop_if_interrupted()
            if not self.deletes:
                own.action = own.action if self.confirmed else "planned"
                return
            path = "orphans/cleanup/"
            task = self.server.write(lambda: self.server.client.post(path, {}), own.name)
            progress = (task or {}).get("progress_reports") or []
            done = sum(one.get("done") or 0 for one in progress)
            if done:
                own.add_change("deleted", {"objects": done}, {"objects": 0})

        return run_all([(result, None)], clean, 1, self.server.report)[0]


def read_versions(
    server: Server, content_type: ContentType, repository: str
) -> list[RepositoryVersion]:
    """Return all versions of a repository (href) with their publications."""
    client = server.client
    publications: dict[str, list[Mapping[str, Any]]] = {}
    for kind in content_type.publication_kinds:
        query = {"repository": repository, "fields": "pulp_href,repository_version,pulp_created"}
        for one in client.list(kind.endpoint, query):
            publications.setdefault(one["repository_version"], []).append(one)
    versions = []
    for entry in client.list(f"{repository}versions/", {"fields": "pulp_href,pulp_created"}):
        own = publications.get(entry["pulp_href"], [])
        age = min(age_of(stamp_of_pulp_time(one["pulp_created"])) for one in (entry, *own))
        hrefs = tuple(one["pulp_href"] for one in own)
        number = version_number(entry["pulp_href"])
        versions.append(RepositoryVersion(entry["pulp_href"], number, age, hrefs))
    return versions
