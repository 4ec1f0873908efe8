# SPDX-License-Identifier: Apache-2.0
"""Mirror: make another Pulp serve exactly the snapshots that pins name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..inventory.pins import Pin
from ..inventory.repositories import ItemError
from ..inventory.values import PACKAGE_TYPES
from ..objects.distribution import Guards, distribute, read_guards
from ..objects.pinned_source import is_mirrored, is_pinned_source, source_digest
from ..objects.publication import publish
from ..objects.repository import declare, read_repositories
from ..objects.sync import RunningSyncs, SyncSettings, late_delay, sync_repository
from ..pulp.errors import PulpError, TaskFailed
from ..pulp.planner import to_api_values
from ..pulp.pool import run_all
from ..pulp.reader import read_by_field, read_by_key, uuid_of
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, ContentType, RepositoryState
from ..report.report import Result
from .newest import served_versions
from .options import given_options, read_pins
from .snapshot import options_of

MIRRORED_LABEL = "release_train_mirrored"

# Laid under an item that does not say otherwise.
DEFAULTS: dict[str, dict[str, Any]] = {
    "rpm": {"policy": "on_demand", "sync_policy": "mirror_complete"},
    "deb": {"policy": "on_demand", "mirror": True, "mode": "verbatim"},
    "file": {"policy": "on_demand", "mirror": True},
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
class Mirrored:
    """One pin: the item to declare, its `digest`, and what the server has of it."""

    pin: Pin
    content_type: ContentType
    item: dict[str, Any]
    digest: str
    state: RepositoryState
    distribution: dict[str, Any] | None
    served_version: str | None = None

    @property
    def is_pinned(self) -> bool:
        """Whether the snapshot never changes at its source: its path ends in a stamp."""
        return is_pinned_source(self.item["url"])

    @property
    def is_latest(self) -> bool:
        """Whether the repository's latest version was mirrored from this snapshot, and is served.

        The label on the repository says so, also where the distribution was made by others.
        """
        repository, remote = self.state.repository, self.state.remote
        if repository is None or remote is None or self.distribution is None:
            return False
        if not self.is_pinned:
            return False
        if self.served_version != repository["latest_version_href"]:
            return False
        return is_mirrored(self.content_type, self.item, repository, remote)

    @property
    def is_recorded(self) -> bool:
        """Whether the distribution's own label says that it serves this snapshot.

        The remote has to be there, because content that is fetched on demand comes through it.
        """
        publication = (self.distribution or {}).get("publication")
        if not publication or self.state.remote is None or not self.is_pinned:
            return False
        return self._labels.get(MIRRORED_LABEL) == self._record(publication)

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to ask for: content, path and guard are as wanted."""
        current = self.distribution or {}
        placed = all(current.get(name) == value for name, value in self.place().items())
        return placed and (self.is_recorded or self.is_latest)

    def place(self) -> dict[str, Any]:
        """Fields of the distribution that say where and for whom: everybody."""
        return {"base_path": self.pin.snapshot_path, "content_guard": None}

    def labels(self, publication: str) -> dict[str, str]:
        """Labels of the distribution once it serves this publication (href), users' own kept."""
        return {**self._labels, MIRRORED_LABEL: self._record(publication)}

    @property
    def _labels(self) -> dict[str, str]:
        return (self.distribution or {}).get("pulp_labels") or {}

    def _record(self, publication: str) -> str:
        return f"{self.digest}.{uuid_of(publication)}"


def read_mirrored(server: Server, pins: Sequence[Pin], settings: MirrorSettings) -> list[Mirrored]:
    """Pins in the order of CONTENT_TYPES; what costs requests are types and pages, not pins."""
    mirrored: list[Mirrored] = []
    for name, content_type in CONTENT_TYPES.items():
        ours = [pin for pin in pins if pin.content_type == name]
        if ours:
            mirrored += _read(server, content_type, ours, settings)
    return mirrored


