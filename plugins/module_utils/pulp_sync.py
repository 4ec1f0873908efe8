# SPDX-License-Identifier: Apache-2.0
"""Bring a repository to the state of its remote, once, and say what came of it."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import (
    InvalidItem,
    LostAnswer,
    PulpError,
    TaskFailed,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_planner import to_wire
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_report import Result
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_server import Server
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_types import ContentType

__all__ = [
    "PINNED_LABEL",
    "SYNC_STATE_FIELDS",
    "RunningSyncs",
    "SyncSettings",
    "is_mirrored",
    "is_pinned_source",
    "sync_repository",
    "version_number",
]

PINNED_LABEL = "release_train_pinned"
SYNC_STATE_FIELDS = ("latest_version_href", "versions_href", "pulp_labels", "last_synced_details")
_STAMPED = re.compile(r"[0-9]{8}T[0-9]{6}/?$")
_RUNNING_FRESH = 10.0
_LONGEST_PAUSE = 120.0
# What aiohttp and Pulp say of trouble that may pass; anything else needs an operator.
_TRANSIENT = re.compile(
    r"\b(429|500|502|503|504)\b|timed? ?out|disconnected|cannot connect|connection (reset|lost)|"
    r"payload is not completed|ContentLengthError|ClientPayloadError|gone missing|Temporary failure",
    re.IGNORECASE,
)


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

    @classmethod
    def of(
        cls, content_type: ContentType, item: Mapping[str, Any], params: Mapping[str, Any]
    ) -> SyncSettings:
        """From a module's item and its parameters."""
        pinned = item.get("pinned")
        return cls(
            to_wire(content_type.sync_fields, item),
            params["retries"],
            params["retry_delay"],
            is_pinned_source(item.get("url") or "") if pinned is None else pinned,
        )


def is_pinned_source(url: str) -> bool:
    """Whether a URL is immutable: it ends in a stamp."""
    return bool(_STAMPED.search(url))


def version_number(version_href: str) -> int:
    """The number at the end of a repository version's href."""
    return int(version_href.rstrip("/").rsplit("/", 1)[-1])


class RunningSyncs:
    """Sync tasks that wait or run on the server, whoever started them; asked for now and then."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._asked = float("-inf")
        self._by_repository: dict[str, str] = {}

    def of(self, prn: str, fresh: bool = False) -> str | None:
        """The href of a sync task that holds this repository, if there is one."""
        with self._lock:
            if fresh or time.monotonic() - self._asked > _RUNNING_FRESH:
                self._by_repository = self._read()
                self._asked = time.monotonic()
            return self._by_repository.pop(prn, None)

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

    `state` has the `repository` and `remote` as read; `repository` is brought up to date. The
    result gets version_before, version_after, packages_added, packages_removed, publications
    (those that the sync made), and `sync`: synced, unchanged, joined, pinned or check_mode.
    """
    repository, remote = state.repository, state.remote
    result.more.update(_nothing_synced(repository))
    if server.check_mode or repository is None:
        result.more["sync"] = "check_mode"
        return
    if remote is None:
        raise InvalidItem("there is no remote to sync from: give a url first")
    digest = _source_digest(content_type, remote, settings.payload)
    if settings.pinned and _is_labelled(repository, digest):
        result.more["sync"] = "pinned"
        return
    before = repository["latest_version_href"]
    task, joined = _sync_patiently(server, content_type, item, state, settings, running)
    after = _newest_version(task, repository)
    result.more["publications"] = [
        href for href in task.get("created_resources") or [] if "/publications/" in href
    ]
    result.more["sync"] = "joined" if joined else "unchanged" if after == before else "synced"
    if joined:
        after = server.client.get(repository["pulp_href"])["latest_version_href"]
    state.repository = repository = {**repository, "latest_version_href": after}
    result.more["version_after"] = version_number(after)
    if after != before:
        result.more.update(_counted(server, content_type, after))
        result.note(
            "synced",
            {"version": version_number(before)},
            {"version": version_number(after)},
        )
    if settings.pinned:
        value = f"{digest}.{version_number(after)}"
        body = {"key": PINNED_LABEL, "value": value}
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


def _source_digest(
    content_type: ContentType, remote: Mapping[str, Any], payload: Mapping[str, Any]
) -> str:
    """What was synced from where and how; a change of any of it asks for a new sync."""
    source = {name: remote[name] for name in content_type.source_fields if remote.get(name)}
    how = {name: value for name, value in payload.items() if name != "optimize"}
    text = json.dumps([source, how], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def is_mirrored(
    content_type: ContentType,
    item: Mapping[str, Any],
    repository: Mapping[str, Any],
    remote: Mapping[str, Any],
) -> bool:
    """Whether the latest version is what a sync of this pinned source made, and nobody's since.

    The label names what was synced and the version that came of it. Any edit of the repository
    makes another version, any edit of the remote another digest, so that the label cannot lie.
    """
    wanted = {**remote, **to_wire(content_type.remote.fields, item)}
    digest = _source_digest(content_type, wanted, to_wire(content_type.sync_fields, item))
    return _is_labelled(repository, digest)


def _is_labelled(repository: Mapping[str, Any], digest: str) -> bool:
    number = version_number(repository["latest_version_href"])
    label = (repository.get("pulp_labels") or {}).get(PINNED_LABEL)
    return number > 0 and label == f"{digest}.{number}"


def _sync_patiently(
    server: Server,
    content_type: ContentType,
    item: Mapping[str, Any],
    state: Any,
    settings: SyncSettings,
    running: RunningSyncs,
) -> tuple[dict[str, Any], bool]:
    """Run the sync; transient failures are tried again with growing pauses."""
    pause = settings.delay
    tries_left = settings.retries
    while True:
        joined = running.of(state.repository.get("prn", ""))
        try:
            href = joined or _start(server, state, settings, running)
            return server.watcher.wait(href, item["name"]), bool(joined)
        except TaskFailed as error:
            if tries_left <= 0 or not (error.worker_lost or _TRANSIENT.search(error.words)):
                raise
        tries_left -= 1
        time.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 2)


def _start(server: Server, state: Any, settings: SyncSettings, running: RunningSyncs) -> str:
    repository = state.repository
    body = {"remote": state.remote["pulp_href"], **settings.payload}
    address = f"{repository['pulp_href']}sync/"
    try:
        answer = server.client.post(address, body)
    except LostAnswer:
        there = running.of(repository.get("prn", ""), fresh=True)
        answer = {"task": there} if there else server.client.post(address, body)
    if not isinstance(answer, dict) or "task" not in answer:
        raise PulpError(f"Pulp started no sync: {answer}")
    return str(answer["task"])


def _newest_version(task: Mapping[str, Any], repository: Mapping[str, Any]) -> str:
    versions = [
        href for href in task.get("created_resources") or [] if "/versions/" in href
    ]
    return max([repository["latest_version_href"], *versions], key=version_number)


def _counted(server: Server, content_type: ContentType, version: str) -> dict[str, int]:
    summary = server.client.get(version, {"fields": "content_summary"})["content_summary"]
    unit = content_type.content_unit
    return {
        f"packages_{verb}": summary[verb].get(unit, {}).get("count", 0)
        for verb in ("added", "removed")
    }
