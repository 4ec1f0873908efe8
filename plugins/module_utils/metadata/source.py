# SPDX-License-Identifier: Apache-2.0
"""Metadata of one repository, wherever it is served: its roots, packages and advisories.

The roots are repomd.xml of an RPM repository, and Release of each suite of a Debian one. They state
the checksums of all other metadata, so what a root lists is read once and then taken from the cache.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Protocol, TypeVar

from ..errors import OperatorError
from . import deb, rpm
from .cache import CacheKey, PackageCache
from .compression import MAX_SIZE, MetadataFile, open_stream, verified
from .packages import Advisory, MetadataError, Package, read_location

_MAX_ROOT_SIZE = 32 * 1024 * 1024
_Item = TypeVar("_Item")


class Fetch(Protocol):
    """A function that reads a file of the repository."""

    def __call__(self, path: str, limit: int = MAX_SIZE) -> Iterator[bytes]:
        """Return the bytes of a file, as they are stored, by its path relative to the repository.

        It raises MissingFile for a file that does not exist, and an error for one of more than
        `limit` bytes. All other exceptions end the reading.
        """


class MissingFile(OperatorError):
    """A file does not exist on the server."""


class ChangedRoot(MetadataError):
    """A root is not the one that the lock names."""


@dataclass(frozen=True)
class Selection:
    """Which part of a repository is read; all but the content type are for deb.

    A suite that ends in a slash is a flat repository, in a directory of this name. Without
    `architectures` those are read that the repository has, without `components` all that it states.
    """

    content_type: str
    suites: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()


class RepositoryMetadata:
    """Reads the metadata of one repository through a cache.

    `known_roots` are those of a lock (path -> `sha256:<digits>`). They are fetched only if the cache
    does not have what they list, and must be unchanged then. Methods raise MetadataError, MissingFile
    and what `fetch` raises.
    """

    def __init__(
        self,
        fetch: Fetch,
        selection: Selection,
        cache: PackageCache,
        known_roots: Mapping[str, str] | None = None,
    ) -> None:
        self._fetch = fetch
        self._selection = selection
        self._cache = cache
        self._known_roots = known_roots
        self._texts: dict[str, bytes] = {}

    @property
    def roots(self) -> dict[str, str]:
        """The digests of the roots, `sha256:<digits>` by path."""
        if self._known_roots is not None:
            return dict(self._known_roots)
        return {path: _digest(text) for path, text in self._read_roots().items()}

    @property
    def valid_until(self) -> datetime | None:
        """When the first Release expires, None if none does. apt refuses it afterwards."""
        times = [release.valid_until for release in self._releases() if release.valid_until]
        return min(times, default=None)

    def digest(self) -> tuple[int, str]:
        """Return number and digest of the packages, see `packages_digest`."""
        # Another server, with the same roots, may not have served what this one does.
        if self._known_roots is None and self._serves_any(self._cache.left_out(self._key())):
            self._store_packages(self._key())
        return self._cached(self._cache.digest, self._store_packages)

    def packages(self, known_digest: tuple[int, str] | None = None) -> Iterator[Package]:
        """Return the packages, by name, architecture and version order.

        `known_digest` is that of a lock. Raises MetadataError if the packages are others, as those of
        a server that leaves out an architecture are.
        """
        if known_digest is None:
            return self._cached(self._cache.packages, self._store_packages)
        if self._cache.digest(self._key()) not in (None, known_digest):
            self._store_packages(self._key())
        if self.digest() != known_digest:
            raise MetadataError(
                f"{', '.join(self.roots)}: the packages that are served are not those of the lock"
            )
        return self._cached(self._cache.packages, self._store_packages)

    def advisories(self) -> Iterator[Advisory]:
        """Return the advisories by id; a Debian repository has none."""
        return self._cached(self._cache.advisories, self._store_advisories)

    def _cached(
        self, read: Callable[[CacheKey], _Item | None], store: Callable[[CacheKey], None]
    ) -> _Item:
        key = self._key()
        found = read(key)
        if found is None:
            store(key)
            found = read(key)
        if found is None:
            raise OperatorError(
                "the cache of package metadata was deleted or damaged by another process: run it "
                "again"
            )
        return found

    def _key(self) -> CacheKey:
        selection = self._selection
        selected = [sorted(set(selection.components)), sorted(set(selection.architectures))]
        text = json.dumps([self.roots, *selected], sort_keys=True)
        return CacheKey(selection.content_type, hashlib.sha256(text.encode()).hexdigest())

    def _store_packages(self, key: CacheKey) -> None:
        left_out: list[str] = []
        self._cache.store(key, self._fetch_packages(left_out), left_out)

    def _store_advisories(self, key: CacheKey) -> None:
        self._cache.store_advisories(key, self._fetch_advisories())

    def _serves_any(self, paths: Iterable[str]) -> bool:
        for path in paths:
            with suppress(MissingFile):
                self._fetch_first({path: MAX_SIZE})
                return True
        return False

    def _fetch_packages(self, left_out: list[str]) -> Iterator[Package]:
        if self._selection.content_type == "rpm":
            file = self._rpm_files()[rpm.PRIMARY]
            yield from rpm.read_packages(self._open(file, rpm.ROOT_PATH), file.path)
            return
        served: list[deb.PackageIndex] = []
        missing: list[tuple[deb.PackageIndex, MissingFile]] = []
        for release in self._releases():
            yield from self._fetch_suite(release, served, missing)
        left_out += _explained(served, missing)

    def _fetch_advisories(self) -> Iterator[Advisory]:
        if self._selection.content_type == "rpm":
            file = self._rpm_files().get(rpm.UPDATEINFO)
            if file:
                yield from rpm.read_advisories(self._open(file, rpm.ROOT_PATH), file.path)

    def _fetch_suite(
        self,
        release: deb.Release,
        served: list[deb.PackageIndex],
        missing: list[tuple[deb.PackageIndex, MissingFile]],
    ) -> Iterator[Package]:
        selection = self._selection
        before = len(missing)
        indices = deb.select_indices(release, selection.components, selection.architectures)
        for index in indices:
            try:
                chunks, file = self._open_first(index.files, release.path)
            except MissingFile as error:
                if selection.architectures:
                    raise
                missing.append((index, error))
                continue
            served.append(index)
            yield from deb.read_packages(chunks, file.path)
        if len(missing) - before == len(indices):
            raise missing[before][1]

    def _rpm_files(self) -> dict[str, MetadataFile]:
        text = self._read_roots().get(rpm.ROOT_PATH)
        if text is None:
            raise MetadataError(f"{rpm.ROOT_PATH} is not among the roots of the repository")
        return rpm.read_root(text).files

    def _releases(self) -> list[deb.Release]:
        if self._selection.content_type != "deb":
            return []
        return [deb.read_release(text, path) for path, text in self._read_roots().items()]

    def _read_roots(self) -> dict[str, bytes]:
        """Return the roots by path, which are fetched once."""
        if not self._texts:
            texts = {}
            candidates = self._root_paths()
            if not candidates:
                raise MetadataError("nothing states the roots of the repository: set its suites")
            for paths in candidates:
                path, chunks = self._fetch_first(dict.fromkeys(paths, _MAX_ROOT_SIZE))
                texts[path] = _read_all(chunks, path)
            self._require_known(texts)
            self._texts = texts
        return self._texts

    def _root_paths(self) -> list[list[str]]:
        """Return the paths at which each root may be."""
        if self._known_roots is not None:
            return [[read_location(path, "roots")] for path in self._known_roots]
        if self._selection.content_type == "rpm":
            return [[rpm.ROOT_PATH]]
        return [_release_paths(suite) for suite in dict.fromkeys(self._selection.suites)]

    def _require_known(self, texts: Mapping[str, bytes]) -> None:
        for path, stated in (self._known_roots or {}).items():
            digest = _digest(texts[path])
            if digest != stated:
                raise ChangedRoot(
                    f"{path}: its digest is {digest} instead of {stated}: the repository is not the "
                    "one that the lock names"
                )

    def _fetch_first(self, limits: Mapping[str, int]) -> tuple[str, Iterator[bytes]]:
        """Return the first file that exists, of those whose largest sizes are given by their paths.

        Raises MissingFile, for the first path, if none does.
        """
        missing: list[MissingFile] = []
        for path, limit in limits.items():
            try:
                chunks = iter(self._fetch(path, limit))
                # A generator sends its request now.
                return path, chain([next(chunks, b"")], chunks)
            except MissingFile as error:
                missing.append(error)
        raise missing[0]

    def _open_first(
        self, files: Iterable[MetadataFile], root: str
    ) -> tuple[Iterator[bytes], MetadataFile]:
        by_path = {file.path: file for file in files}
        path, chunks = self._fetch_first({name: file.limit for name, file in by_path.items()})
        return _open(chunks, by_path[path], root), by_path[path]

    def _open(self, file: MetadataFile, root: str) -> Iterator[bytes]:
        return _open(self._fetch(file.path, file.limit), file, root)


def read_root(fetch: Fetch, path: str) -> bytes:
    """Return a root of a repository. Raises MetadataError if it is too large, and as `fetch`."""
    return _read_all(fetch(path, _MAX_ROOT_SIZE), path)


def read_digests(fetch: Fetch, paths: Iterable[str]) -> dict[str, str]:
    """Return the digests of roots, `sha256:<digits>` by path. Raises MetadataError, and as `fetch`."""
    return {path: _digest(read_root(fetch, path)) for path in paths}


def _open(chunks: Iterable[bytes], file: MetadataFile, root: str) -> Iterator[bytes]:
    return open_stream(verified(chunks, file, root), file.path, file.open_limit)


def _explained(
    served: Iterable[deb.PackageIndex], missing: Iterable[tuple[deb.PackageIndex, MissingFile]]
) -> list[str]:
    """Return a path for each architecture and component of which no file is served.

    Ubuntu lists architectures that only another server has, and mirrors list those that they leave
    out. Raises MissingFile for a file of another one, which a damaged repository does not serve.
    """
    served = list(served)
    arches, components = {one.arch for one in served}, {one.component for one in served}
    paths: dict[tuple[str, str], str] = {}
    for index, error in missing:
        path = index.files[0].path
        if index.arch not in arches:
            paths.setdefault(("architecture", index.arch), path)
        elif index.component not in components:
            paths.setdefault(("component", index.component), path)
        elif index.files[0].open_size != 0:
            raise error
    return list(paths.values())


def _release_paths(suite: str) -> list[str]:
    """Return the paths at which Release of a suite may be.

    Pulp publishes a flat repository either unchanged, or as suite `flat-repo`.
    """
    if not suite.endswith("/"):
        return [f"dists/{suite}/{name}" for name in ("Release", "InRelease")]
    directory = suite.strip("/.")
    paths = [f"{directory}/{name}".lstrip("/") for name in ("Release", "InRelease")]
    return [*paths, *(f"dists/{name}/Release" for name in ("flat-repo", directory) if name)]


def _read_all(chunks: Iterable[bytes], path: str) -> bytes:
    text = bytearray()
    for chunk in chunks:
        text += chunk
        if len(text) > _MAX_ROOT_SIZE:
            raise MetadataError(f"{path}: it is larger than {_MAX_ROOT_SIZE} bytes")
    return bytes(text)


def _digest(text: bytes) -> str:
    return f"sha256:{hashlib.sha256(text).hexdigest()}"
