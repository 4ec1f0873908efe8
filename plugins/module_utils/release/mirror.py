# SPDX-License-Identifier: Apache-2.0
"""Mirror: make another Pulp serve exactly the snapshots that pins name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ..inventory.pins import Pin
from ..inventory.repositories import ItemError
from ..inventory.values import PACKAGE_TYPES
from ..objects.distribution import DistributionSpec, Guards, read_guards, reconcile_distribution
from ..objects.pinned_source import is_mirrored, is_pinned_source, source_digest
from ..objects.publication import PublicationSpec, publish
from ..objects.repository import RepositorySpec, read_repositories, reconcile_repository
from ..objects.sync import Retries, RunningSyncs, SyncOutcome, SyncSettings, sync_item
from ..pulp.content_app import DEFAULT_PREFIX, below_prefix
from ..pulp.errors import PulpError, TaskFailed
from ..pulp.planner import to_api_values
from ..pulp.pool import run_all
from ..pulp.reader import read_by_field, read_by_key, uuid_of
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, ContentType, RepositoryState
from ..report.report import Result
from .newest import served_versions
from .options import given_options, read_pins
from .snapshot import repository_options
from .source import SourceCheck, not_served, open_source

MIRRORED_LABEL = "release_train_mirrored"

# Default values of every item, by content type.
DEFAULTS: dict[str, dict[str, Any]] = {
    "rpm": {"policy": "on_demand", "sync_policy": "mirror_complete"},
    "deb": {"policy": "on_demand", "mirror": True, "mode": "verbatim"},
    "file": {"policy": "on_demand", "mirror": True},
}

SOURCE: dict[str, dict[str, Any]] = {
    "source_url": {"type": "str", "required": True},
    "source_username": {"type": "str"},
    "source_password": {"type": "str", "no_log": True},
    "source_validate_certs": {"type": "bool"},
    "source_ca_cert": {"type": "str"},
    "source_content_path_prefix": {"type": "str", "default": DEFAULT_PREFIX},
    "repository_suffix": {"type": "str", "default": ""},
    "distribution_suffix": {"type": "str", "default": ""},
}

# What a content app responds to accounts that may not read, or may not know what exists.
_DENIED = re.compile(r"\b(401|403|404)\b")


@dataclass(frozen=True)
class MirrorSettings:
    """Where snapshots come from, and under which names.

    `remote`: credentials and trust of the source, as options of pulp_repository. `defaults`: of
    every item, by content type. The suffixes are appended to the names of repositories and
    distributions. `send_secrets`: to remotes that are synced (always), all, or new ones only
    (on_create). `source_prefix`: of the content app of the source.
    """

    source_url: str
    remote: Mapping[str, Any]
    defaults: Mapping[str, Mapping[str, Any]]
    repository_suffix: str = ""
    distribution_suffix: str = ""
    send_secrets: str = "always"
    source_prefix: str = DEFAULT_PREFIX
    retries: Retries = Retries()

    @classmethod
    def from_params(
        cls, params: Mapping[str, Any], defaults: Mapping[str, Mapping[str, Any]]
    ) -> MirrorSettings:
        """From a module's parameters, with default values of the items of each content type."""
        remote = {
            "remote_username": params["source_username"],
            "remote_password": params["source_password"],
            "tls_validation": params["source_validate_certs"],
            "ca_cert": params["source_ca_cert"],
        }
        return cls(
            source_url=params["source_url"],
            remote=given_options(remote),
            defaults=defaults,
            repository_suffix=params["repository_suffix"],
            distribution_suffix=params["distribution_suffix"],
            send_secrets=params["update_secrets"],
            source_prefix=params["source_content_path_prefix"],
            retries=Retries.from_params(params),
        )

    def repository_options(self, pin: Pin) -> dict[str, Any]:
        """The repository of a pin, synced from the snapshot's own URL on the source."""
        repository = pin.repository
        own = given_options(repository_options(repository))
        names = ("sync_policy", "mirror", "distributions", "components", "architectures")
        defaults = {**DEFAULTS[pin.content_type], **self.defaults.get(pin.content_type, {})}
        return {
            **defaults,
            **{name: own[name] for name in names if name in own},
            **self.remote,
            "name": f"{repository.name}{self.repository_suffix}",
            "url": f"{below_prefix(self.source_url, self.source_prefix)}{pin.snapshot_path}"
            f"{CONTENT_TYPES[pin.content_type].manifest}",
            "mode": repository.mode or defaults.get("mode"),
        }


