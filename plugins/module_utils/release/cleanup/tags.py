# SPDX-License-Identifier: Apache-2.0
"""Decides which tags of container images are kept, and why. Writes nothing.

A tag ends in the stamp of its build, and what is before it is the series of the tag, such as
`2026.1-rocky-10-`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...container.tags import Manifests, Tags, all_tags
from ...inventory.stamp import is_stamp
from ...pulp.errors import PulpError
from ...pulp.pool import for_each
from ...pulp.reader import version_number
from ...pulp.server import Server
from .retention import RepositoryVersion, Retention, Scope, age_of

CONTAINER = "container"
_STAMP_LENGTH = 15
_TYPE_PATH = "/repositories/container/"


@dataclass(frozen=True)
class TagDecision:
    """A tag of a repository, and why it is kept; empty if it can be deleted."""

    repository: str
    tag: str
    kept: str

    @property
    def stamp(self) -> str:
        """The stamp at its end."""
        return self.tag[-_STAMP_LENGTH:]


@dataclass(frozen=True)
class ImageRepository:
    """A repository of images, and a decision for each of its tags. `moved`: digests that locks name
    and that no tag points to any more -> what names them."""

    name: str
    decisions: Sequence[TagDecision]
    moved: Mapping[str, str]

    def named_versions(
        self, server: Server, versions: Iterable[RepositoryVersion]
    ) -> dict[str, str]:
        """Return the versions (hrefs) with an image that only an earlier version has, with the reason
        why they are kept."""
        found: dict[str, str] = {}
        if not self.moved:
            return found
        manifests = Manifests(server.client)
        for version in (one for one in versions if one.number):
            tags = all_tags(server.client, version.href)
            manifests.read(tags.values())
            names = {self.moved.get(one) for one in manifests.digests(tags).values()} - {None}
            if names:
                named = ", ".join(sorted(filter(None, names)))
                found[version.href] = (
                    f"has an image of {named}, whose tag points to another one now"
                )
        return found


def read_images(server: Server, scope: Scope, rules: Retention) -> dict[str, ImageRepository]:
    """Return the repositories of images in the namespaces of a scope, by name."""
    entries: dict[str, Mapping[str, Any]] = {}
    for namespace in scope.namespaces:
        query = {
            "name__startswith": f"{namespace}/",
            "fields": "pulp_href,name,latest_version_href",
        }
        for entry in server.client.list("repositories/", query):
            if _TYPE_PATH in entry["pulp_href"] and version_number(entry["latest_version_href"]):
                entries[entry["name"]] = entry
    found: dict[str, ImageRepository] = {}

    def read(entry: Mapping[str, Any]) -> None:
        tags = all_tags(server.client, entry["latest_version_href"])
        name = entry["name"]
        image = name.partition("/")[2]
        moved = _moved(server, tags, scope.digests.get(image, {}))
        found[name] = ImageRepository(name, plan_tags(name, sorted(tags), scope, rules), moved)

    errors = for_each(list(entries.values()), read, server.write_concurrency())
    for name, error in zip(entries, errors):
        if error:
            raise PulpError(f"the tags of {name} cannot be read: {error}")
    return dict(sorted(found.items()))


def plan_tags(
    repository: str, tags: Sequence[str], scope: Scope, rules: Retention
) -> list[TagDecision]:
    """Decide for each tag of one repository, in their order."""
    image = repository.partition("/")[2]
    series: dict[str, list[str]] = {}
    for tag in tags:
        series.setdefault(tag[:-_STAMP_LENGTH], []).append(tag)
    newest = {tag for each in series.values() for tag in sorted(each)[-rules.keep_last :]}
    decisions = []
    for tag in tags:
        users = scope.users_of_tag(image, tag)
        stamp, reason = tag[-_STAMP_LENGTH:], ""
        if users:
            reason = f"pinned by {', '.join(users)}"
        elif not is_stamp(stamp):
            reason = "it has no stamp"
        elif tag in newest:
            reason = f"one of the {rules.keep_last} newest of its image"
        elif age_of(stamp) < rules.min_age:
            reason = f"younger than {rules.min_age:g} days"
        decisions.append(TagDecision(repository, tag, reason))
    return decisions


def _moved(server: Server, tags: Tags, named: Mapping[str, str]) -> dict[str, str]:
    """Return those of the digests that locks name that no tag points to."""
    if not named:
        return {}
    manifests = Manifests(server.client)
    manifests.read(tags.values())
    present = {*manifests.digests(tags).values()}
    return {digest: name for digest, name in named.items() if digest not in present}
