# SPDX-License-Identifier: Apache-2.0
"""Deletion of what no lock of a kept release names, by the rules of release/cleanup/.

Kept releases are those whose locks are given as files, and those that the server itself serves.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..inventory.repositories import PackageRepository
from ..inventory.values import PACKAGE_TYPES
from ..lock.document import LockError
from ..lock.signature import load_verified_lock
from ..pulp.errors import Conflict, InvalidItem
from ..pulp.reader import read_by_field
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, kind_of
from ..release.cleanup.clean import clean
from ..release.cleanup.retention import Scope
from ..report.report import Result
from .journal import JOURNAL_NAME
from .releases import DISTRIBUTION, SUFFIX, Releases
from .resolve import DISK_IMAGE
from .verify import LockItem, lock_items

_FILE = CONTENT_TYPES["file"]
_OR_ALLOW = (
    ". To delete without locks and pins, set allow_empty_pins (release_prune_allow_empty_pins in a "
    "playbook)"
)

Lock = Mapping[str, Any]


def prune_releases(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """Carry out module release_prune: parameters -> results, and the plan as lines."""
    named = _Named(params)
    for lock in _read_files(params["locks"] or [], params["keyring"] or ""):
        named.add_lock(lock)

    def read_scope() -> Scope:
        # With the lock of the server, so that no promotion publishes another one meanwhile.
        _refuse_interrupted(server, params["confirm"])
        if params["published"]:
            for lock in read_published(server):
                named.add_lock(lock)
        is_empty = not named.releases and not params["pins"]
        if params["confirm"] and is_empty and not params["allow_empty_pins"]:
            raise InvalidItem(
                "nothing was deleted, because there is no lock of a release and no configuration, and "
                "what they name must be kept. Give the locks of all releases that are in use, or the "
                f"configurations{_OR_ALLOW}"
            )
        return named.scope()

    results, more = clean(server, params, read_scope, _OR_ALLOW)
    return results, {**more, "releases": sorted(named.releases)}


def _refuse_interrupted(server: Server, is_confirmed: bool) -> None:
    """Raise Conflict if a promotion of a release was interrupted, whose lock is not served yet."""
    endpoint = kind_of("guard").endpoint
    if not read_by_field(server.client, endpoint, "name", [JOURNAL_NAME], ("pulp_href",)):
        return
    text = (
        f"the promotion or rollback of a release was interrupted (content guard '{JOURNAL_NAME}'): run it "
        "again first"
    )
    if is_confirmed:
        raise Conflict(f"nothing was deleted: {text}")
    server.report.warn(text)


def read_published(server: Server) -> list[Lock]:
    """Return the locks that a server serves. Raises Conflict unless all of them can be read."""
    releases = Releases.read(server)
    if releases.distribution is not None and not releases.version:
        raise Conflict(
            f"nothing was deleted: the distribution '{DISTRIBUTION}' serves no publication, so that the "
            "releases that are kept are unknown. Promote a release, delete the distribution, or set "
            "published to false and give the locks as files"
        )
    locks, errors = releases.read_locks(releases.names)
    for name, error in errors.items():
        raise Conflict(f"nothing was deleted: the lock {name}{SUFFIX} cannot be read: {error}")
    return [locks[name] for name in releases.names]


def _read_files(paths: Iterable[str], keyring: str) -> list[Lock]:
    """Return the locks in files, and in all files `*.yml` of directories. Raises LockError."""
    found = []
    for path in paths:
        if os.path.isdir(path):
            found += sorted(glob.glob(os.path.join(glob.escape(path), f"*{SUFFIX}")))
        else:
            found.append(path)
    locks: list[Lock] = []
    for path in dict.fromkeys(found):
        try:
            locks.append(load_verified_lock(path, keyring)[1])
        except LockError as error:
            raise LockError(
                f"nothing was deleted, because a lock of a release that is kept cannot be read: {error}"
            ) from error
    return locks


@dataclass
class _Named:
    """Collects what locks and configurations name; `releases`: the names of the locks."""

    params: Mapping[str, Any]
    releases: set[str] = field(default_factory=set)
    paths: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    repositories: dict[tuple[str, str], PackageRepository] = field(default_factory=dict)
    tags: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    digests: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for label, tags in (self.params["container_tags"] or {}).items():
            for tag in _texts(tags, f"container_tags of '{label}'"):
                self.tags.setdefault(("", tag), []).append(label)
        for label, versions in (self.params["image_versions"] or {}).items():
            if not isinstance(versions, Mapping):
                raise InvalidItem(
                    f"image_versions of '{label}': expected a mapping of repositories to versions"
                )
            for repository, version in versions.items():
                self.paths.setdefault((_FILE.name, f"{repository}_{version}"), []).append(label)

    def add_lock(self, lock: Lock) -> None:
        """Add what a lock names."""
        name = str(lock["name"])
        self.releases.add(name)
        for item in lock_items(lock):
            if item.tag:
                self.tags.setdefault((item.name, item.tag), []).append(f"release {name}")
                self.digests.setdefault(item.name, {})[item.value] = f"release {name}"
            else:
                self._add_snapshot(item, f"release {name}")

    def _add_snapshot(self, item: LockItem, label: str) -> None:
        kind = _FILE.name if item.kind == DISK_IMAGE else item.kind
        base_path = item.value["base_path"].strip("/")
        self.paths.setdefault((kind, base_path), []).append(label)
        directory, _slash, end = base_path.rpartition("/")
        if item.kind in PACKAGE_TYPES and directory and end == item.value.get("stamp"):
            # The other snapshots of a repository are beside those that locks name.
            key = (item.kind, f"{directory}/")
            self.repositories.setdefault(key, PackageRepository(kind, "", item.name, "", key[1]))

    def scope(self) -> Scope:
        """Return what is cleaned up and what is kept."""
        return Scope(
            {key: sorted({*labels}) for key, labels in self.paths.items()},
            list(self.repositories.values()),
            True,
            _texts(self.params["container_namespaces"] or [], "container_namespaces"),
            self.tags,
            self.digests,
        )


def _texts(values: Any, what: str) -> list[str]:
    """Return a list of texts, each once. Raises InvalidItem for anything else."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise InvalidItem(f"{what}: expected a list")
    texts = [str(one).strip("/ ") for one in values]
    if not all(texts):
        raise InvalidItem(f"{what}: an entry is empty")
    return list(dict.fromkeys(texts))
