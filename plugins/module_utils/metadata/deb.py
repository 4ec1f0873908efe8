# SPDX-License-Identifier: Apache-2.0
"""Metadata of Debian repositories: Release, or InRelease, and Packages.

The format is that of https://wiki.debian.org/DebianRepository/Format.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from .compression import MetadataFile
from .packages import (
    MetadataError,
    Package,
    read_checksum,
    read_location,
    read_size,
    read_word,
    shown_value,
)

_ALL = "all"

# Pulp publishes a flat repository with this component.
_PULP_FLAT_COMPONENT = "flat-repo-component"

# The checksums of files that apt accepts.
_RELEASE_CHECKSUMS = ("SHA256", "SHA512")
_PACKAGE_CHECKSUMS = {b"sha256": "sha256", b"sha512": "sha512", b"sha1": "sha1", b"md5sum": "md5"}
# The compression that both kinds of publications of Pulp have is first.
_SUFFIXES = (".gz", ".xz", ".zst", ".bz2", "")
_INDEX = re.compile(r"(?:(?P<component>.+)/)?binary-(?P<arch>[^/]+)/Packages(?P<suffix>\.\w+)?")
_FLAT_INDEX = re.compile(r"Packages(?P<suffix>\.\w+)?")
_SIGNED = b"-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = b"\n-----BEGIN PGP SIGNATURE-----"
_MAX_STANZA = 4 * 1024 * 1024
_FIELD = re.compile(
    rb"^(package|version|architecture|filename|size|sha256|sha512|sha1|md5sum)[ \t]*:(.*)$",
    re.IGNORECASE | re.MULTILINE,
)


class PackageIndex(NamedTuple):
    """The Packages file of a component and architecture, "" and "" in a flat repository.

    `files` are the same file in several compressions, in the order in which to try them. Their
    paths are relative to the repository.
    """

    component: str
    arch: str
    files: tuple[MetadataFile, ...]


class Release(NamedTuple):
    """What Release states: its Packages files, and when it was made and expires.

    With `has_separate_all`, packages for all architectures are in a Packages file of their own, and
    not in those of each architecture.
    """

    path: str
    components: tuple[str, ...]
    architectures: tuple[str, ...]
    indices: tuple[PackageIndex, ...]
    date: datetime | None
    valid_until: datetime | None
    has_separate_all: bool

    @property
    def is_flat(self) -> bool:
        """Whether the repository has no components and architectures, and so one Packages file."""
        return not self.path.startswith("dists/")


def read_release(text: bytes, path: str) -> Release:
    """Read Release or InRelease; `path` is relative to the repository. Raises MetadataError.

    The signature of InRelease is not verified: the digest of the file in a lock decides.
    """
    fields = _read_fields(_unsigned(text, path))
    architectures = tuple(fields.get("architectures", "").split())
    has_all_in_each = "Packages" in fields.get("no-support-for-architecture-all", "").split()
    return Release(
        path,
        tuple(fields.get("components", "").split()),
        architectures,
        _read_indices(fields, path),
        _read_time(fields, "date", path),
        _read_time(fields, "valid-until", path),
        _ALL in architectures and not has_all_in_each,
    )


def select_indices(
    release: Release, components: Collection[str] = (), architectures: Collection[str] = ()
) -> list[PackageIndex]:
    """Return the Packages files of components and architectures; without these, all.

    Packages for all architectures are included, also where they have a file of their own. A component
    or an architecture that this suite does not have is ignored. Raises MetadataError if nothing is
    left.
    """
    if release.is_flat:
        chosen = [index for index in release.indices if not index.arch]
    else:
        if release.components == (_PULP_FLAT_COMPONENT,):
            components = ()
        wanted = set(components or release.components)
        # A component of Debian's former security archive, `updates/main`, is the directory `main`.
        wanted |= {posixpath.basename(name) for name in wanted}
        available = {index.arch for index in release.indices if index.arch}
        if not release.has_separate_all and len(available) > 1:
            available.discard(_ALL)
        arches = {*architectures, _ALL} & available if architectures else available
        chosen = [
            index for index in release.indices if index.component in wanted and index.arch in arches
        ]
    if not chosen:
        selected = " ".join([*components, *architectures]) or "any component"
        raise MetadataError(
            f"{release.path}: it lists no Packages file of {selected}: it has the components "
            f"'{shown_value(' '.join(release.components))}' and the architectures "
            f"'{shown_value(' '.join(release.architectures))}'"
        )
    return chosen


def read_packages(chunks: Iterable[bytes], source: str) -> Iterator[Package]:
    """Yield the packages of a decompressed Packages file. Raises MetadataError."""
    rest = b""
    for chunk in chunks:
        stanzas = (rest + chunk).split(b"\n\n")
        rest = stanzas.pop()
        if len(rest) > _MAX_STANZA:
            raise MetadataError(f"{source}: a paragraph is longer than {_MAX_STANZA} bytes")
        for stanza in stanzas:
            if stanza.strip():
                yield _read_package(stanza, source)
    if rest.strip():
        yield _read_package(rest, source)


def _unsigned(text: bytes, path: str) -> str:
    if text.startswith(_SIGNED):
        _header, blank, body = text.replace(b"\r\n", b"\n").partition(b"\n\n")
        text, signature, _rest = body.partition(_SIGNATURE)
        if not blank or not signature:
            raise MetadataError(f"{path}: the text or its signature is incomplete")
        text = re.sub(rb"^- ", b"", text, flags=re.MULTILINE)
    return text.decode("utf-8", "replace")


def _read_fields(text: str) -> dict[str, str]:
    """Return the fields of one paragraph, with names in lower case."""
    fields: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.split("\n"):
        if line[:1] in (" ", "\t"):
            lines.append(line)
            continue
        name, colon, value = line.partition(":")
        if colon:
            lines = fields[name.strip().lower()] = [value.strip()]
    return {name: "\n".join(value) for name, value in fields.items()}


def _read_indices(fields: dict[str, str], path: str) -> tuple[PackageIndex, ...]:
    algorithm = next((name for name in _RELEASE_CHECKSUMS if name.lower() in fields), "")
    if not algorithm:
        raise MetadataError(f"{path}: it lists no files with {' or '.join(_RELEASE_CHECKSUMS)}")
    found: dict[tuple[str, str], dict[str, MetadataFile]] = {}
    for line in fields[algorithm.lower()].split("\n"):
        words = line.split()
        if not words:
            continue
        if len(words) != 3:
            raise MetadataError(f"{path}: invalid line in {algorithm}: '{shown_value(line)}'")
        digits, size, name = words
        match = _FLAT_INDEX.fullmatch(name) or _INDEX.fullmatch(name)
        if match and (match["suffix"] or "") in _SUFFIXES:
            groups = match.groupdict()
            place = (groups.get("component") or "", groups.get("arch") or "")
            found.setdefault(place, {})[match["suffix"] or ""] = MetadataFile(
                read_location(posixpath.join(posixpath.dirname(path), name), path),
                read_checksum(algorithm, digits, path),
                read_size(size, "size of a file", path),
            )
    return tuple(_index(place, files) for place, files in sorted(found.items()))


def _index(place: tuple[str, str], files: dict[str, MetadataFile]) -> PackageIndex:
    open_size = files[""].size if "" in files else None
    ordered = [
        files[suffix]._replace(open_size=open_size) for suffix in _SUFFIXES if suffix in files
    ]
    return PackageIndex(*place, tuple(ordered))


def _read_time(fields: dict[str, str], name: str, path: str) -> datetime | None:
    text = fields.get(name)
    if not text:
        return None
    try:
        time = parsedate_to_datetime(text)
        return time.replace(tzinfo=time.tzinfo or timezone.utc).astimezone(timezone.utc)
    except (TypeError, ValueError, OverflowError) as error:
        raise MetadataError(f"{path}: invalid {name} '{shown_value(text)}'") from error


def _read_package(stanza: bytes, source: str) -> Package:
    try:
        fields = {name.lower(): value.strip().decode() for name, value in _FIELD.findall(stanza)}
        checksum = next(name for name in _PACKAGE_CHECKSUMS if name in fields)
        return Package(
            read_word(fields[b"package"], "name of a package", source),
            read_word(fields[b"architecture"], "architecture", source),
            read_word(fields[b"version"], "version", source),
            read_checksum(_PACKAGE_CHECKSUMS[checksum], fields[checksum], source),
            read_size(fields[b"size"], "size of a package", source),
            read_location(fields[b"filename"], source),
        )
    except UnicodeDecodeError as error:
        raise MetadataError(f"{source}: a field is not UTF-8: {error}") from error
    except (KeyError, StopIteration) as error:
        name = shown_value(stanza[:200].decode("utf-8", "replace"))
        missing = error.args[0].decode() if error.args else "checksum"
        raise MetadataError(f"{source}: a package has no {missing}: '{name}'") from error
