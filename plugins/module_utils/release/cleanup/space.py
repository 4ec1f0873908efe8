# SPDX-License-Identifier: Apache-2.0
"""Estimates the space that a cleanup frees, by what only the deleted repository versions contain.

Of a version only the differences to its neighbours are read, because a repository can have tens of
thousands of packages in each of many versions. Content that Pulp has not downloaded has no size.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from ...container.tags import all_tags
from ...pulp.errors import PulpError
from ...pulp.reader import Reader, read_by_field
from ...pulp.server import Server
from .deletion import PlannedVersion
from .tags import CONTAINER

_CONTENT = {
    "rpm": "content/rpm/packages/",
    "deb": "content/deb/packages/",
    "file": "content/file/files/",
    CONTAINER: "content/container/blobs/",
}
_MANIFESTS = "content/container/manifests/"
# Sizes of more artifacts take longer than they are worth.
_MAX_ARTIFACTS = 20000


def freed_bytes(
    server: Server,
    versions: Iterable[PlannedVersion],
    deleted: Collection[PlannedVersion],
    tags: Mapping[str, Collection[str]],
) -> int | None:
    """Return how many bytes the deletion of versions and tags (repository -> tags) frees at most.

    `versions`: all versions of the repositories. Content that other repositories have, too, is not
    freed. None if it is unknown.
    """
    gone = {one.version.href for one in deleted}
    artifacts: set[str] = set()
    ordered = sorted(
        versions, key=lambda one: (one.content_type.name, one.repository, one.version.number)
    )
    try:
        for _key, group in groupby(ordered, lambda one: (one.content_type.name, one.repository)):
            own = list(group)
            if any(one.version.href in gone for one in own) or own[0].repository in tags:
                artifacts |= _artifacts(server.client, own, gone, tags.get(own[0].repository, ()))
        if len(artifacts) > _MAX_ARTIFACTS:
            return None
        found = read_by_field(server.client, "artifacts/", "pulp_href", artifacts, ("size",))
    except PulpError as error:
        server.report.warn(f"the space that is freed cannot be estimated: {error}")
        return None
    return sum(one["size"] for one in found.values())


def _artifacts(
    reader: Reader, versions: Sequence[PlannedVersion], gone: Collection[str], tags: Collection[str]
) -> set[str]:
    """Return the artifacts (hrefs) that only the deleted versions of one repository have.

    `versions` are in their order. Without `tags` the latest one is kept.
    """
    endpoint = _CONTENT.get(versions[0].content_type.name, "")
    if not endpoint:
        return set()
    found: dict[str, str] = {}
    removed: dict[str, str] = {}
    added: set[str] = set()
    is_complete = True  # whether `added` has all units that were added since a version that is kept
    for one, before in zip(versions, [None, *versions[:-1]]):
        href = one.version.href
        is_first = before is None or before.version.href not in gone
        if not is_first:
            removed.update(_units(reader, endpoint, "repository_version_removed", href))
        # The first version after the empty one adds all units, and none of them again.
        is_complete = is_complete and not (href in gone and _is_empty(before))
        new: dict[str, str] = {}
        if not is_first or (href in gone and is_complete):
            new = _units(reader, endpoint, "repository_version_added", href)
        removed = {unit: artifact for unit, artifact in removed.items() if unit not in new}
        if href in gone:
            added |= new.keys()
        else:
            found.update(_only_in_run(removed, added, is_complete))
            removed, added, is_complete = {}, set(), True
    found.update(_only_in_run(removed, added, is_complete))
    if tags:
        found.update(_tagged_blobs(reader, versions[-1].version.href, tags))
    return {artifact for artifact in found.values() if artifact}


def _only_in_run(
    removed: Mapping[str, str], added: Collection[str], is_complete: bool
) -> dict[str, str]:
    """Return the units that were added and removed while deleted versions were the latest."""
    return {unit: one for unit, one in removed.items() if unit in added or not is_complete}


def _is_empty(version: PlannedVersion | None) -> bool:
    return version is None or not version.version.number


def _units(reader: Reader, endpoint: str, key: str, version: str) -> dict[str, str]:
    query = {key: version, "fields": "pulp_href,artifact"}
    return {one["pulp_href"]: one.get("artifact") or "" for one in reader.list(endpoint, query)}


def _tagged_blobs(reader: Reader, version: str, tags: Collection[str]) -> dict[str, str]:
    """Return the blobs of the latest version that only images with these tags have."""
    query = {
        "repository_version": version,
        "fields": "pulp_href,blobs,config_blob,listed_manifests",
    }
    manifests: dict[str, Mapping[str, Any]] = {
        one["pulp_href"]: one for one in reader.list(_MANIFESTS, query)
    }
    tagged = all_tags(reader, version)
    needed: set[str] = set()
    left = [href for tag, href in tagged.items() if tag not in tags]
    while left:
        manifest = manifests.get(left.pop(), {})
        needed.update(filter(None, [*(manifest.get("blobs") or []), manifest.get("config_blob")]))
        left += manifest.get("listed_manifests") or []
    blobs = _units(reader, _CONTENT[CONTAINER], "repository_version", version)
    return {href: artifact for href, artifact in blobs.items() if href not in needed}
