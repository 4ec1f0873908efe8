# SPDX-License-Identifier: Apache-2.0
"""Repositories with their remotes: create or update them, sync them when asked to, delete them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable, Optional

from ..pulp.errors import InvalidItem, ResponseError
from ..pulp.planner import to_api_values
from ..pulp.pool import refuse_invalid_names, run_all
from ..pulp.reader import read_by_key
from ..pulp.references import Usage, missing_message, read_usage, report_missing
from ..pulp.server import ReconcileOptions, ReconcileResult, Server
from ..pulp.types import CONTENT_TYPES, ContentType, RepositoryState
from ..report.report import Result
from .sync import (
    SYNC_STATE_FIELDS,
    Retries,
    RunningSyncs,
    SyncOutcome,
    SyncSettings,
    sync_item,
)

# Called with the name of the content type, the options of an item and its remote, if there is one;
# raises PulpError.
SourceCheck = Optional[Callable[[str, Mapping[str, Any], Optional[Mapping[str, Any]]], None]]


@dataclass(frozen=True)
class RepositorySpec:
    """What a repository and its remote are to be: options of an item of pulp_repository."""

    content_type: ContentType
    options: Mapping[str, Any]
    send_secrets: bool = True


def remote_name(repository: str) -> str:
    """The name that the remote of a repository has."""
    return f"{repository}-remote"


def read_repositories(
    server: Server,
    content_type: ContentType,
    names: Sequence[str],
    remotes: Mapping[str, str] | None = None,
) -> dict[str, RepositoryState]:
    """Read repositories and remotes of the given names in two rounds.

    `remotes`: repository name -> name of its remote, where that is not `<name>-remote`.
    """
    if not names:
        return {}
    remote_of = {name: remote_name(name) for name in names}
    remote_of.update(remotes or {})
    remote_kind = content_type.remote.for_server(server.has_version)
    repositories = read_by_key(server.client, content_type.repository, names, SYNC_STATE_FIELDS)
    found = read_by_key(server.client, remote_kind, remote_of.values())
    return {
        name: RepositoryState(repositories.get(name), found.get(remote_of[name])) for name in names
    }


def reconcile_repository(
    server: Server, spec: RepositorySpec, state: RepositoryState, result: Result
) -> None:
    """Create or update a repository and, where the options have a url, its remote.

    Brings `state` up to date, and adds the changes to `result`.
    """
    content_type, options, name = spec.content_type, spec.options, spec.options["name"]
    kind, remote_kind = (
        content_type.repository,
        content_type.remote.for_server(server.has_version),
    )
    # Both are converted before anything is written: an invalid value leaves nothing half done.
    values = to_api_values(kind.fields, options)
    remote_values = to_api_values(remote_kind.fields, remote_defaults(content_type, options))
    if values.get("retain_repo_versions") and not server.has_version("core", "3.44"):
        raise InvalidItem(
            "retain_repo_versions would delete served versions before pulpcore 3.44: leave it out"
        )
    try:
        outcome = server.reconcile(kind, name, values, state.repository)
    except ResponseError as error:
        if "unique" in error.detail and state.repository is None:
            raise InvalidItem(
                f"the name is taken by a repository of another kind, such as a push repository "
                f"(Pulp: {error.detail})"
            ) from error
        raise
    _record(result, "created" if state.repository is None else "updated", outcome)
    state.repository = outcome.current
    state.is_changed = state.is_changed or outcome.changed
    if options.get("url"):
        state.remote_is_new = state.remote_is_new or state.remote is None
        writing = ReconcileOptions(send_secrets=spec.send_secrets)
        outcome = server.reconcile(
            remote_kind, remote_name(name), remote_values, state.remote, writing
        )
        _record(result, "updated", outcome, "remote")
        state.remote = outcome.current
        state.is_changed = state.is_changed or outcome.changed


def remote_defaults(content_type: ContentType, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Options of an item with the remote's defaults: upstream_name is the repository's name."""
    if "upstream_name" in {spec.name for spec in content_type.remote.fields}:
        return {**options, "upstream_name": options.get("upstream_name") or options["name"]}
    return options


@dataclass(frozen=True)
class _Item:
    """An item of a module, and its repository on the server. `usage`: what would be deleted."""

    content_type: ContentType
    options: Mapping[str, Any]
    state: RepositoryState
    usage: Usage | None = None

    @property
    def pair(self) -> tuple[Result, _Item]:
        """The item with its result, as run_all takes it."""
        return Result(self.options["name"], self.content_type.name), self