def _read(
    server: Server, content_type: ContentType, pins: Sequence[Pin], settings: MirrorSettings
) -> list[Mirrored]:
    items = [_item(pin, settings) for pin in pins]
    states = read_repositories(server, content_type, [item["name"] for item in items])
    kind = content_type.distribution
    names = [pin.snapshot_name + settings.distribution_suffix for pin in pins]
    by_name = read_by_key(server.client, kind, names)
    lost = [pin.snapshot_path for pin, name in zip(pins, names) if name not in by_name]
    by_path = read_by_field(
        server.client, kind.endpoint, "base_path", lost, (*kind.readable, "name")
    )
    mirrored = [
        Mirrored(
            pin,
            content_type,
            _same_url(item, states[item["name"]]),
            _digest(content_type, item),
            states[item["name"]],
            by_name.get(name) or by_path.get(pin.snapshot_path),
        )
        for pin, item, name in zip(pins, items, names)
    ]
    served = [(one.distribution or {}).get("publication") or "" for one in mirrored]
    versions = served_versions(server, content_type, served)
    for one, href in zip(mirrored, served):
        one.served_version = versions.get(href)
    return mirrored


def _digest(content_type: ContentType, item: Mapping[str, Any]) -> str:
    """What an item asks for. What it leaves open is of no account, nor is the remote's spelling."""
    source = to_api_values(content_type.remote.fields, item)
    return source_digest(content_type, source, to_api_values(content_type.sync_fields, item))


def _item(pin: Pin, settings: MirrorSettings) -> dict[str, Any]:
    """What to declare for a pin: the snapshot's own URL on the source, never upstream's."""
    repository = pin.repository
    own = {key: value for key, value in options_of(repository).items() if value is not None}
    kept = ("sync_policy", "mirror", "distributions", "components", "architectures")
    defaults = {**DEFAULTS[pin.content_type], **settings.defaults.get(pin.content_type, {})}
    return {
        **defaults,
        **{key: own[key] for key in kept if key in own},
        **settings.remote,
        "name": f"{repository.name}{settings.repository_suffix}",
        "url": f"{settings.source_url.rstrip('/')}/pulp/content/{pin.snapshot_path}"
        f"{CONTENT_TYPES[pin.content_type].manifest}",
        "mode": repository.mode or defaults.get("mode"),
    }


def _same_url(item: dict[str, Any], state: RepositoryState) -> dict[str, Any]:
    """The item with the URL that the remote has, if that is another spelling of the same."""
    url = (state.remote or {}).get("url") or ""
    return {**item, "url": url} if url.rstrip("/") == item["url"] else item


SOURCE: dict[str, dict[str, Any]] = {
    "source_url": {"type": "str", "required": True},
    "source_username": {"type": "str"},
    "source_password": {"type": "str", "no_log": True},
    "source_validate_certs": {"type": "bool"},
    "source_ca_cert": {"type": "str"},
    "repository_suffix": {"type": "str", "default": ""},
    "distribution_suffix": {"type": "str", "default": ""},
}

# What a content app answers to those who may not read, or may not even know.
_REFUSED = re.compile(r"\b(401|403|404)\b")


