# SPDX-License-Identifier: Apache-2.0
"""Sync a repository from its remote: start or join the task, retry it, check the new version."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from ..pulp.errors import InvalidItem, LostResponse, PulpError, TaskFailed
from ..pulp.planner import to_api_values
from ..pulp.reader import Reader, in_chunks, version_number
from ..pulp.server import Server
from ..pulp.tasks import created_resources
from ..pulp.types import ATTACHED_PATTERN, ContentType, RemoteFilter, RepositoryState
from ..report.causes import is_transient
from ..report.report import Result
from .pinned_source import PINNED_LABEL, is_labelled, is_pinned_source, source_digest

SYNC_STATE_FIELDS = ("latest_version_href", "versions_href", "pulp_labels")
_DIGEST = "sha256:"
# Maximum length of the names in one request; its URL holds a repository version and filters, too.
_MAX_NAMES_LENGTH = 3000
# How long a list of running sync tasks is used, and the longest pause between two tries.
_TASK_LIST_SECONDS = 10.0
_MAX_PAUSE = 120.0


def missing_content(
    reader: Reader, content_type: ContentType, remote: Mapping[str, Any], version: str
) -> list[str]:
    """Names, patterns and digests that a remote includes and a repository version (href) does not have.

    A shell pattern is fulfilled by one name that matches. What the remote excludes is not
    expected, nor that anything is attached to the images.
    """
    names_filter = content_type.remote_filter
    if names_filter is None:
        return []
    fields = {spec.name: spec for spec in content_type.remote.fields}
    included = fields[names_filter.includes].value_in(remote) or []
    excluded = list(fields[names_filter.excludes].value_in(remote) or [])
    wanted = [one for one in included if one != ATTACHED_PATTERN]
    digests = [one for one in wanted if one.startswith(_DIGEST)]
    names = [one for one in wanted if one not in digests]
    if any(map(_is_pattern, names)):
        units = reader.list(names_filter.names, {"repository_version": version, "fields": "name"})
        found = {unit["name"] for unit in units}
    else:
        found = _find(reader, (names_filter.names, "name"), names, version)
    found |= _find(reader, (names_filter.digests, "digest"), digests, version)
    return [
        one
        for one in wanted
        if not any(fnmatchcase(name, one) for name in found)
        and not any(fnmatchcase(one, pattern) for pattern in excluded)
    ]


def _is_pattern(name: str) -> bool:
    return any(letter in name for letter in "*?[")


def _find(reader: Reader, where: tuple[str, str], values: Sequence[str], version: str) -> set[str]:
    """Which of the values a version's content units have; `where` is their endpoint and field."""
    endpoint, key = where
    found: Iterable[dict[str, Any]] = [
        unit
        for chunk in in_chunks(values, _MAX_NAMES_LENGTH)
        for unit in reader.list(
            endpoint,
            {"repository_version": version, f"{key}__in": ",".join(chunk), "fields": key},
        )
    ]
    return {unit[key] for unit in found}