@dataclass
class MirrorItem:
    """A pin, the options of its repository with their `digest`, and what the server has of it.

    `name`: of a new distribution. `served_version`: the repository version (href) that the
    distribution serves.
    """

    pin: Pin
    content_type: ContentType
    options: dict[str, Any]
    digest: str
    state: RepositoryState
    name: str
    distribution: dict[str, Any] | None
    served_version: str | None = None

    @property
    def is_pinned(self) -> bool:
        """Whether the snapshot never changes at its source: its path ends in a stamp."""
        return is_pinned_source(self.options["url"])

    @property
    def is_latest(self) -> bool:
        """Whether the repository's latest version was synced from this snapshot, and is served.

        The label of the repository decides, also where others created the distribution.
        """
        repository, remote = self.state.repository, self.state.remote
        if repository is None or remote is None or self.distribution is None:
            return False
        if not self.is_pinned or self.served_version != repository["latest_version_href"]:
            return False
        return is_mirrored(self.content_type, self.options, repository, remote)

    @property
    def is_recorded(self) -> bool:
        """Whether a label of the distribution records that it serves this snapshot.

        The remote must exist, since content that is downloaded on demand comes through it.
        """
        if not self.publication or self.state.remote is None or not self.is_pinned:
            return False
        return self._labels.get(MIRRORED_LABEL) == self._record(self.publication)

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to do: content, path and guard are as wanted."""
        placed = all(self._current.get(name) == value for name, value in self.place().items())
        return placed and (self.is_recorded or self.is_latest)

    @property
    def publication(self) -> str:
        """The publication (href) that the distribution serves; empty without one."""
        return str(self._current.get("publication") or "")

    def place(self) -> dict[str, Any]:
        """The path and the guard of the distribution: anonymous clients may read it."""
        return {"base_path": self.pin.snapshot_path, "content_guard": None}

    def labels(self, publication: str) -> dict[str, str]:
        """Labels of the distribution once it serves this publication (href), users' own kept."""
        return {**self._labels, MIRRORED_LABEL: self._record(publication)}

    def result(self) -> Result:
        """The result of the item, before anything was done."""
        pin = self.pin
        more = {"short_name": pin.short_name, "stamp": pin.stamp, "base_path": pin.snapshot_path}
        return Result(self.options["name"], self.content_type.name, more=more)

    @property
    def _current(self) -> dict[str, Any]:
        return self.distribution or {}

    @property
    def _labels(self) -> dict[str, str]:
        return self._current.get("pulp_labels") or {}

    def _record(self, publication: str) -> str:
        return f"{self.digest}.{uuid_of(publication)}"


def read_mirror_items(
    server: Server, pins: Sequence[Pin], settings: MirrorSettings
) -> list[MirrorItem]:
    """Read the state of pins, in the order of CONTENT_TYPES.

    The number of requests grows with types and pages, not with pins.
    """
    items: list[MirrorItem] = []
    for name, content_type in CONTENT_TYPES.items():
        of_type = [pin for pin in pins if pin.content_type == name]
        if of_type:
            items += _read(server, content_type, of_type, settings)
    return items


def _read(
    server: Server, content_type: ContentType, pins: Sequence[Pin], settings: MirrorSettings
) -> list[MirrorItem]:
    every = [settings.repository_options(pin) for pin in pins]
    states = read_repositories(server, content_type, [options["name"] for options in every])
    kind = content_type.distribution
    names = [pin.snapshot_name + settings.distribution_suffix for pin in pins]
    by_name = read_by_key(server.client, kind, names)
    lost = [pin.snapshot_path for pin, name in zip(pins, names) if name not in by_name]
    fields = (*kind.readable, "name")
    by_path = read_by_field(server.client, kind.endpoint, "base_path", lost, fields)
    items = [
        MirrorItem(
            pin,
            content_type,
            _with_known_url(options, states[options["name"]]),
            _digest(content_type, options),
            states[options["name"]],
            name,
            by_name.get(name) or by_path.get(pin.snapshot_path),
        )
        for pin, options, name in zip(pins, every, names)
    ]
    versions = served_versions(server, content_type, [item.publication for item in items])
    for item in items:
        item.served_version = versions.get(item.publication)
    return items


def _digest(content_type: ContentType, options: Mapping[str, Any]) -> str:
    """A digest of the options that are set, whatever names or spelling the remote has."""
    source = to_api_values(content_type.remote.fields, options)
    return source_digest(content_type, source, to_api_values(content_type.sync_fields, options))


def _with_known_url(options: dict[str, Any], state: RepositoryState) -> dict[str, Any]:
    """The options with the URL that the remote has, if that is another spelling of the same."""
    url = (state.remote.get("url") or "") if state.remote else ""
    return {**options, "url": url} if url.rstrip("/") == options["url"] else options


