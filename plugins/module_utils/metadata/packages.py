# SPDX-License-Identifier: Apache-2.0
"""Packages and advisories of a repository, and the digest of a set of packages."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import NamedTuple

from ..errors import OperatorError
from ..text import printable

# Algorithms of checksums, and their number of hexadecimal digits; createrepo wrote "sha" for SHA-1.
_DIGITS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
_ALIASES = {"sha": "sha1"}
_HEXADECIMAL = re.compile(r"[0-9a-f]+")
_MAX_WORD = 1024
_MAX_PATH = 4096
_SHOWN = 80


class MetadataError(OperatorError):
    """Metadata of a repository that cannot be used; the message begins with the path of the file."""


class Package(NamedTuple):
    """One package file of a repository.

    `version` is `[epoch:]version-release` for rpm, without the epoch 0, and as it is written for
    deb. `checksum` is `<algorithm>:<hexadecimal digits>`, `size` is in bytes, and `location` is the
    path relative to the repository. No field has control characters; only `location` may have
    blanks.
    """

    name: str
    arch: str
    version: str
    checksum: str
    size: int
    location: str


class Advisory(NamedTuple):
    """One advisory: `packages` are those that solve it, as (name, arch, version).

    `type` is `security`, `bugfix`, `enhancement`, `newpackage` or another word, `severity` is empty
    if none is stated, and `issued` is as the repository writes it.
    """

    id: str
    type: str
    severity: str
    title: str
    issued: str
    cves: tuple[str, ...]
    packages: tuple[tuple[str, str, str], ...]


def packages_digest(packages: Iterable[Package]) -> tuple[int, str]:
    """Return the number of packages, and the digest over their identities and checksums.

    It is that of the sorted lines `<name>\\t<arch>\\t<version>\\t<checksum>\\n` in UTF-8. Where a
    repository lists the same package several times, for example in two suites, it counts once.
    """
    lines = {"\t".join(package[:4]) for package in packages}
    digest = hashlib.sha256()
    # The order of code points is that of the bytes in UTF-8.
    for line in sorted(lines):
        digest.update(f"{line}\n".encode())
    return len(lines), f"sha256:{digest.hexdigest()}"


def shown_value(text: str) -> str:
    """Return a value of metadata as an error shows it: bounded, without control characters."""
    return printable(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def read_word(text: str, what: str, source: str) -> str:
    """Return a name, version or architecture that metadata state. Raises MetadataError.

    `what` names it in the error, and `source` is the path of the metadata.
    """
    if not text.isprintable() or not 0 < len(text) <= _MAX_WORD or " " in text:
        raise MetadataError(f"{source}: invalid {what} '{shown_value(text)}'")
    return text


def read_location(text: str, source: str) -> str:
    """Return the path of a file below the repository. Raises MetadataError for any other path."""
    parts = text.split("/")
    if "." in parts:
        parts = [part for part in parts if part != "."]
        text = "/".join(parts)
    invalid = not text.isprintable() or ".." in parts or text.startswith("/")
    if invalid or not 0 < len(text) <= _MAX_PATH:
        raise MetadataError(
            f"{source}: invalid path '{shown_value(text)}': expected one below the repository"
        )
    return text


def read_checksum(algorithm: str, digits: str, source: str) -> str:
    """Return `<algorithm>:<hexadecimal digits>`. Raises MetadataError."""
    algorithm, digits = algorithm.lower(), digits.lower()
    algorithm = _ALIASES.get(algorithm, algorithm)
    if _DIGITS.get(algorithm) != len(digits) or not _HEXADECIMAL.fullmatch(digits):
        shown = f"{shown_value(algorithm)}:{shown_value(digits)}"
        raise MetadataError(f"{source}: invalid checksum '{shown}'")
    return f"{algorithm}:{digits}"


def read_size(text: str, what: str, source: str) -> int:
    """Return a number of bytes. Raises MetadataError."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise MetadataError(f"{source}: invalid {what} '{shown_value(text)}'")
    return int(text)
