# SPDX-License-Identifier: Apache-2.0
"""Resolve pins to what one server serves for them: the entries of a release lock."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..inventory.pins import Pin
from ..metadata.manifest import ROOT_PATH, read_manifest
from ..metadata.source import MissingFile, RepositoryMetadata, Selection, read_root
from ..pulp.errors import AuthenticationError, InvalidItem, ResponseError
from ..release.access_check import ContainerImageCheck, ContainerPin, ImageAdvice, SnapshotCheck
from ..report.report import Result
from ..text import printable
from .served_files import ServerReader

PACKAGES, CONTAINERS, IMAGES = "packages", "containers", "images"
# Types of results: of a container image and of a disk image.
IMAGE, DISK_IMAGE = "image", "disk_image"
# An entry of a lock: its type, short name, and stamp, tag, version or ref.
EntryKey = tuple[str, str, str]
_DIGEST = re.compile("sha256:[0-9a-f]{64}")
_MAX_SHOWN = 80
# A release is locked before its images are promoted.
_BUILD = ImageAdvice(
    "pushed (container_check lists what is missing)",
    "build and push the %s (container_check lists what is missing), or in a namespace of released "
    "images promote it (container_promote on Ark)",
)


@dataclass(frozen=True)
class Resolver(ServerReader):
    """Resolves pins on one server with the account of its connection.

    The methods may be called from several threads. They return what the lock has for the item, or
    raise an error with the reason why the server does not serve it.
    """

    def __post_init__(self) -> None:
        """Raise AuthenticationError if the server refuses the account."""
        if self.account.is_refused:
            raise AuthenticationError(self.account.refusal)

    def resolve_snapshot(self, pin: Pin, result: Result) -> dict[str, Any]:
        """Resolve a package pin: the digests of its roots, and number and digest of its packages."""
        # All that the snapshot has: others read the lock without the inventory.
        suites = tuple((pin.repository.distributions or "").split())
        selection = Selection(pin.content_type, suites)
        fetch = self.files.below(pin.snapshot_path)
        metadata = RepositoryMetadata(fetch, selection, self.cache)
        with self._explaining(pin, result):
            roots = metadata.roots
        count, digest = metadata.digest()
        result.more["packages"] = count
        return {
            "stamp": pin.stamp,
            "base_path": pin.snapshot_path,
            "metadata": roots,
            "packages": {"count": count, "digest": digest},
        }

    def resolve_disk_image(self, pin: Pin, result: Result) -> dict[str, Any]:
        """Resolve a version of a disk image: SHA-256 and size of its files."""
        fetch = self.files.below(pin.snapshot_path)
        with self._explaining(pin, result):
            files = read_manifest(read_root(fetch, ROOT_PATH))
        return {"version": pin.stamp, "base_path": pin.snapshot_path, "files": files}

    @contextmanager
    def _explaining(self, pin: Pin, result: Result) -> Iterator[None]:
        """Replace errors of the server by a reason that an operator can act on: promotion,
        credentials, another stamp."""
        try:
            yield
        except (MissingFile, ResponseError):
            SnapshotCheck(self.files.app, self.account).run(pin, result)
            result.more.pop("access")
            if not result.error:
                raise
            raise InvalidItem(result.error) from None

    def resolve_image(self, pin: ContainerPin, result: Result) -> str:
        """Resolve a tag of a container image: the digest of its manifest."""
        ContainerImageCheck(self.registry, self.account, _BUILD).run(pin, result)
        result.more.pop("access")
        if result.error:
            raise InvalidItem(result.error)
        digest = str(result.more.pop("digest"))
        problem = digest_problem(digest)
        if problem:
            raise InvalidItem(problem)
        return digest


def digest_problem(digest: str) -> str:
    """Return why a lock cannot have a digest that a registry sent; "" if it can."""
    if _DIGEST.fullmatch(digest):
        return ""
    given = f"'{printable(digest[:_MAX_SHOWN])}'" if digest else "none"
    return (
        "the registry sent no sha256 digest of the tag in the header Docker-Content-Digest, but "
        f"{given}: check the proxies in front of it"
    )


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
