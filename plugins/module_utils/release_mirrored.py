# SPDX-License-Identifier: Apache-2.0
"""What a mirror has of the snapshots that pins name, and whether it is what was asked for.

A label on a snapshot's distribution holds `<digest of what was asked for>.<id of the publication
that came of it>`. It goes out in the request that makes the distribution serve that publication. A
publication never changes and a distribution that serves another one does not fit the label, so
that it cannot lie, whatever becomes of repository and remote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .pulp_pinned import is_mirrored, is_pinned_source, source_digest
from .pulp_planner import to_wire
from .pulp_reader import identifier, read_by, read_kind
from .pulp_repository import read_repositories
from .pulp_server import Server
from .pulp_types import CONTENT_TYPES, ContentType, RepositoryState
from .release_newest import served_versions
from .release_pins import Pin
from .release_snapshot import options_of

__all__ = ["DEFAULTS", "MIRRORED_LABEL", "MirrorSettings", "Mirrored", "read_mirrored"]

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
        return f"{self.digest}.{identifier(publication)}"


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
    by_name = read_kind(server.client, kind, names)
    lost = [pin.snapshot_path for pin, name in zip(pins, names) if name not in by_name]
    by_path = read_by(server.client, kind.endpoint, "base_path", lost, (*kind.readable, "name"))
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
    source = to_wire(content_type.remote.fields, item)
    return source_digest(content_type, source, to_wire(content_type.sync_fields, item))


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
