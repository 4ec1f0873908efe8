# SPDX-License-Identifier: Apache-2.0
"""Mirror: make another Pulp serve exactly the snapshots that pins name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_distribution import (
    distribute,
    read_guards,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import (
    PulpError,
    TaskFailed,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_pipeline import run_all
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_publication import (
    publish,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_reader import (
    read_by,
    read_kind,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_report import Result
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_repository import (
    RepositoryState,
    declare,
    read_repositories,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_server import Server
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_sync import (
    RunningSyncs,
    SyncSettings,
    is_mirrored,
    sync_repository,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_types import (
    CONTENT_TYPES,
    ContentType,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_inventory import (
    ItemError,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_newest import (
    served_versions,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_packages import (
    given_options,
    pinned,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_pins import Pin
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_snapshot import (
    options_of,
)

__all__ = ["MirrorSettings", "mirror_packages", "mirror_pins"]

# What a content app answers to those who may not read, or may not even know.
_REFUSED = re.compile(r"\b(401|403|404)\b")
# Laid under an item that does not say otherwise.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "rpm": {"policy": "on_demand", "sync_policy": "mirror_complete"},
    "deb": {"policy": "on_demand", "mirror": True},
}


@dataclass(frozen=True)
class MirrorSettings:
    """Where from and under which names. `remote`: the source's credentials and trust, as remote
    options of pulp_repository; `defaults`: by content type, laid under every item; `syncing`:
    `retries` and `retry_delay` as the sync takes them; `send_secrets`: always (to what is going
    to be synced), all, or on_create."""

    source_url: str
    remote: Mapping[str, Any]
    defaults: Mapping[str, Mapping[str, Any]]
    repository_suffix: str
    distribution_suffix: str
    syncing: Mapping[str, Any]
    send_secrets: str


@dataclass
class _Work:
    """One pin on its way: the item to declare, and what the server has of it."""

    pin: Pin
    content_type: ContentType
    item: dict[str, Any]
    state: RepositoryState
    distribution: dict[str, Any] | None
    served_version: str | None = None


def mirror_packages(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module package_mirror: parameters -> results, and what else it returns."""
    own = {name: given_options(params[f"{name}_mirror_defaults"]) for name in _DEFAULTS}
    under = {
        f"{name}_defaults": {**given_options(params[f"{name}_defaults"]), **own[name]}
        for name in _DEFAULTS
    }
    resolved, selected = pinned({**params, **under}, "mirror")
    for warning in resolved.warnings:
        server.report.warn(warning)
    remote = {
        "remote_username": params["source_username"],
        "remote_password": params["source_password"],
        "tls_validation": params["source_validate_certs"],
        "ca_cert": params["source_ca_cert"],
    }
    settings = MirrorSettings(
        source_url=params["source_url"],
        remote={key: value for key, value in remote.items() if value is not None},
        defaults=own,
        repository_suffix=params["repository_suffix"],
        distribution_suffix=params["distribution_suffix"],
        syncing=params,
        send_secrets=params["update_secrets"],
    )
    broken = [_malformed(error, params["package_versions"]) for error in resolved.errors]
    results = mirror_pins(server, resolved.pins, settings, broken)
    return results, {"selected": selected, "unknown_pins": resolved.unknown}


def mirror_pins(
    server: Server, pins: Sequence[Pin], settings: MirrorSettings, broken: Sequence[Result] = ()
) -> list[Result]:
    """Repository, remote, sync, publication and distribution of each pin, at its own pace.

    A pin that is served already costs no Pulp task and no request of its own. Returns a result
    per pin, and last those of pins that have failed before (`broken`).
    """
    work: list[_Work] = []
    for name, content_type in CONTENT_TYPES.items():
        ours = [pin for pin in pins if pin.content_type == name]
        work += _read(server, content_type, ours, settings)
    guards = read_guards(server, [])
    running = RunningSyncs(server)

    def walk(one: _Work | None, result: Result) -> None:
        if one:
            _walk(server, one, settings, guards, running, result)

    pairs: list[tuple[Result, _Work | None]] = [(_result(one), one) for one in work]
    pairs += [(result, None) for result in broken]
    idle = settings.send_secrets != "all" and all(map(_is_done, work))
    at_once = 1 if idle else server.tasks_at_once()
    return run_all(pairs, walk, at_once, server.report)


def _malformed(error: ItemError, stamps: Mapping[str, Any]) -> Result:
    more = {"short_name": error.short_name, "stamp": stamps[error.short_name]}
    return Result(error.name, error.content_type, error=error.message, more=more)


def _result(one: _Work) -> Result:
    pin = one.pin
    more = {"short_name": pin.short_name, "stamp": pin.stamp, "base_path": pin.snapshot_path}
    return Result(one.item["name"], one.content_type.name, more=more)


