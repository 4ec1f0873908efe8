# SPDX-License-Identifier: Apache-2.0
"""Packages and advisories of repositories on disk, by the digest of the roots of a repository.

A file has a line with the digest of all that follows, a line of JSON with the number and the digest
of the packages and the paths of files that are left out, and then a line for each package or advisory. It is written atomically and with mode
0600. A file that is damaged, or has another format, counts as missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

from ..errors import OperatorError
from .packages import Advisory, MetadataError, Package, packages_digest
from .versions import sort_key

# Part of the first line: a change of the format makes all existing files invalid.
_FORMAT = b"release-train-metadata 2 "
_HEADER_SIZE = len(_FORMAT) + 65
_BLOCK_SIZE = 1024 * 1024
_MAX_ITEMS = 1_000_000
# Characters of all items of a repository, which are sorted in memory.
_MAX_CHARACTERS = 512 * 1024 * 1024
# Files that were not read for this long are deleted.
_MAX_AGE = 90 * 24 * 3600
_MAX_TEMPORARY_AGE = 24 * 3600
_PACKAGES, _ADVISORIES, _TEMPORARY = ".packages", ".advisories", ".tmp"


class CacheKey(NamedTuple):
    """A repository's content: the content type, and the digest of its roots and of the selection.

    `digest` has 64 hexadecimal digits.
    """

    content_type: str
    digest: str


class PackageCache:
    """The cache in one directory, which is created when something is stored.

    Several processes may use it at the same time. Methods raise OperatorError if the directory
    cannot be used.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def packages(self, key: CacheKey) -> Iterator[Package] | None:
        """Return the packages by name, architecture and version order; None if none are stored."""
        found = self._open(key, _PACKAGES)
        return _lines(found[0], _package) if found else None

    def digest(self, key: CacheKey) -> tuple[int, str] | None:
        """Return number and digest of the packages, see `packages_digest`; None if not stored."""
        found = self._open(key, _PACKAGES)
        if not found:
            return None
        found[0].close()
        return int(found[1]["count"]), str(found[1]["digest"])

    def left_out(self, key: CacheKey) -> list[str]:
        """Return the paths of files of `store` without which packages are stored."""
        found = self._open(key, _PACKAGES)
        if not found:
            return []
        found[0].close()
        return [str(path) for path in found[1]["left_out"]]

    def advisories(self, key: CacheKey) -> Iterator[Advisory] | None:
        """Return the advisories by id; None if they are not stored."""
        found = self._open(key, _ADVISORIES)
        return _lines(found[0], _advisory) if found else None

    def store(
        self, key: CacheKey, packages: Iterable[Package], left_out: Collection[str] = ()
    ) -> None:
        """Sort and store packages; the same package is stored once.

        `left_out` are paths of files of the repository that are not served. They may be added while
        `packages` are read. Nothing is stored if `packages` raises an exception.
        """
        chosen = sort_packages(key.content_type, _bounded(packages))
        count, digest = packages_digest(chosen)
        lines = ("\t".join(map(str, package)) for package in chosen)
        header = {"count": count, "digest": digest, "left_out": list(left_out)}
        self._write(key, _PACKAGES, header, lines)

    def store_advisories(self, key: CacheKey, advisories: Iterable[Advisory]) -> None:
        """Sort and store advisories. Nothing is stored if `advisories` raises an exception."""
        lines = map(json.dumps, sorted(set(_bounded(advisories))))
        self._write(key, _ADVISORIES, {}, lines)

    def _path(self, key: CacheKey, suffix: str) -> str:
        return os.path.join(self._directory, f"{key.content_type}-{key.digest}{suffix}")

    def _open(self, key: CacheKey, suffix: str) -> tuple[BinaryIO, dict[str, Any]] | None:
        """Return a verified file, at its first item, and its header."""
        path = self._path(key, suffix)
        try:
            file = open(path, "rb")  # noqa: SIM115 - the iterator closes it
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            header = _verified_header(file)
            if header is not None:
                # The time of the last use, see `_delete_old`.
                with contextlib.suppress(OSError):
                    os.utime(path)
                return file, header
        except OSError as error:
            file.close()
            raise _unusable(path, error) from error
        file.close()
        return None

    def _write(
        self, key: CacheKey, suffix: str, header: dict[str, Any], lines: Iterable[str]
    ) -> None:
        path = self._path(key, suffix)
        try:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            self._delete_old()
            descriptor, temporary = tempfile.mkstemp(suffix=_TEMPORARY, dir=self._directory)
            try:
                with os.fdopen(descriptor, "wb", _BLOCK_SIZE) as file:
                    _write_file(file, header, lines)
                os.replace(temporary, path)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary)
                raise
        except OSError as error:
            raise _unusable(path, error) from error

    def _delete_old(self) -> None:
        """Delete files that were not used for long, and those of processes that were killed."""
        now = time.time()
        with os.scandir(self._directory) as entries:
            for entry in entries:
                is_temporary = entry.name.endswith(_TEMPORARY)
                if not is_temporary and not entry.name.endswith((_PACKAGES, _ADVISORIES)):
                    continue
                # Another process may delete it, too.
                with contextlib.suppress(OSError):
                    age = now - entry.stat(follow_symlinks=False).st_mtime
                    if age > (_MAX_TEMPORARY_AGE if is_temporary else _MAX_AGE):
                        os.unlink(entry.path)


