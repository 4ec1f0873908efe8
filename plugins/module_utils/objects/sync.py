# SPDX-License-Identifier: Apache-2.0
"""Bring a repository to the state of its remote, once, and say what came of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from ..pulp.errors import InvalidItem, LostResponse, PulpError, TaskFailed
from ..pulp.planner import to_api_values
from ..pulp.reader import Reader, in_chunks
from ..pulp.server import Server
from ..pulp.tasks import created_resources
from ..pulp.types import ATTACHED_PATTERN, ContentType
from ..report.causes import is_transient
from ..report.report import Result
from .pinned_source import (
    PINNED_LABEL,
    is_labelled,
    is_pinned_source,
    source_digest,
    version_number,
)

_DIGEST = "sha256:"
# The address holds a repository version besides, and the names of filters.
_ROOM = 3000


def refuse_absent(
    reader: Reader, content_type: ContentType, remote: Mapping[str, Any], version: str
) -> None:
    """Raise PulpError, naming them, when things that a remote asks for are not in a version."""
    missing = absent(reader, content_type, remote, version)
    asked = content_type.remote_filter
    if missing and asked:
        raise PulpError(
            f"Pulp synced without an error, and these did not come: {', '.join(missing)}. "
            f"{remote.get(asked.source)} at {remote.get('url')} has them not, or not for us: "
            f"correct {asked.includes}, or put them there"
        )


def absent(
    reader: Reader, content_type: ContentType, remote: Mapping[str, Any], version: str
) -> list[str]:
    """Names, patterns and digests that a remote asks for and a repository version (href) has not.

    A pattern, as the shell has them, is fulfilled by one name that fits. What the remote excludes
    is not expected, nor that anything is attached to the images.
    """
    asked = content_type.remote_filter
    if asked is None:
        return []
    fields = {spec.name: spec for spec in content_type.remote.fields}
    wanted = [
        one for one in fields[asked.includes].value_in(remote) or [] if one != ATTACHED_PATTERN
    ]
    excluded = list(fields[asked.excludes].value_in(remote) or [])
    digests = [one for one in wanted if one.startswith(_DIGEST)]
    names = [one for one in wanted if one not in digests]
    if any(map(_is_pattern, names)):
        units = reader.list(asked.names, {"repository_version": version, "fields": "name"})
        there = {unit["name"] for unit in units}
    else:
        there = _there(reader, asked.names, "name", names, version)
    there |= _there(reader, asked.digests, "digest", digests, version)
    return [
        one
        for one in wanted
        if not any(fnmatchcase(name, one) for name in there)
        and not any(fnmatchcase(one, pattern) for pattern in excluded)
    ]


def _is_pattern(name: str) -> bool:
    return any(letter in name for letter in "*?[")


def _there(
    reader: Reader, endpoint: str, key: str, values: Sequence[str], version: str
) -> set[str]:
    found: Iterable[dict[str, Any]] = [
        unit
        for chunk in in_chunks(values, _ROOM)
        for unit in reader.list(
            endpoint,
            {"repository_version": version, f"{key}__in": ",".join(chunk), "fields": key},
        )
    ]
    return {unit[key] for unit in found}


_FRESH_SECONDS = 10.0


class RunningSyncs:
    """Sync tasks that wait or run, by repository; the server is asked for them now and then."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._asked = float("-inf")
        self._by_repository: dict[str, str] = {}

    def of(self, repository: Mapping[str, Any], fresh: bool = False) -> str | None:
        """The href of a sync task that holds this repository, if there is one; told once."""
        with self._lock:
            if fresh or time.monotonic() - self._asked > _FRESH_SECONDS:
                self._by_repository = self._read()
                self._asked = time.monotonic()
            # Tasks name what they hold by href, or by PRN on later servers.
            names = (repository.get("prn"), repository["pulp_href"])
            found = [self._by_repository.pop(name, None) for name in names if name]
            return next((href for href in found if href), None)

    def _read(self) -> dict[str, str]:
        asked = {
            "state__in": "waiting,running",
            "name__contains": "synchroniz",
            "fields": "pulp_href,reserved_resources_record",
        }
        return {
            resource: task["pulp_href"]
            for task in self._server.client.list("tasks/", asked)
            for resource in task.get("reserved_resources_record") or []
            if not resource.startswith("shared:")
        }


SYNC_STATE_FIELDS = ("latest_version_href", "versions_href", "pulp_labels")
_MAX_PAUSE = 120.0


def late_delay(params: Mapping[str, Any]) -> float | None:
    """The option late_retry_delay as run_all takes it."""
    delay = float(params["late_retry_delay"])
    return delay if delay >= 0 else None


@dataclass(frozen=True)
class SyncSettings:
    """How to sync one repository. `payload` is the sync call's body without the remote.

    `retries`: how often a transient failure is tried again; `delay`: seconds before the first.
    `pinned`: the source never changes, so that it is synced once only.
    """

    payload: dict[str, Any]
    retries: int = 2
    delay: float = 5.0
    pinned: bool = False

    @property
    def full(self) -> bool:
        """Whether everything is to be looked at again, whatever Pulp remembers."""
        return self.payload.get("optimize") is False

    @property
    def skips(self) -> bool:
        """Whether the sync may be left out when it was done before."""
        return self.pinned and not self.full

    @classmethod
    def of(
        cls, content_type: ContentType, item: Mapping[str, Any], params: Mapping[str, Any]
    ) -> SyncSettings:
        """From a module's item and its parameters."""
        pinned = item.get("pinned")
        return cls(
            to_api_values(content_type.sync_fields, item),
            params["retries"],
            params["retry_delay"],
            is_pinned_source(item.get("url") or "") if pinned is None else pinned,
        )