class RunningSyncs:
    """Sync tasks that wait or run, by repository; the list is read again when it is old."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._by_repository: dict[str, str] = {}

    def take(self, repository: Mapping[str, Any], refresh: bool = False) -> str | None:
        """The href of a sync task of this repository, if there is one; each is returned once."""
        with self._lock:
            if refresh or time.monotonic() - self._read_at > _TASK_LIST_SECONDS:
                self._by_repository = self._read()
                self._read_at = time.monotonic()
            # Tasks name what they reserve by href, or by PRN on later servers.
            names = (repository.get("prn"), repository["pulp_href"])
            found = [self._by_repository.pop(name, None) for name in names if name]
            return next((href for href in found if href), None)

    def _read(self) -> dict[str, str]:
        filters = {
            "state__in": "waiting,running",
            "name__contains": "synchroniz",
            "fields": "pulp_href,reserved_resources_record",
        }
        return {
            resource: task["pulp_href"]
            for task in self._server.client.list("tasks/", filters)
            for resource in task.get("reserved_resources_record") or []
            if not resource.startswith("shared:")
        }


def late_retry_delay(params: Mapping[str, Any]) -> float | None:
    """The option late_retry_delay as run_all takes it: None where it is negative."""
    delay = float(params["late_retry_delay"])
    return delay if delay >= 0 else None


@dataclass(frozen=True)
class Retries:
    """How often a sync that failed for a transient cause is retried, and seconds before the first.

    `late_delay`: seconds before the item is tried once more after all others; None for never.
    """

    number: int = 2
    delay: float = 5.0
    late_delay: float | None = None

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Retries:
        """From the options retries, retry_delay and late_retry_delay of a module."""
        return cls(params["retries"], params["retry_delay"], late_retry_delay(params))


@dataclass(frozen=True)
class SyncSettings:
    """How to sync one repository. `payload` is the body of the sync call without the remote.

    `pinned`: the content of the source never changes, so it is synced only once.
    """

    content_type: ContentType
    payload: dict[str, Any]
    retries: Retries = Retries()
    pinned: bool = False

    @property
    def is_full(self) -> bool:
        """Whether everything is compared again, whatever Pulp remembers of earlier syncs."""
        return self.payload.get("optimize") is False

    @property
    def may_skip(self) -> bool:
        """Whether the sync can be left out when it was done before."""
        return self.pinned and not self.is_full

    def without_optimize(self) -> SyncSettings:
        """The same sync, comparing everything, where the content type has the option for it."""
        if all(spec.name != "optimize" for spec in self.content_type.sync_fields):
            return self
        return replace(self, payload={**self.payload, "optimize": False})

    @classmethod
    def from_item(
        cls, content_type: ContentType, item: Mapping[str, Any], retries: Retries
    ) -> SyncSettings:
        """From an item of a module: options of the sync, `pinned` and `url`."""
        pinned = item.get("pinned")
        return cls(
            content_type,
            to_api_values(content_type.sync_fields, item),
            retries,
            is_pinned_source(item.get("url") or "") if pinned is None else pinned,
        )


@dataclass(frozen=True)
class SyncOutcome:
    """What a sync did.

    `action`: synced (it made a version), unchanged, joined (the sync of another run), pinned (it
    was done before), check_mode, or empty before it ended. `version_before`, `version_after`:
    numbers of the latest version; None without a repository. `packages`: how many a new version
    has. `publications`: hrefs of those that the sync made. `error`: why the version that it made
    must not be used.
    """

    action: str = ""
    version_before: int | None = None
    version_after: int | None = None
    packages: int | None = None
    packages_added: int = 0
    packages_removed: int = 0
    publications: tuple[str, ...] = ()
    error: str = ""

    @classmethod
    def nothing_yet(cls, state: RepositoryState) -> SyncOutcome:
        """The outcome of a sync that has not started."""
        number = version_number(state.latest_version) if state.latest_version else None
        return cls(version_before=number, version_after=number)

    @property
    def made_version(self) -> bool:
        """Whether this sync, not another run's, made a version."""
        return self.action == "synced"

    def raise_error(self) -> None:
        """Raise PulpError when the version must not be used."""
        if self.error:
            raise PulpError(self.error)

    def record(self, result: Result) -> None:
        """Add to a result what users see of the sync."""
        result.more.update(
            version_before=self.version_before,
            version_after=self.version_after,
            packages_added=self.packages_added,
            packages_removed=self.packages_removed,
            publications=list(self.publications),
        )
        if self.action:
            result.more["sync"] = self.action
        if self.packages is not None:
            result.more["packages"] = self.packages
        if self.version_after != self.version_before:
            before, after = {"version": self.version_before}, {"version": self.version_after}
            result.add_change("synced", before, after)


def sync_item(
    server: Server,
    state: RepositoryState,
    settings: SyncSettings,
    running: RunningSyncs,
    result: Result,
) -> SyncOutcome:
    """Sync the repository of an item and record the outcome in its result, also when it fails."""
    SyncOutcome.nothing_yet(state).record(result)
    outcome = sync_repository(server, state, settings, running)
    outcome.record(result)
    outcome.raise_error()
    return outcome


def sync_repository(
    server: Server, state: RepositoryState, settings: SyncSettings, running: RunningSyncs
) -> SyncOutcome:
    """Sync one repository; its `state`, as read and declared, is brought up to date.

    Raises InvalidItem without a remote, and PulpError when the sync fails.
    """
    outcome = SyncOutcome.nothing_yet(state)
    repository, remote = state.repository, state.remote
    if remote is None and not server.check_mode:
        raise InvalidItem("there is no remote to sync from: set url first")
    if repository is None or remote is None:
        return replace(outcome, action="check_mode")
    pinned, content_type = settings.pinned, settings.content_type
    digest = source_digest(content_type, remote, settings.payload) if pinned else ""
    if state.remote_is_new and outcome.version_before:
        # Content that was not downloaded yet could only be fetched through the deleted remote.
        settings = settings.without_optimize()
    elif settings.may_skip and is_labelled(repository, digest):
        return replace(outcome, action="pinned")
    if server.check_mode:
        return replace(outcome, action="check_mode")
    sync = _Sync(server, repository, remote, settings, running)
    task, joined = sync.run(may_join=not state.is_changed and not settings.is_full)
    before = state.latest_version
    after = max([before, *created_resources(task, "/versions/")], key=version_number)
    action = "joined" if joined else "unchanged" if after == before else "synced"
    if joined or (after == before and (pinned or outcome.version_before == 0)):
        # Another run may have made the version, so that our sync found nothing to do.
        after = server.client.get(repository["pulp_href"])["latest_version_href"]
    if pinned:
        sync.require_source(digest)
    state.repository = {**repository, "latest_version_href": after}
    outcome = replace(
        outcome,
        action=action,
        version_after=version_number(after),
        publications=tuple(created_resources(task, "/publications/")),
        **(sync.package_counts(after) if after != before else {}),
    )
    # Which options a joined sync had is unknown.
    label = f"{digest}.{outcome.version_after}" if pinned and not joined else ""
    return replace(outcome, error=sync.complete(after, label))