@dataclass(frozen=True)
class RepositoryRun:
    """One run over repositories; its methods take an item and its result."""

    server: Server
    retries: Retries
    running: RunningSyncs
    send_secrets: bool = True
    syncs: bool = True
    check_source: SourceCheck = None

    def manage(self, item: _Item, result: Result) -> None:
        """Create, update or delete one repository, and sync it where the module is to."""
        if item.options["state"] == "absent":
            self._delete(item, result)
            return
        spec = RepositorySpec(item.content_type, item.options, self.send_secrets)
        reconcile_repository(self.server, spec, item.state, result)
        if self.syncs and item.options.get("url"):
            outcome = self._sync(item, item.options, result)
            if self.check_source and outcome.action == "check_mode":
                self.check_source(item.content_type.name, item.options, item.state.remote)

    def sync(self, item: _Item, result: Result) -> None:
        """Sync one repository that exists."""
        server, options, state = self.server, item.options, item.state
        if state.repository is None:
            report_missing(server, result, missing_message(server, "such repository"))
        elif state.remote is None:
            remote = options.get("remote") or remote_name(options["name"])
            report_missing(
                server, result, missing_message(server, f"remote '{remote}' to sync it from")
            )
        url = state.remote.get("url") if state.remote else None
        self._sync(item, {**options, "url": url}, result)

    def _sync(self, item: _Item, options: Mapping[str, Any], result: Result) -> SyncOutcome:
        settings = SyncSettings.from_item(item.content_type, options, self.retries)
        return sync_item(self.server, item.state, settings, self.running, result)

    def _delete(self, item: _Item, result: Result) -> None:
        """Delete repository and remote, unless something is served from either."""
        server, state = self.server, item.state
        found = {"repository": state.repository, "remote": state.remote}
        for noun, current in found.items():
            if current and item.usage:
                subject = "it" if noun == "repository" else "its remote"
                item.usage.require_unused(current["pulp_href"], subject)
        for noun, current in found.items():
            if current is None:
                continue
            result.add_change("deleted", {noun: current["name"]}, {})
            if not server.check_mode:
                server.delete(current["pulp_href"], result.name)


def manage_repositories(
    server: Server, params: Mapping[str, Any], check_source: SourceCheck = None
) -> tuple[list[Result], dict]:
    """Lists per content type -> results, in their order.

    In check mode, `check_source` is called for each item whose content a real run would sync.
    """
    work: list[tuple[Result, _Item]] = []
    for type_name, content_type in CONTENT_TYPES.items():
        items = params.get(type_name) or []
        states = read_repositories(server, content_type, [item["name"] for item in items])
        unwanted = [states[item["name"]] for item in items if item["state"] == "absent"]
        usage = _read_usage(server, content_type, unwanted)
        work += [_Item(content_type, item, states[item["name"]], usage).pair for item in items]
    refuse_invalid_names(work)
    send_secrets = params["update_secrets"] == "always"
    retries, running = Retries.from_params(params), RunningSyncs(server)
    run = RepositoryRun(server, retries, running, send_secrets, params["sync"], check_source)
    has_sync = run.syncs and any(item.options.get("url") for _result, item in work)
    limit = server.task_concurrency() if has_sync else server.write_concurrency()
    return run_all(work, run.manage, limit, server.report, run.retries.late_delay), {}


def sync_repositories(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_sync: lists per content type -> results, in their order."""
    work: list[tuple[Result, _Item]] = []
    for type_name, content_type in CONTENT_TYPES.items():
        items = params.get(type_name) or []
        remotes = {item["name"]: item["remote"] for item in items if item.get("remote")}
        names = [item["name"] for item in items]
        states = read_repositories(server, content_type, names, remotes)
        work += [_Item(content_type, item, states[item["name"]]).pair for item in items]
    refuse_invalid_names(work)
    run = RepositoryRun(server, Retries.from_params(params), RunningSyncs(server))
    limit = server.task_concurrency()
    return run_all(work, run.sync, limit, server.report, run.retries.late_delay), {}


def _read_usage(
    server: Server, content_type: ContentType, unwanted: Sequence[RepositoryState]
) -> Usage | None:
    """Which distributions depend on the repositories to delete; None where none is deleted."""
    hrefs = [state.repository["pulp_href"] for state in unwanted if state.repository]
    if not hrefs and not any(state.remote for state in unwanted):
        return None
    return read_usage(server.client, content_type, hrefs)


def _record(result: Result, action: str, outcome: ReconcileResult, key: str = "") -> None:
    """Add a change of one object to the item's result; under `key`, if there is one."""
    if not outcome.changed:
        return
    before, after = outcome.change.before, outcome.change.after
    if key:
        before = {key: before} if before else {}
        after = {key: after} if after else {}
    result.add_change(action, before, after)
