# SPDX-License-Identifier: Apache-2.0
"""The newest snapshots of package repositories: read in three rounds, whatever their number."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from ..inventory.repositories import PackageRepository
from ..inventory.stamp import STAMP_PATTERN, current_stamp, stamp_of, stamp_of_pulp_time
from ..objects.repository import read_repositories
from ..pulp.errors import PulpError
from ..pulp.pool import for_each
from ..pulp.reader import Reader, read_by_field
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, ContentType, Kind, RepositoryState

_SNAPSHOT_FIELDS = ("pulp_href", "name", "publication", "content_guard", "pulp_labels")
# Another run that has just made a repository version is about to create its snapshot, too.
_OTHER_RUN_SECONDS = 60
_ATTEMPTS = 5
_PAUSE = 2.0


@dataclass(frozen=True)
class Snapshot:
    """A distribution that serves a snapshot. `publication`, `guard`, `version` and `href` are hrefs.

    `version`: the repository version that it serves; empty where it was not read.
    """

    name: str
    publication: str
    guard: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    href: str = ""

    @classmethod
    def from_distribution(cls, entry: Mapping[str, Any]) -> Snapshot:
        """From a distribution as Pulp's API has it."""
        labels = entry.get("pulp_labels") or {}
        guard = entry.get("content_guard")
        return cls(entry["name"], entry["publication"], guard, labels, href=entry["pulp_href"])


@dataclass
class SnapshotItem:
    """A repository of the inventory, its state on the server, and its newest snapshot.

    `newest_is_known`: false where it could not be read.
    """

    repository: PackageRepository
    content_type: ContentType
    state: RepositoryState
    newest: Snapshot | None = None
    newest_is_known: bool = True

    @property
    def stamp(self) -> str | None:
        """The stamp of the newest snapshot."""
        prefix = self.repository.distribution_name
        return stamp_of(self.newest.name, prefix) if self.newest else None

    @property
    def newest_version(self) -> str:
        """The repository version (href) that the newest snapshot serves; empty without one."""
        return self.newest.version if self.newest else ""


def read_snapshot_items(
    server: Server, repositories: Sequence[PackageRepository]
) -> list[SnapshotItem]:
    """Read repositories and remotes, then newest snapshots, then the versions that these serve.

    A newest snapshot that cannot be read does not affect the others.
    """
    items: list[SnapshotItem] = []
    for name, content_type in CONTENT_TYPES.items():
        of_type = [one for one in repositories if one.content_type == name]
        states = read_repositories(server, content_type, [one.name for one in of_type])
        items += [SnapshotItem(one, content_type, states[one.name]) for one in of_type]
    known = [item for item in items if item.state.repository]
    errors = for_each(known, lambda item: _find_newest(server, item), server.write_concurrency())
    for item, error in zip(known, errors):
        item.newest_is_known = not error
    for content_type in CONTENT_TYPES.values():
        newest = [(one, one.newest) for one in items if one.newest]
        newest = [pair for pair in newest if pair[0].content_type is content_type]
        served = [snapshot.publication for _item, snapshot in newest]
        versions = served_versions(server, content_type, served)
        for item, snapshot in newest:
            item.newest = replace(snapshot, version=versions.get(snapshot.publication, ""))
    return items


def served_versions(
    server: Server, content_type: ContentType, publications: Sequence[str]
) -> dict[str, str]:
    """For hrefs of publications of one content type, the hrefs of the versions they publish."""
    versions: dict[str, str] = {}
    for kind in content_type.publication_kinds:
        hrefs = [href for href in publications if href and kind.endpoint in href]
        fields = ("repository_version",)
        found = read_by_field(server.client, kind.endpoint, "pulp_href", hrefs, fields)
        versions.update({href: entry["repository_version"] for href, entry in found.items()})
    return versions


def read_newest(server: Server, item: SnapshotItem) -> None:
    """Read the newest snapshot of one item again. Raises PulpError when that fails."""
    fields = {"fields": "repository_version"}
    try:
        _find_newest(server, item)
        if item.newest:
            publication = server.client.get(item.newest.publication, fields)
            item.newest = replace(item.newest, version=publication["repository_version"])
    except PulpError as error:
        raise PulpError(f"its newest snapshot cannot be read: {error}") from error
    item.newest_is_known = True


def wait_for_other_run(server: Server, item: SnapshotItem, created: str) -> None:
    """Wait a while for a snapshot of the latest version, which another run may be creating.

    `created` is Pulp's time of the version; for one that is older than a minute there is no wait.
    """
    recent = current_stamp(lambda: server.clock() - _OTHER_RUN_SECONDS)
    attempts = _ATTEMPTS if stamp_of_pulp_time(created) > recent and not server.check_mode else 0
    for attempt in range(attempts):
        if attempt:
            time.sleep(_PAUSE)
        read_newest(server, item)
        if item.newest_version == item.state.latest_version:
            return


def _find_newest(server: Server, item: SnapshotItem) -> None:
    """Find the newest snapshot; a distribution that serves nothing is none, whatever its name."""
    wanted = SnapshotFilter(item.content_type.distribution, item.repository.distribution_name)
    for skip in count():
        found = find_snapshots(server.client, wanted, _SNAPSHOT_FIELDS, skip)
        if not found or found[0]["publication"]:
            item.newest = Snapshot.from_distribution(found[0]) if found else None
            return


@dataclass(frozen=True)
class SnapshotFilter:
    """Which distributions are searched: `<prefix><stamp>` with a stamp that matches `stamps`.

    `stamps` is a regular expression.
    """

    kind: Kind
    prefix: str
    stamps: str = STAMP_PATTERN
    oldest_first: bool = False

    @property
    def query(self) -> dict[str, str]:
        """The filters of the API, and the order.

        What Python escapes, a backslash before a character that is no letter, PostgreSQL reads as
        that character, too (its manual, 9.7.3.1).
        """
        return {
            "name__regex": f"^{re.escape(self.prefix)}{self.stamps}$",
            "ordering": "name" if self.oldest_first else "-name",
        }


def find_snapshots(
    reader: Reader, wanted: SnapshotFilter, fields: Iterable[str], skip: int = 0, limit: int = 1
) -> list[dict[str, Any]]:
    """At most `limit` distributions, those with the greatest stamps first.

    `skip` of them are passed over.
    """
    page = {"limit": limit, "offset": skip, "fields": ",".join(fields)}
    found = reader.get(wanted.kind.endpoint, {**wanted.query, **page})
    return list(found.get("results") or [])