def sort_packages(content_type: str, packages: Iterable[Package]) -> list[Package]:
    """Return packages by name, architecture and version order; the same package is returned once.

    Versions that count as equal, such as 1.0 and 1.00, are in the order of their texts. Of a package
    with several locations, as in two suites of a repository, the first one is kept.
    """
    keys = _Keys(content_type)
    keyed = sorted((one.name, one.arch, keys[one.version], *one[2:]) for one in packages)
    chosen: list[Package] = []
    for name, arch, _key, version, checksum, size, location in keyed:
        package = Package(name, arch, version, checksum, size, location)
        if not chosen or package[:4] != chosen[-1][:4]:
            chosen.append(package)
    return chosen


class _Keys(dict[str, str]):
    """Sort keys by version: packages of one source have the same version."""

    def __init__(self, content_type: str) -> None:
        super().__init__()
        self._content_type = content_type

    def __missing__(self, version: str) -> str:
        key = self[version] = sort_key(self._content_type, version)
        return key


def _bounded(items: Iterable[Any]) -> Iterator[Any]:
    characters = 0
    for number, item in enumerate(items):
        characters += _characters(item)
        if number >= _MAX_ITEMS:
            raise MetadataError(f"the repository has more than {_MAX_ITEMS} packages or advisories")
        if characters > _MAX_CHARACTERS:
            raise MetadataError(
                f"the packages or advisories of the repository have more than {_MAX_CHARACTERS} "
                "characters"
            )
        yield item


def _characters(value: Any) -> int:
    """Return the number of characters of the texts in a package or an advisory."""
    if isinstance(value, str):
        return len(value)
    return sum(map(_characters, value)) if isinstance(value, tuple) else 1


def _write_file(file: BinaryIO, header: dict[str, Any], lines: Iterable[str]) -> None:
    digest = hashlib.sha256()
    file.write(b" " * _HEADER_SIZE)
    for line in (json.dumps(header), *lines):
        text = f"{line}\n".encode()
        digest.update(text)
        file.write(text)
    file.seek(0)
    file.write(_FORMAT + digest.hexdigest().encode() + b"\n")


def _verified_header(file: BinaryIO) -> dict[str, Any] | None:
    """Return the header of a file, and seek to its first item; None if the file is damaged."""
    first = file.read(_HEADER_SIZE)
    digest = hashlib.sha256()
    for block in iter(lambda: file.read(_BLOCK_SIZE), b""):
        digest.update(block)
    if first != _FORMAT + digest.hexdigest().encode() + b"\n":
        return None
    file.seek(_HEADER_SIZE)
    header: dict[str, Any] = json.loads(file.readline())
    return header


def _lines(file: BinaryIO, read: Callable[[bytes], Any]) -> Generator[Any, None, None]:
    """Return the items of a file, whose method `close` closes it, even if none was read."""
    lines = _read_lines(file, read)
    next(lines)
    return lines


def _read_lines(file: BinaryIO, read: Callable[[bytes], Any]) -> Generator[Any, None, None]:
    with file:
        yield None
        for line in file:
            yield read(line)


def _package(line: bytes) -> Package:
    name, arch, version, checksum, size, location = line[:-1].decode().split("\t")
    return Package(name, arch, version, checksum, int(size), location)


def _advisory(line: bytes) -> Advisory:
    identity, kind, severity, title, issued, cves, packages = json.loads(line)
    solved = tuple((name, arch, version) for name, arch, version in packages)
    return Advisory(identity, kind, severity, title, issued, tuple(cves), solved)


def _unusable(path: str, error: OSError) -> OperatorError:
    return OperatorError(
        f"{path}: the cache of package metadata cannot be used: {error.strerror}. Correct its "
        "permissions, free up space, or set another directory"
    )
