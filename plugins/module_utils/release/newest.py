# SPDX-License-Identifier: Apache-2.0
"""What a Pulp has of the inventory's package repositories: in three rounds, whatever its size."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from ..inventory.repositories import PackageRepository
from ..inventory.stamp import STAMP_PATTERN, current_stamp, stamp_of, stamp_of_pulp_time
from ..objects.repository import read_repositories
from ..pulp.pool import for_each
from ..pulp.reader import Reader, read_by_field
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, ContentType, Kind, RepositoryState

_SNAPSHOT_FIELDS = ("pulp_href", "name", "publication", "content_guard", "pulp_labels")
# Another run that has just made a version is about to make its snapshot, too.
_ANOTHER_RUN_SECONDS = 60
_LOOKS = 5
_LOOK_PAUSE = 2.0


@dataclass
class RepositorySnapshot:
    """One repository of the inventory, and what the server has of it.

    `newest`: the distribution of its newest snapshot; `newest_version`: the href of the
    repository version that it serves. None where there is none. `error`: why they are not known.
    """

    repository: PackageRepository
    content_type: ContentType
    state: RepositoryState
    newest: dict[str, Any] | None = None
    newest_version: str | None = None
    error: str = ""

    @property
    def stamp(self) -> str | None:
        """The stamp of the newest snapshot."""
        name = (self.newest or {}).get("name", "")
        return stamp_of(name, self.repository.distribution_name)


def find_newest_snapshots(
    server: Server, repositories: Sequence[PackageRepository]
) -> list[RepositorySnapshot]:
    """Repositories and remotes, then newest snapshots, then what these serve.

    A newest snapshot that cannot be read is an error of its item and leaves the others alone.
    """
    found: list[RepositorySnapshot] = []
    for name, content_type in CONTENT_TYPES.items():
        ours = [item for item in repositories if item.content_type == name]
        states = read_repositories(server, content_type, [item.name for item in ours])
        found += [RepositorySnapshot(item, content_type, states[item.name]) for item in ours]
    known = [one for one in found if one.state.repository]
    errors = for_each(known, lambda one: _look(server, one), server.write_concurrency())
    for one, error in zip(known, errors):
        one.error = f"its newest snapshot cannot be read: {error}" if error else ""
    for content_type in CONTENT_TYPES.values():
        _read_versions(server, [one for one in found if one.content_type is content_type])
    return found


def served_versions(
    server: Server, content_type: ContentType, publications: Sequence[str]
) -> dict[str, str]:
    """For hrefs of publications of one content type, the hrefs of the versions they publish."""
    versions: dict[str, str] = {}
    for kind in content_type.publication_kinds:
        ours = [href for href in publications if href and kind.endpoint in href]
        found = read_by_field(
            server.client, kind.endpoint, "pulp_href", ours, ("repository_version",)
        )
        versions.update({href: entry["repository_version"] for href, entry in found.items()})
    return versions


def wait_for_another_run(server: Server, one: RepositorySnapshot, version: str, made: str) -> None:
    """Look again for a snapshot of this version while the run that made it may be making it.

    `made` is Pulp's time of the version; one that is older than a minute was left behind.
    """
    fresh = current_stamp(lambda: time.time() - _ANOTHER_RUN_SECONDS)
    looks = _LOOKS if stamp_of_pulp_time(made) > fresh and not server.check_mode else 0
    for look in range(looks):
        if look:
            time.sleep(_LOOK_PAUSE)
        _look(server, one)
        _read_versions(server, [one])
        if one.newest_version == version:
            return


def _look(server: Server, one: RepositorySnapshot) -> None:
    """Find the newest snapshot; a distribution that serves nothing is none, whatever its name."""
    kind = one.content_type.distribution
    prefix = one.repository.distribution_name
    for skip in count():
        one.newest = newest_snapshot(server.client, kind, prefix, _SNAPSHOT_FIELDS, skip)
        if one.newest is None or one.newest["publication"]:
            return


def _read_versions(server: Server, found: Sequence[RepositorySnapshot]) -> None:
    served = [(one.newest or {}).get("publication") or "" for one in found]
    if any(served):
        versions = served_versions(server, found[0].content_type, served)
        for one, href in zip(found, served):
            one.newest_version = versions.get(href)


def newest_snapshot(
    reader: Reader, kind: Kind, prefix: str, fields: Iterable[str], skip: int = 0
) -> dict[str, Any] | None:
    """The distribution `<prefix><stamp>` with the greatest stamp, however many others there are.

    `skip` passes over so many of the newest.
    """
    return next(iter(find_snapshots(reader, kind, prefix, fields, skip=skip)), None)


def find_snapshots(
    reader: Reader,
    kind: Kind,
    prefix: str,
    fields: Iterable[str],
    stamps: str = STAMP_PATTERN,
    skip: int = 0,
    limit: int = 1,
    oldest_first: bool = False,
) -> list[dict[str, Any]]:
    """At most `limit` distributions `<prefix><stamp>`, those with the greatest stamps first.

    `stamps` is a regular expression of the stamps that count; `skip` passes over so many.

    What Python escapes, a backslash before a character that is no letter, PostgreSQL reads as
    that character, too (its manual, 9.7.3.1).
    """
    page = reader.get(
        kind.endpoint,
        {
            "name__regex": f"^{re.escape(prefix)}{stamps}$",
            "ordering": "name" if oldest_first else "-name",
            "limit": limit,
            "offset": skip,
            "fields": ",".join(fields),
        },
    )
    return list(page.get("results") or [])
