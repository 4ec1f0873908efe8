# SPDX-License-Identifier: Apache-2.0
"""Tags of container images in releases: read them, and change the tags of many images together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from ..container.tag_copy import carry_out, read_items
from ..container.tags import Manifests, tags_in
from ..pulp.errors import LostResponse, PulpError, TaskTimeout
from ..pulp.interruption import Interruption
from ..pulp.patience import Patience
from ..pulp.reader import read_by_key, version_number
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES
from ..report.report import Report

_CONTAINER = CONTENT_TYPES["container"]
# How many versions of a repository are searched for one that has a tag with an earlier digest.
_MAX_VERSIONS = 100


@dataclass(frozen=True)
class TagChange:
    """A change of one tag of a repository from the digest `before` to `after`, "" for no tag.

    `source` is where `after` is copied from, the name of a repository or the href of a version of
    the same one; `version` is the href of the version that has `before`.
    """

    repository: str
    tag: str
    before: str
    after: str
    source: str = ""
    version: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Repository and tag."""
        return self.repository, self.tag

    def reverse(self) -> TagChange:
        """Return the change that restores the digest before."""
        return TagChange(self.repository, self.tag, self.after, self.before, self.version)


class ImageTags(NamedTuple):
    """Digests by tag that an image and its source have, and the latest version (href) of the image.

    `version` is "" for an image without repository.
    """

    own: Mapping[str, str]
    source: Mapping[str, str]
    version: str


class TagOutcome(NamedTuple):
    """Errors by repository and tag, and the repositories that Pulp may still change."""

    errors: dict[tuple[str, str], str]
    uncertain: list[str]


def read_image_tags(
    server: Server, wanted: Mapping[str, Sequence[str]], sources: Mapping[str, str]
) -> dict[str, ImageTags]:
    """Read tags by repository; `sources`: repository -> the one that it is copied from, optional."""
    manifests = Manifests(server.client)
    items = [
        _item(name, tags, "present", sources.get(name, "")) for name, tags in wanted.items() if tags
    ]
    return {
        one.name: ImageTags(
            manifests.digests(one.own),
            manifests.digests(one.source),
            (one.repository or {}).get("latest_version_href") or "",
        )
        for one in read_items(server, items, manifests)
    }


def write_tags(
    server: Server, changes: Sequence[TagChange], force: bool, interruption: Interruption
) -> TagOutcome:
    """Make changes of tags, and read them back. Only with `force`, existing tags are moved."""
    errors: dict[tuple[str, str], str] = {}
    uncertain: list[str] = []
    groups: dict[tuple[str, str, str], list[str]] = {}
    for one in changes:
        is_copy = bool(one.after)
        if not is_copy or not one.source.startswith("/"):
            group = (one.repository, "present" if is_copy else "absent", one.source)
            groups.setdefault(group if is_copy else (*group[:2], ""), []).append(one.tag)
    items = [_item(name, tags, *group) for (name, *group), tags in groups.items()]
    for item, result in carry_out(server, items, force, interruption, Report()):
        if result.error:
            errors.update({(item.name, tag): result.error for tag in item.tags})
        if item.is_uncertain:
            uncertain.append(item.name)
    for one in changes:
        if one.after and one.source.startswith("/"):
            try:
                _copy_from_version(server, one)
            except PulpError as error:
                errors[one.key] = str(error)
                if isinstance(error, (LostResponse, TaskTimeout)):
                    uncertain.append(one.repository)
    if not errors:
        errors = differing_tags(server, changes)
    return TagOutcome(errors, uncertain)


def differing_tags(server: Server, changes: Sequence[TagChange]) -> dict[tuple[str, str], str]:
    """Return an error for each tag that is not what its change makes it."""
    found = read_image_tags(server, tags_by_repository(changes), {})
    errors = {}
    for one in changes:
        digest = found[one.repository].own.get(one.tag, "")
        if digest != one.after:
            errors[one.key] = (
                f"Pulp accepted the change, but the tag is {digest or 'missing'} instead of "
                f"{one.after or 'removed'}"
            )
    return errors


def tags_by_repository(changes: Sequence[TagChange]) -> dict[str, list[str]]:
    """Return the tags that changes name, by repository."""
    names: dict[str, list[str]] = {}
    for one in changes:
        names.setdefault(one.repository, []).append(one.tag)
    return names


def find_version(server: Server, repository: str, tag: str, digest: str) -> str:
    """Return a version (href) of a repository in which a tag has a digest, "" if none has."""
    found = read_by_key(
        server.client, _CONTAINER.repository, [repository], ("latest_version_href",)
    )
    latest = (found.get(repository) or {}).get("latest_version_href") or ""
    if not latest:
        return ""
    manifests = Manifests(server.client)
    base, newest = latest.split("versions/")[0], version_number(latest)
    listed = server.client.list(f"{base}versions/", {"fields": "pulp_href,number"})
    numbers = sorted((one["number"] for one in listed if one["number"] <= newest), reverse=True)
    for number in [one for one in numbers if one][:_MAX_VERSIONS]:
        href = f"{base}versions/{number}/"
        tags = tags_in(server.client, href, [tag])
        manifests.read(tags.values())
        if manifests.digests(tags).get(tag) == digest:
            return href
    return ""


def _item(name: str, tags: Sequence[str], state: str, source: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "tags": list(tags),
        "state": state,
        "source": source or None,
        "allow_missing": False,
        "immutable": True,
    }


def _copy_from_version(server: Server, change: TagChange) -> None:
    """Copy a tag from an earlier version of the same repository."""
    url = f"{change.source.split('versions/')[0]}copy_tags/"
    body = {"source_repository_version": change.source, "names": [change.tag]}
    send = partial(server.client.post, url, body)
    patience = Patience(server.watcher.intervals)
    patience.call(partial(server.write, send, change.repository))