def mirror_packages(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module package_mirror: parameters -> results, and what else it returns."""
    own = {name: given_options(params[f"{name}_mirror_defaults"]) for name in PACKAGE_TYPES}
    defaults = {
        f"{name}_defaults": {**given_options(params[f"{name}_defaults"]), **own[name]}
        for name in PACKAGE_TYPES
    }
    resolved, selected = read_pins({**params, **defaults}, "mirror")
    for warning in resolved.warnings:
        server.report.warn(warning)
    malformed = [_malformed(error, params["package_versions"]) for error in resolved.errors]
    settings = MirrorSettings.from_params(params, own)
    results = mirror_pins(server, resolved.pins, settings, malformed)
    return results, {"selected": selected, "unknown_pins": resolved.unknown}


def mirror_pins(
    server: Server, pins: Sequence[Pin], settings: MirrorSettings, malformed: Sequence[Result] = ()
) -> list[Result]:
    """Repository, remote, sync, publication and distribution of each pin, at its own pace.

    A pin that is served already costs no Pulp task and no request of its own. Returns a result
    per pin, and last those of `malformed` items. In check mode, a pin that the source does not serve is
    an error, too.
    """
    with ExitStack() as stack:
        source = None
        if server.check_mode:
            opened = open_source(
                server, settings.source_url, settings.remote, settings.source_prefix
            )
            source = stack.enter_context(opened)
        return _mirror_pins(server, pins, settings, malformed, source)


def _mirror_pins(
    server: Server,
    pins: Sequence[Pin],
    settings: MirrorSettings,
    malformed: Sequence[Result],
    source: SourceCheck | None,
) -> list[Result]:
    items = read_mirror_items(server, pins, settings)
    in_use = {item.distribution.get("content_guard") or "" for item in items if item.distribution}
    guards = read_guards(server, [], in_use)
    run = MirrorRun(server, settings, guards, RunningSyncs(server), source)
    pairs: list[tuple[Result, MirrorItem | None]] = [(item.result(), item) for item in items]
    pairs += [(result, None) for result in malformed]

    def mirror(item: MirrorItem | None, result: Result) -> None:
        if item:
            run.mirror(item, result)

    idle = settings.send_secrets != "all" and all(item.is_done for item in items)
    limit = 1 if idle else server.task_concurrency()
    return run_all(pairs, mirror, limit, server.report, settings.retries.late_delay)


def _malformed(error: ItemError, stamps: Mapping[str, Any]) -> Result:
    more = {"short_name": error.short_name, "stamp": stamps[error.short_name]}
    return Result(error.name, error.content_type, error=error.message, more=more)


@dataclass(frozen=True)
class MirrorRun:
    """One run that mirrors snapshots; its methods take an item and its result."""

    server: Server
    settings: MirrorSettings
    guards: Guards
    running: RunningSyncs
    source: SourceCheck | None = None

    def mirror(self, item: MirrorItem, result: Result) -> None:
        """Make the server serve one snapshot."""
        is_latest, is_recorded = item.is_latest, item.is_recorded
        if self.source and not is_latest and not is_recorded:
            self.source.require(item.pin)
        self._update_remote(item, result, is_latest, is_recorded)
        values = item.place()
        if not is_latest and not is_recorded:
            outcome = self._sync(item, result)
            if item.state.repository is None and self.server.check_mode:
                return
            values.update(self._source(item, result, outcome))
        name = item.distribution["name"] if item.distribution else item.name
        result.more["snapshot"] = name
        spec = DistributionSpec(item.content_type, name, values, item.distribution)
        reconcile_distribution(self.server, spec, self.guards, result)

    def _update_remote(
        self, item: MirrorItem, result: Result, is_latest: bool, is_recorded: bool
    ) -> None:
        """Update repository and remote, where the snapshot is to be synced or served from them."""
        options, secrets = item.options, self.settings.send_secrets
        send_secrets = True
        if is_latest:
            send_secrets = secrets == "all"
        elif not is_recorded:
            send_secrets = secrets in ("all", "always")
        elif secrets == "all" and item.state.remote:
            # The remote serves another pin by now, and this one still fetches content through it.
            url = item.state.remote["url"]
            options = {**self.settings.remote, "name": options["name"], "url": url}
        else:
            return
        spec = RepositorySpec(item.content_type, options, send_secrets)
        reconcile_repository(self.server, spec, item.state, result)

    def _sync(self, item: MirrorItem, result: Result) -> SyncOutcome:
        options = {**item.options, "pinned": item.is_pinned}
        settings = SyncSettings.from_item(item.content_type, options, self.settings.retries)
        try:
            return sync_item(self.server, item.state, settings, self.running, result)
        except TaskFailed as error:
            raise self._explained(error, item) from error

    def _explained(self, error: TaskFailed, item: MirrorItem) -> PulpError:
        """The same error, with possible reasons where the source denies access to the snapshot."""
        if not _DENIED.search(error.detail):
            return error
        user = self.settings.remote.get("remote_username")
        return PulpError(f"{error}: {not_served(item.pin, user)}")

    def _source(self, item: MirrorItem, result: Result, outcome: SyncOutcome) -> dict[str, Any]:
        """The fields that set what is served; {} when the distribution serves the latest version."""
        version = item.state.latest_version
        if item.served_version == version:
            return {}
        mirrored_only = item.content_type.is_mirrored_by(item.options.get("sync_policy"))
        publication: str | None
        if mirrored_only and outcome.publications:
            publication = outcome.publications[-1]
        else:
            mode = item.options["mode"]
            spec = PublicationSpec(item.content_type, version, mode, mirrored_only)
            publication, _duplicates = publish(self.server, spec, result)
        # Which options a joined sync had is unknown; in check mode there is no publication yet.
        if publication is None or self.server.check_mode or outcome.action == "joined":
            return {"publication": publication}
        return {"publication": publication, "pulp_labels": item.labels(publication)}