def mirror_packages(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module package_mirror: parameters -> results, and what else it returns."""
    own = {name: given_options(params[f"{name}_mirror_defaults"]) for name in PACKAGE_TYPES}
    under = {
        f"{name}_defaults": {**given_options(params[f"{name}_defaults"]), **own[name]}
        for name in PACKAGE_TYPES
    }
    resolved, selected = read_pins({**params, **under}, "mirror")
    for warning in resolved.warnings:
        server.report.warn(warning)
    broken = [_malformed(error, params["package_versions"]) for error in resolved.errors]
    results = mirror_pins(server, resolved.pins, mirror_settings(params, own), broken)
    return results, {"selected": selected, "unknown_pins": resolved.unknown}


def mirror_settings(
    params: Mapping[str, Any], defaults: Mapping[str, Mapping[str, Any]]
) -> MirrorSettings:
    """From a module's parameters, with what is laid under the items of each content type."""
    remote = {
        "remote_username": params["source_username"],
        "remote_password": params["source_password"],
        "tls_validation": params["source_validate_certs"],
        "ca_cert": params["source_ca_cert"],
    }
    return MirrorSettings(
        source_url=params["source_url"],
        remote={key: value for key, value in remote.items() if value is not None},
        defaults=defaults,
        repository_suffix=params["repository_suffix"],
        distribution_suffix=params["distribution_suffix"],
        syncing=params,
        send_secrets=params["update_secrets"],
    )


def mirror_pins(
    server: Server, pins: Sequence[Pin], settings: MirrorSettings, broken: Sequence[Result] = ()
) -> list[Result]:
    """Repository, remote, sync, publication and distribution of each pin, at its own pace.

    A pin that is served already costs no Pulp task and no request of its own. Returns a result
    per pin, and last those of pins that have failed before (`broken`).
    """
    work = read_mirrored(server, pins, settings)
    guards = read_guards(
        server, [], {(one.distribution or {}).get("content_guard") or "" for one in work}
    )
    running = RunningSyncs(server)

    def walk(one: Mirrored | None, result: Result) -> None:
        if one:
            _walk(server, one, settings, guards, running, result)

    pairs: list[tuple[Result, Mirrored | None]] = [(_result(one), one) for one in work]
    pairs += [(result, None) for result in broken]
    idle = settings.send_secrets != "all" and all(one.is_done for one in work)
    at_once = 1 if idle else server.task_concurrency()
    return run_all(pairs, walk, at_once, server.report, late_delay(settings.syncing))


def _result(one: Mirrored) -> Result:
    pin = one.pin
    more = {"short_name": pin.short_name, "stamp": pin.stamp, "base_path": pin.snapshot_path}
    return Result(one.item["name"], one.content_type.name, more=more)


def _malformed(error: ItemError, stamps: Mapping[str, Any]) -> Result:
    more = {"short_name": error.short_name, "stamp": stamps[error.short_name]}
    return Result(error.name, error.content_type, error=error.message, more=more)


def _walk(
    server: Server,
    one: Mirrored,
    settings: MirrorSettings,
    guards: Guards,
    running: RunningSyncs,
    result: Result,
) -> None:
    is_latest, is_recorded = one.is_latest, one.is_recorded
    if is_latest or not is_recorded:
        send_secrets = settings.send_secrets in ({"all"} if is_latest else {"all", "always"})
        declare(server, one.content_type, one.item, one.state, result, send_secrets)
    elif settings.send_secrets == "all":
        # The remote serves another pin by now, and this one still fetches its content through it.
        item = {**settings.remote, "name": one.item["name"], "url": (one.state.remote or {})["url"]}
        declare(server, one.content_type, item, one.state, result)
    wanted = one.place()
    if not is_latest and not is_recorded:
        _sync(server, one, settings, running, result)
        if one.state.repository is None and server.check_mode:
            return
        wanted.update(_source(server, one, result))
    name = (one.distribution or {}).get("name") or (
        one.pin.snapshot_name + settings.distribution_suffix
    )
    result.more["snapshot"] = name
    distribute(server, one.content_type, name, wanted, one.distribution, guards, result)


def _sync(
    server: Server, one: Mirrored, settings: MirrorSettings, running: RunningSyncs, result: Result
) -> None:
    item = {**one.item, "pinned": one.is_pinned}
    how = SyncSettings.of(one.content_type, item, settings.syncing)
    try:
        sync_repository(server, one.content_type, item, one.state, how, running, result)
    except TaskFailed as error:
        raise _explained(error, one, settings) from error


def _explained(error: TaskFailed, one: Mirrored, settings: MirrorSettings) -> PulpError:
    """The same error, with what to look at when the source would not give the snapshot."""
    if not _REFUSED.search(error.detail):
        return error
    user = settings.remote.get("remote_username")
    reader = f"user '{user}' may not read it with this password" if user else "it is not public"
    return PulpError(f"{error}: the source has no {one.pin.snapshot_name}, or {reader}")


def _source(server: Server, one: Mirrored, result: Result) -> dict[str, Any]:
    """Fields of the distribution that say what is served: {} when that is the latest version."""
    version = (one.state.repository or {})["latest_version_href"]
    if one.served_version == version:
        return {}
    publication = _publication(server, one, version, result)
    # How a sync that was joined went about it is not known; check mode knows no publication yet.
    if publication is None or server.check_mode or result.more.get("sync") == "joined":
        return {"publication": publication}
    return {"publication": publication, "pulp_labels": one.labels(publication)}


def _publication(server: Server, one: Mirrored, version: str, result: Result) -> str | None:
    mirrored = one.content_type.is_mirrored_by(one.item.get("sync_policy"))
    made = result.more.get("publications") or []
    if mirrored and made:
        return str(made[-1])
    href, _duplicates = publish(
        server, one.content_type, result.name, version, one.item["mode"], mirrored, result
    )
    return href