@dataclass(frozen=True)
class _Sync:
    """One sync of one repository that exists."""

    server: Server
    repository: Mapping[str, Any]
    remote: Mapping[str, Any]
    settings: SyncSettings
    running: RunningSyncs

    def run(self, may_join: bool) -> tuple[dict[str, Any], bool]:
        """Run the sync, or wait for one that runs already; returns the task, and whether joined.

        After a transient failure it is tried again, with growing pauses.
        """
        pause, tries_left = self.settings.retries.delay, self.settings.retries.number
        while True:
            joined = self.running.take(self.repository) if may_join else None
            try:
                task = joined or self._start()
                return self.server.watcher.wait(task, self.repository["name"]), bool(joined)
            except TaskFailed as error:
                if joined:
                    continue
                if tries_left <= 0 or not is_transient(error.detail):
                    raise self._with_url(error) from error
            tries_left -= 1
            time.sleep(pause)
            pause = min(_MAX_PAUSE, pause * 2)

    def _start(self) -> str:
        body = {"remote": self.remote["pulp_href"], **self.settings.payload}
        path = f"{self.repository['pulp_href']}sync/"
        try:
            response = self.server.client.post(path, body)
        except LostResponse:
            started = self.running.take(self.repository, refresh=True)
            response = {"task": started} if started else self.server.client.post(path, body)
        if not isinstance(response, dict) or "task" not in response:
            raise PulpError(f"Pulp did not start the sync: {response}")
        return str(response["task"])

    def _with_url(self, error: TaskFailed) -> TaskFailed:
        """The same error with the remote's URL, where Pulp names only a temporary file."""
        url = self.remote.get("url") or ""
        if error.worker_lost or "://" in error.detail:
            return error
        return TaskFailed(error.href, f"{error.detail}, syncing from {url}")

    def require_source(self, digest: str) -> None:
        """Raise PulpError when another run changed the remote, so it is unknown what was synced."""
        content_type = self.settings.content_type
        fields = ",".join(name for spec in content_type.source_fields for name in spec.names)
        remote = self.server.client.get(self.remote["pulp_href"], {"fields": fields})
        if source_digest(content_type, remote, self.settings.payload) != digest:
            raise PulpError(
                f"another run changed the remote during the sync, to {remote.get('url')}: the "
                "content is not served; retry when the other run has ended"
            )

    def package_counts(self, version: str) -> dict[str, Any]:
        """The fields of SyncOutcome that count the packages of a new version (href)."""
        fields = {"fields": "content_summary"}
        summary = self.server.client.get(version, fields)["content_summary"]
        unit = self.settings.content_type.content_unit
        names = {"packages": "present", "packages_added": "added", "packages_removed": "removed"}
        return {name: summary[key].get(unit, {}).get("count", 0) for name, key in names.items()}

    def complete(self, version: str, label: str) -> str:
        """Check what the version (href) has, and label the repository; returns an error message.

        It is not raised, since the version has been made.
        """
        content_type = self.settings.content_type
        names_filter = content_type.remote_filter
        try:
            if names_filter:
                missing = missing_content(self.server.client, content_type, self.remote, version)
                if missing:
                    return self._missing_message(names_filter, missing)
            if label and version_number(version):
                body = {"key": PINNED_LABEL, "value": label}
                self.server.client.post(f"{self.repository['pulp_href']}set_label/", body)
        except PulpError as error:
            return str(error)
        return ""

    def _missing_message(self, names_filter: RemoteFilter, names: Sequence[str]) -> str:
        source, url = str(self.remote.get(names_filter.source)), str(self.remote.get("url"))
        return _missing_text("succeeded", (source, url), names, names_filter.includes)


def missing_in_source(source: str, url: str, names: Sequence[str], option: str) -> str:
    """Return why a sync would fail: its source does not have what `option` names."""
    return _missing_text("would succeed", (source, url), names, option)


def _missing_text(
    verdict: str, source: tuple[str, str], names: Sequence[str], includes: str
) -> str:
    return (
        f"the sync {verdict}, but these are missing: {', '.join(names)}. {source[0]} at {source[1]} "
        f"does not have them, or the account cannot read them: correct {includes}, or add them there"
    )
