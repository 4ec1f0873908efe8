# SPDX-License-Identifier: Apache-2.0
"""Repositories with their remotes: declare, sync in the same walk when asked to, remove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..pulp.errors import InvalidItem, ResponseError
from ..pulp.planner import to_api_values
from ..pulp.pool import refuse_duplicates, run_all
from ..pulp.reader import read_by_key
from ..pulp.references import Usage, missing_message, read_usage, report_missing
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, ContentType, RepositoryState
from ..report.report import Result
from .sync import SYNC_STATE_FIELDS, RunningSyncs, SyncSettings, late_delay, sync_repository


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
    of = {name: remote_name(name) for name in names}
    of.update(remotes or {})
    repositories = read_by_key(server.client, content_type.repository, names, SYNC_STATE_FIELDS)
    there = read_by_key(
        server.client, content_type.remote.for_server(server.has_version), of.values()
    )
    return {name: RepositoryState(repositories.get(name), there.get(of[name])) for name in names}


def declare(
    server: Server,
    content_type: ContentType,
    item: Mapping[str, Any],
    state: RepositoryState,
    result: Result,
    send_secrets: bool = True,
) -> None:
    """Make one repository and, where the item has a url, its remote as the item says."""
    name = item["name"]
    kind, remote_kind = content_type.repository, content_type.remote.for_server(server.has_version)
    # Both before anything is written, so that a wrong value leaves nothing half made.
    wanted = to_api_values(kind.fields, item)
    source = to_api_values(remote_kind.fields, remote_defaults(content_type, item))
    if wanted.get("retain_repo_versions") and not server.has_version("core", "3.44"):
        raise InvalidItem(
            "retain_repo_versions would delete served versions before pulpcore 3.44: leave it out"
        )
    try:
        outcome = server.reconcile(kind, name, wanted, state.repository)
    except ResponseError as error:
        if "unique" in error.detail and state.repository is None:
            raise InvalidItem(
                f"the name is taken by a repository of another kind, such as a push repository "
                f"(Pulp: {error.detail})"
            ) from error
        raise
    _take(result, "created" if state.repository is None else "updated", outcome)
    state.repository = outcome.current
    if item.get("url"):
        remote = remote_name(name)
        state.remote_is_new = state.remote is None
        outcome = server.reconcile(remote_kind, remote, source, state.remote, send_secrets)
        _take(result, "updated", outcome, "remote")
        state.remote = outcome.current


def remote_defaults(content_type: ContentType, item: Mapping[str, Any]) -> Mapping[str, Any]:
    """An item as its remote wants it: an image's upstream name is its own unless given."""
    if "upstream_name" in {spec.name for spec in content_type.remote.fields}:
        return {**item, "upstream_name": item.get("upstream_name") or item["name"]}
    return item


def declare_repositories(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_repository: lists per content type -> results, in their order."""
    send_secrets = params["update_secrets"] == "always"
    work: list[tuple[Result, Any]] = []
    running = RunningSyncs(server)
    for type_name, content_type in CONTENT_TYPES.items():
        items = params.get(type_name) or []
        states = read_repositories(server, content_type, [item["name"] for item in items])
        going = [states[item["name"]] for item in items if item["state"] == "absent"]
        usage = _usage(server, content_type, going)
        for item in items:
            pair = (content_type, item, states[item["name"]], usage)
            work.append((Result(item["name"], type_name), pair))
    refuse_duplicates(work)

    def walk(pair: Any, result: Result) -> None:
        content_type, item, state, usage = pair
        if item["state"] == "absent":
            _remove(server, state, usage, result)
            return
        declare(server, content_type, item, state, result, send_secrets)
        if params["sync"] and item.get("url"):
            settings = SyncSettings.of(content_type, item, params)
            sync_repository(server, content_type, item, state, settings, running, result)

    syncs = params["sync"] and any(item[1].get("url") for _result, item in work)
    at_once = server.task_concurrency() if syncs else server.write_concurrency()
    return run_all(work, walk, at_once, server.report, late_delay(params)), {}


def sync_repositories(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_sync: lists per content type -> results, in their order."""
    work: list[tuple[Result, Any]] = []
    running = RunningSyncs(server)
    for type_name, content_type in CONTENT_TYPES.items():
        items = params.get(type_name) or []
        remotes = {item["name"]: item["remote"] for item in items if item.get("remote")}
        names = [item["name"] for item in items]
        states = read_repositories(server, content_type, names, remotes)
        work += [
            (Result(item["name"], type_name), (content_type, item, states[item["name"]]))
            for item in items
        ]
    refuse_duplicates(work)

    def walk(pair: Any, result: Result) -> None:
        content_type, item, state = pair
        if state.repository is None:
            report_missing(server, result, missing_message(server, "such repository"))
        elif state.remote is None:
            remote = item.get("remote") or remote_name(item["name"])
            report_missing(
                server, result, missing_message(server, f"remote '{remote}' to sync it from")
            )
        source = {**item, "url": (state.remote or {}).get("url")}
        settings = SyncSettings.of(content_type, source, params)
        sync_repository(server, content_type, item, state, settings, running, result)

    at_once = server.task_concurrency()
    return run_all(work, walk, at_once, server.report, late_delay(params)), {}


def _usage(
    server: Server, content_type: ContentType, going: Sequence[RepositoryState]
) -> Usage | None:
    """What is served, with who serves from the repositories that are to go; None: nothing goes."""
    hrefs = [state.repository["pulp_href"] for state in going if state.repository]
    if not hrefs and not any(state.remote for state in going):
        return None
    return read_usage(server.client, content_type, hrefs)


def _remove(server: Server, state: RepositoryState, usage: Usage | None, result: Result) -> None:
    """Delete repository and remote, unless something is served from either."""
    there = {"repository": state.repository, "remote": state.remote}
    for noun, current in there.items():
        if current and usage:
            usage.require_unused(
                current["pulp_href"], "it" if noun == "repository" else "its remote"
            )
    for noun, current in there.items():
        if current is None:
            continue
        result.add_change("deleted", {noun: current["name"]}, {})
        if not server.check_mode:
            server.delete(current["pulp_href"], result.name)


def _take(result: Result, action: str, outcome: Any, under: str = "") -> None:
    """Add what reconciling one object did to the item's result."""
    if not outcome.changed:
        return
    before, after = outcome.change.before, outcome.change.after
    if under:
        before = {under: before} if before else {}
        after = {under: after} if after else {}
    result.add_change(action, before, after)
