# SPDX-License-Identifier: Apache-2.0
"""Tags of container repositories, the digests of what they name, and what is attached to these.

Signatures and attestations of an image are tags, too: `sha256-<digest>.sig` and `.att` as cosign
names them (its specification, "Signature Spec"), `.sbom` of its older versions, and `sha256-<digest>`
of cosign 3, an index of bundles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..pulp.reader import Reader, in_chunks, read_by_field

_TAGS = "content/container/tags/"
_MANIFESTS = "content/container/manifests/"
_ATTACHED = ("", ".sig", ".att", ".sbom")
_FIELDS = "pulp_href,name,tagged_manifest"
# What the other words of a question may take of the request line, which holds two versions.
_ROOM = 2800

# tag -> href of the manifest that it names
Tags = dict[str, str]


def tags_in(reader: Reader, version: str, names: Iterable[str]) -> Tags:
    """Which of these tags a repository version (href) has."""
    units = tag_units_in(reader, version, names)
    return {name: unit["tagged_manifest"] for name, unit in units.items()}


def tag_units_in(reader: Reader, version: str, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """tag -> unit, of those of these tags that a repository version (href) has."""
    found = []
    for chunk in in_chunks(names, _ROOM):
        asked = {"repository_version": version, "name__in": ",".join(chunk), "fields": _FIELDS}
        found += reader.list(_TAGS, asked)
    return {unit["name"]: unit for unit in found}


def all_tags(reader: Reader, version: str) -> Tags:
    """All tags of a repository version (href)."""
    units = reader.list(_TAGS, {"repository_version": version, "fields": _FIELDS})
    return {unit["name"]: unit["tagged_manifest"] for unit in units}


def tags_in_both(reader: Reader, one: str, other: str, names: Sequence[str]) -> Tags:
    """Which of these tags name the same manifest in two repository versions, in one request."""
    both = f'repository_version="{one}" AND repository_version="{other}"'
    found: Tags = {}
    for chunk in in_chunks(names, _ROOM):
        asked = {"q": both, "name__in": ",".join(chunk), "fields": _FIELDS}
        found.update((unit["name"], unit["tagged_manifest"]) for unit in reader.list(_TAGS, asked))
    return found


def existing_names(reader: Reader, names: Iterable[str]) -> set[str]:
    """Which of these tags any repository of the server has, or had."""
    return set(read_by_field(reader, _TAGS, "name", names, ("name",)))


def attached_names(digests: Iterable[str]) -> list[str]:
    """The tags under which something may be attached to images of these digests."""
    return [f"{digest.replace(':', '-')}{kind}" for digest in digests for kind in _ATTACHED]


@dataclass
class Manifests:
    """Digests of manifests, read for many at once and kept: manifests never change.

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
        for href, manifest in read_by_field(
            self.reader, _MANIFESTS, "pulp_href", wanted, fields
        ).items():
            self.digest_of[href] = manifest["digest"]
            self.listed[href] = manifest.get("listed_manifests") or []
        self.read(below for href in wanted for below in self.listed.get(href, []))

    def digests(self, tags: Mapping[str, str]) -> dict[str, str]:
        """tag -> digest, of tags whose manifests were read."""
        return {name: self.digest_of.get(href, "") for name, href in tags.items()}

    def all_digests(self, href: str) -> list[str]:
        """The digest of a manifest that was read, and those of all manifests that it lists."""
        below = [self.digest_of[one] for one in self.listed.get(href, []) if one in self.digest_of]
        return [self.digest_of[href], *below] if href in self.digest_of else below