def sync_repository(
    server: Server,
    content_type: ContentType,
    item: Mapping[str, Any],
    state: Any,
    settings: SyncSettings,
    running: RunningSyncs,
    result: Result,
) -> None:
    """Sync one repository and put what happened into its result.

    `state` is a RepositoryState as read and declared; its repository is brought up to date. The
    result gets version_before, version_after, packages_added, packages_removed, packages (those
    that a new version has), publications
    (those that the sync made), and `sync`: synced, unchanged, joined, pinned or check_mode. Raises
    PulpError when something that the remote asks for by name is not there after it.
    """
    repository, remote = state.repository, state.remote
    result.more.update(_nothing_synced(repository))
    if remote is None and not server.check_mode:
        raise InvalidItem("there is no remote to sync from: give a url first")
    digest = source_digest(content_type, remote or {}, settings.payload)
    # Content that was not fetched yet went with the remote that it would have come through.
    renewed = bool(
        state.remote_is_new and repository and version_number(repository["latest_version_href"])
    )
    if renewed and any(spec.name == "optimize" for spec in content_type.sync_fields):
        settings = replace(settings, payload={**settings.payload, "optimize": False})
    if settings.skips and not renewed and repository and is_labelled(repository, digest):
        result.more["sync"] = "pinned"
        return
    if server.check_mode or repository is None:
        result.more["sync"] = "check_mode"
        return
    before = repository["latest_version_href"]
    may_join = not result.changed and not settings.full
    task, joined = _sync_patiently(server, state, settings, running, may_join, item["name"])
    after = _newest_version(task, repository)
    result.more["publications"] = created_resources(task, "/publications/")
    result.more["sync"] = "joined" if joined else "unchanged" if after == before else "synced"
    if joined or (after == before and (settings.pinned or version_number(before) == 0)):
        # A sync that finds nothing to do may follow one of another run, which made the version.
        after = server.client.get(repository["pulp_href"])["latest_version_href"]
    if settings.pinned:
        _refuse_another_source(server, content_type, remote or {}, settings, digest)
    state.repository = repository = {**repository, "latest_version_href": after}
    number = result.more["version_after"] = version_number(after)
    if after != before:
        result.more.update(_counted(server, content_type, after))
        result.add_change("synced", {"version": version_number(before)}, {"version": number})
    refuse_absent(server.client, content_type, remote or {}, after)
    # How a sync that was joined went about it is not known.
    if settings.pinned and number and not joined:
        body = {"key": PINNED_LABEL, "value": f"{digest}.{number}"}
        server.client.post(f"{repository['pulp_href']}set_label/", body)


def _nothing_synced(repository: Mapping[str, Any] | None) -> dict[str, Any]:
    number = version_number(repository["latest_version_href"]) if repository else None
    return {
        "version_before": number,
        "version_after": number,
        "packages_added": 0,
        "packages_removed": 0,
        "publications": [],
    }


def _sync_patiently(
    server: Server,
    state: Any,
    settings: SyncSettings,
    running: RunningSyncs,
    may_join: bool,
    subject: str,
) -> tuple[dict[str, Any], bool]:
    """Run the sync, or wait for one under way; transient failures are tried again, ever later."""
    pause = settings.delay
    tries_left = settings.retries
    while True:
        joined = running.of(state.repository) if may_join else None
        try:
            href = joined or _start(server, state, settings, running)
            return server.watcher.wait(href, subject), bool(joined)
        except TaskFailed as error:
            if joined:
                continue
            if tries_left <= 0 or not is_transient(error.detail):
                raise _from_where(error, state.remote.get("url") or "") from error
        tries_left -= 1
        time.sleep(pause)
        pause = min(_MAX_PAUSE, pause * 2)


def _start(server: Server, state: Any, settings: SyncSettings, running: RunningSyncs) -> str:
    repository = state.repository
    body = {"remote": state.remote["pulp_href"], **settings.payload}
    address = f"{repository['pulp_href']}sync/"
    try:
        answer = server.client.post(address, body)
    except LostResponse:
        there = running.of(repository, fresh=True)
        answer = {"task": there} if there else server.client.post(address, body)
    if not isinstance(answer, dict) or "task" not in answer:
        raise PulpError(f"Pulp started no sync: {answer}")
    return str(answer["task"])


def _from_where(error: TaskFailed, url: str) -> TaskFailed:
    """The same error with the remote's URL, where Pulp names only a temporary file of its own."""
    if error.worker_lost or "://" in error.detail:
        return error
    return TaskFailed(error.href, f"{error.detail}, syncing from {url}")


def _refuse_another_source(
    server: Server,
    content_type: ContentType,
    remote: Mapping[str, Any],
    settings: SyncSettings,
    digest: str,
) -> None:
    """Fail when another run pointed the remote elsewhere meanwhile: which was synced is unknown."""
    fields = ",".join(name for spec in content_type.source_fields for name in spec.names)
    now = server.client.get(remote["pulp_href"], {"fields": fields})
    if source_digest(content_type, now, settings.payload) != digest:
        raise PulpError(
            f"another run changed the remote during the sync, to {now.get('url')}: nothing of it "
            "is served; run it again when the other is over"
        )


def _newest_version(task: Mapping[str, Any], repository: Mapping[str, Any]) -> str:
    versions = [repository["latest_version_href"], *created_resources(task, "/versions/")]
    return max(versions, key=version_number)


def _counted(server: Server, content_type: ContentType, version: str) -> dict[str, int]:
    summary = server.client.get(version, {"fields": "content_summary"})["content_summary"]
    unit = content_type.content_unit
    names = {"packages": "present", "packages_added": "added", "packages_removed": "removed"}
    return {name: summary[verb].get(unit, {}).get("count", 0) for name, verb in names.items()}
