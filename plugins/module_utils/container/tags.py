# SPDX-License-Identifier: Apache-2.0
"""Tags of container repositories, the digests of the manifests that they point to, and the tags of
what is attached to these: signatures, attestations and SBOMs.

cosign names them `sha256-<digest>.sig`, `.att` (its specification, "Signature Spec"), `.sbom` (older
versions), and `sha256-<digest>` (cosign 3, an index of bundles).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..pulp.errors import InvalidItem
from ..pulp.reader import Reader, in_chunks, read_by_field, version_number

_TAGS = "content/container/tags/"
_MANIFESTS = "content/container/manifests/"
_ATTACHED_SUFFIXES = ("", ".sig", ".att", ".sbom")
_FIELDS = "pulp_href,name,tagged_manifest"
# Bytes of tag names in one request, whose query also names two versions.
_MAX_NAMES_SIZE = 2800

# tag -> href of the manifest that it points to
Tags = dict[str, str]


def tags_in(reader: Reader, version: str, names: Iterable[str]) -> Tags:
    """Return those of these tags that a repository version (href) has."""
    units = tag_units_in(reader, version, names)
    return {name: unit["tagged_manifest"] for name, unit in units.items()}


def tag_units_in(reader: Reader, version: str, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return tag -> content unit for those of these tags that a repository version (href) has."""
    found = []
    for chunk in in_chunks(names, _MAX_NAMES_SIZE):
        query = {"repository_version": version, "name__in": ",".join(chunk), "fields": _FIELDS}
        found += reader.list(_TAGS, query)
    return {unit["name"]: unit for unit in found}


def all_tags(reader: Reader, version: str) -> Tags:
    """Return all tags of a repository version (href)."""
    units = reader.list(_TAGS, {"repository_version": version, "fields": _FIELDS})
    return {unit["name"]: unit["tagged_manifest"] for unit in units}


def tags_in_both(reader: Reader, version: str, other: str, names: Sequence[str]) -> Tags:
    """Return those of these tags that point to the same manifest in two repository versions."""
    both = f'repository_version="{version}" AND repository_version="{other}"'
    found: Tags = {}
    for chunk in in_chunks(names, _MAX_NAMES_SIZE):
        query = {"q": both, "name__in": ",".join(chunk), "fields": _FIELDS}
        found.update((unit["name"], unit["tagged_manifest"]) for unit in reader.list(_TAGS, query))
    return found


def latest_tags(reader: Reader, repository: Mapping[str, Any] | None, names: Iterable[str]) -> Tags:
    """Return those of these tags that the latest version of a repository has."""
    if repository is None or is_empty(repository):
        return {}
    return tags_in(reader, repository["latest_version_href"], names)


def is_empty(repository: Mapping[str, Any]) -> bool:
    """Return whether a repository has never had content."""
    return version_number(repository["latest_version_href"]) == 0


def existing_names(reader: Reader, names: Iterable[str]) -> set[str]:
    """Return those of these tags that any repository of the server has, or had."""
    return set(read_by_field(reader, _TAGS, "name", names, ("name",)))


def attached_names(digests: Iterable[str]) -> list[str]:
    """Return the tags of what may be attached to images with these digests."""
    return [
        f"{digest.replace(':', '-')}{suffix}" for digest in digests for suffix in _ATTACHED_SUFFIXES
    ]


@dataclass
class Manifests:
    """Digests of manifests, read for many at once and cached: manifests are immutable.

    `digest_of` and `listed` are keyed by href; `listed` has the manifests of an index.
    """

    reader: Reader
    digest_of: dict[str, str] = field(default_factory=dict)
    listed: dict[str, list[str]] = field(default_factory=dict)

    def read(self, hrefs: Iterable[str]) -> None:
        """Read these manifests, and those that they list."""
        wanted = [href for href in dict.fromkeys(hrefs) if href not in self.digest_of]
        if not wanted:
            return
        fields = ("digest", "listed_manifests")
        found = read_by_field(self.reader, _MANIFESTS, "pulp_href", wanted, fields)
        for href, manifest in found.items():
            self.digest_of[href] = manifest["digest"]
            self.listed[href] = manifest.get("listed_manifests") or []
        self.read(part for href in wanted for part in self.listed.get(href, []))

    def digests(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Return tag -> digest, of tags whose manifests were read."""
        return {name: self.digest_of.get(href, "") for name, href in tags.items()}

    def all_digests(self, href: str) -> list[str]:
        """Return the digest of a manifest that was read, and those of all manifests it lists."""
        parts = [
            self.digest_of[part] for part in self.listed.get(href, []) if part in self.digest_of
        ]
        return [self.digest_of[href], *parts] if href in self.digest_of else parts


@dataclass(frozen=True)
class TagState:
    """Digests by tag in the source and in the repository itself, for the tags that were read.

    `source_name` is the name of the source in error messages.
    """

    source: Mapping[str, str]
    own: Mapping[str, str]
    source_name: str = ""


def require_tags(wanted: Sequence[str], existing: Mapping[str, str], allowed: bool) -> list[str]:
    """Return the wanted tags that do not exist. Raises InvalidItem, naming them, unless `allowed`."""
    missing = [tag for tag in wanted if tag not in existing]
    if missing and not allowed:
        raise InvalidItem(f"Some tags not found in source repository: {', '.join(missing)}")
    return missing


def plan_copy(state: TagState, wanted: Sequence[str], may_move: bool) -> list[str]:
    """Return the tags to copy in the order of `wanted`: those that are new or differ.

    Raises InvalidItem, naming each with both digests, for tags that would move unless `may_move`.
    """
    differing = [
        tag for tag in wanted if tag in state.source and state.own.get(tag) != state.source[tag]
    ]
    moving = [tag for tag in differing if tag in state.own]
    if moving and not may_move:
        details = [
            f"{tag} is {state.own[tag]} here and {state.source[tag]} in {state.source_name}"
            for tag in moving
        ]
        # The solution comes first: digests are long, and the end of a line may be cut off.
        raise InvalidItem(
            f"{', '.join(moving)} would move, but released tags are immutable: push the new images "
            "with new tags, or set force (container_force in a playbook) to move them anyway. "
            f"{'; '.join(details)}"
        )
    return differing
