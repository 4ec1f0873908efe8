# SPDX-License-Identifier: Apache-2.0
"""Resolve pins to what one server serves for them: the entries of a release lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..container.registry import Registry
from ..inventory.pins import Pin
from ..metadata.cache import PackageCache
from ..metadata.source import MissingFile, RepositoryMetadata, Selection
from ..pulp.connection import Connection
from ..pulp.errors import InvalidItem, ResponseError
from ..release.access_check import (
    Account,
    ContainerImageCheck,
    ContainerPin,
    SnapshotCheck,
    identify_account,
)
from ..report.report import Result
from .served_files import ServedFiles

PACKAGES, CONTAINERS, IMAGES = "packages", "containers", "images"


@dataclass(frozen=True)
class Resolver:
    """Resolves pins on one server with the account of its connection.

    The methods may be called from several threads. They set `entry` of a result to what the lock has
    for the item, or raise an error with the reason why the server does not serve it.
    """

    files: ServedFiles
    registry: Registry
    account: Account
    cache: PackageCache

    @classmethod
    def open(cls, connection: Connection, images: Sequence[str], cache: PackageCache) -> Resolver:
        """Identify the account. Raises PulpError if the server cannot be reached."""
        files = ServedFiles(connection)
        account = identify_account(files.app, connection)
        return cls(files, Registry(connection, images), account, cache)

    @property
    def request_count(self) -> int:
        """The number of requests sent."""
        return self.files.request_count + self.registry.request_count

    def resolve_snapshot(self, pin: Pin, result: Result) -> None:
        """Resolve a package pin: the digests of its roots, and number and digest of its packages."""
        # All that the snapshot has: others read the lock without the inventory.
        suites = tuple((pin.repository.distributions or "").split())
        selection = Selection(pin.content_type, suites)
        fetch = self.files.below(pin.snapshot_path)
        metadata = RepositoryMetadata(fetch, selection, self.cache)
        try:
            roots = metadata.roots
        except (MissingFile, ResponseError):
            # The reason that an operator can act on: promotion, credentials, another stamp.
            SnapshotCheck(self.files.app, self.account).run(pin, result)
            if not result.error:
                raise
            raise InvalidItem(result.error) from None
        count, digest = metadata.digest()
        result.more["packages"] = count
        result.more["entry"] = {
            "stamp": pin.stamp,
            "base_path": pin.snapshot_path,
            "metadata": roots,
            "packages": {"count": count, "digest": digest},
        }

    def resolve_image(self, pin: ContainerPin, result: Result) -> None:
        """Resolve a tag of a container image: the digest of its manifest."""
        ContainerImageCheck(self.registry, self.account).run(pin, result)
        if result.error:
            raise InvalidItem(result.error)
        result.more["entry"] = result.more["digest"]


def entries_of(results: Sequence[Result]) -> dict[str, dict[str, Any]]:
    """Return the sections `packages` and `containers` of a lock, of results with an `entry`."""
    packages: dict[str, dict[str, Any]] = {}
    containers: dict[str, dict[str, str]] = {}
    for result in results:
        short_name, entry = result.more["short_name"], result.more.pop("entry", None)
        if entry is None:
            continue
        if result.type == "image":
            containers.setdefault(short_name, {})[result.more["stamp"]] = entry
        else:
            packages.setdefault(result.type, {})[short_name] = entry
    return {PACKAGES: packages, CONTAINERS: containers}


def contents_of(lock: Mapping[str, Any]) -> str:
    """Describe the contents of a lock: `43 package repositories with 41,234 packages, 150 images`."""
    repositories = [
        entry for of_type in (lock.get(PACKAGES) or {}).values() for entry in of_type.values()
    ]
    packages = sum((entry.get("packages") or {}).get("count", 0) for entry in repositories)
    counts = Counter(
        {
            "package repositories": len(repositories),
            "packages": packages,
            "container images": len(lock.get(CONTAINERS) or {}),
            "disk images": len(lock.get(IMAGES) or {}),
            "source repositories": len(lock.get("sources") or {}),
        }
    )
    parts = [f"{number:,} {what}" for what, number in counts.items() if number]
    return ", ".join(parts) or "nothing"