def _read(
    server: Server, content_type: ContentType, pins: Sequence[Pin], settings: MirrorSettings
) -> list[_Work]:
    if not pins:
        return []
    items = [_item(pin, settings) for pin in pins]
    states = read_repositories(server, content_type, [item["name"] for item in items])
    kind = content_type.distribution
    names = [pin.snapshot_name + settings.distribution_suffix for pin in pins]
    by_name = read_kind(server.client, kind, names)
    lost = [pin.snapshot_path for pin, name in zip(pins, names) if name not in by_name]
    by_path = read_by(server.client, kind.endpoint, "base_path", lost, (*kind.readable, "name"))
    work = [
        _Work(
            pin,
            content_type,
            _same_url(item, states[item["name"]]),
            states[item["name"]],
            by_name.get(name) or by_path.get(pin.snapshot_path),
        )
        for pin, item, name in zip(pins, items, names)
    ]
    served = [(one.distribution or {}).get("publication") or "" for one in work]
    versions = served_versions(server, content_type, served)
    for one, href in zip(work, served):
        one.served_version = versions.get(href)
    return work


def _item(pin: Pin, settings: MirrorSettings) -> dict[str, Any]:
    """What to declare for a pin: the snapshot's own URL on the source, never upstream's."""
    repository = pin.repository
    own = {key: value for key, value in options_of(repository).items() if value is not None}
    kept = ("sync_policy", "mirror", "distributions", "components", "architectures")
    defaults = {**_DEFAULTS[pin.content_type], **settings.defaults.get(pin.content_type, {})}
    return {
        **defaults,
        **{key: own[key] for key in kept if key in own},
        **settings.remote,
        "name": f"{repository.name}{settings.repository_suffix}",
        "url": f"{settings.source_url.rstrip('/')}/pulp/content/{pin.snapshot_path}",
        "mode": repository.mode or defaults.get("mode"),
    }


def _same_url(item: dict[str, Any], state: RepositoryState) -> dict[str, Any]:
    """The item with the URL that the remote has, if that is another spelling of the same."""
    url = (state.remote or {}).get("url") or ""
    return {**item, "url": url} if url.rstrip("/") == item["url"] else item


def _is_done(one: _Work) -> bool:
    """Everything is as wanted and was mirrored from this very snapshot: nothing to ask for."""
    repository, remote = one.state.repository, one.state.remote
    if repository is None or remote is None or one.distribution is None:
        return False
    if one.served_version != repository["latest_version_href"]:
        return False
    return is_mirrored(one.content_type, one.item, repository, remote)


def _walk(
    server: Server,
    one: _Work,
    settings: MirrorSettings,
    guards: Any,
    running: RunningSyncs,
    result: Result,
) -> None:
    done = _is_done(one)
    send_secrets = settings.send_secrets in ({"all"} if done else {"all", "always"})
    declare(server, one.content_type, one.item, one.state, result, send_secrets)
    if not done:
        item = {**one.item, "pinned": True}
        how = SyncSettings.of(one.content_type, item, settings.syncing)
        try:
            sync_repository(server, one.content_type, item, one.state, how, running, result)
        except TaskFailed as error:
            raise _explained(error, one, settings) from error
    if one.state.repository is None and server.check_mode:
        return
    version = (one.state.repository or {})["latest_version_href"]
    wanted: dict[str, Any] = {"base_path": one.pin.snapshot_path, "content_guard": None}
    if one.served_version != version:
        wanted["publication"] = _publication(server, one, version, result)
    name = (one.distribution or {}).get("name") or (
        one.pin.snapshot_name + settings.distribution_suffix
    )
    result.more["snapshot"] = name
    distribute(server, one.content_type, name, wanted, one.distribution, guards, result)


def _explained(error: TaskFailed, one: _Work, settings: MirrorSettings) -> PulpError:
    """The same error, with what to look at when the source would not give the snapshot."""
    if not _REFUSED.search(error.words):
        return error
    user = settings.remote.get("remote_username")
    reader = f"user '{user}' may not read it with this password" if user else "it is not public"
    return PulpError(f"{error}: the source has no {one.pin.snapshot_name}, or {reader}")


def _publication(server: Server, one: _Work, version: str, result: Result) -> str | None:
    made = [
        href
        for href in result.more.get("publications") or []
        if one.item.get("sync_policy") == one.content_type.mirrors_by_sync
    ]
    if made:
        return str(made[-1])
    mirrored = one.item.get("sync_policy") == (one.content_type.mirrors_by_sync or object())
    href, _duplicates = publish(
        server, one.content_type, result.name, version, one.item["mode"], mirrored, result
    )
    return href
