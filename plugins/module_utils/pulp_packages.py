# SPDX-License-Identifier: Apache-2.0
"""The packages that a repository version added and removed, by name and version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .pulp_reader import Reader, in_chunks
from .pulp_types import ContentType

__all__ = ["Changes", "Package", "package_count", "read_changes"]

# Of more it takes too long to read the names, and nobody would.
_MOST = 2000


@dataclass(frozen=True)
class Package:
    """One package. `version` is what its type calls so: epoch, version and release of an RPM."""

    name: str
    arch: str
    version: str


@dataclass(frozen=True)
class Changes:
    """What a version changed. `earlier`: packages that the version before has under one of the
    names of those that came."""

    added: list[Package]
    removed: list[Package]
    earlier: list[Package]


def read_changes(
    reader: Reader, content_type: ContentType, before: str, after: str, number: int
) -> Changes | None:
    """The packages between two versions (hrefs), `number` of them; None of types that have none,
    and of too many to read."""
    if not content_type.packages or number > _MOST:
        return None
    added = _read(reader, content_type, {"repository_version_added": after})
    removed = _read(reader, content_type, {"repository_version_removed": after})
    earlier: list[Package] = []
    for chunk in in_chunks(sorted({package.name for package in added})):
        names = {f"{content_type.package_fields[0]}__in": ",".join(chunk)}
        earlier += _read(reader, content_type, {"repository_version": before, **names})
    return Changes(added, removed, earlier)


def package_count(reader: Reader, content_type: ContentType, version: str) -> int:
    """How many packages a repository version (href) has."""
    summary = reader.get(version, {"fields": "content_summary"})["content_summary"]
    return int(summary["present"].get(content_type.content_unit, {}).get("count", 0))


def _read(reader: Reader, content_type: ContentType, filters: dict[str, Any]) -> list[Package]:
    name, arch, *version = content_type.package_fields
    fields = ",".join(content_type.package_fields)
    return [
        Package(entry[name], entry[arch], _evr([str(entry[part] or "") for part in version]))
        for entry in reader.list(content_type.packages, {**filters, "fields": fields})
    ]


def _evr(parts: list[str]) -> str:
    """`1:2.3-4`, as rpm writes it: without an epoch of 0; another version as it is."""
    if len(parts) < 3:
        return parts[0]
    epoch, version, release = parts
    return f"{epoch}:{version}-{release}" if epoch not in ("", "0") else f"{version}-{release}"
