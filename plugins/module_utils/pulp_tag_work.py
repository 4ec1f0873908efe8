# SPDX-License-Identifier: Apache-2.0
"""Items that change the tags of container repositories, with what the server has of each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .pulp_errors import PulpError
from .pulp_pinned import version_number
from .pulp_pipeline import run_all
from .pulp_reader import read_by
from .pulp_report import Report, Result
from .pulp_server import Server
from .pulp_tags import Manifests, Tags, attached_names, existing_names, tags_in, tags_in_both

__all__ = ["TagWork", "read_again", "read_tags", "read_work"]

_REPOSITORIES = "repositories/"
_KIND = "/repositories/container/"


@dataclass
class TagWork:
    """One item, with what was read of it. `source` and `own` are hrefs of manifests by tag.

    `before` is what has to be over first: items before it that change one of its repositories, or
    look at what it changes.
    """

    item: Mapping[str, Any]
    repository: dict[str, Any] | None
    origin: dict[str, Any] | None
    source: Tags = field(default_factory=dict)
    own: Tags = field(default_factory=dict)
    attached: list[str] = field(default_factory=list)
    before: list[TagWork] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def is_push(self) -> bool:
        """Whether the repository was made by pushes to an older Pulp, which copies into none."""
        return "/container-push/" in (self.repository or {}).get("pulp_href", "")

    @property
    def tags(self) -> list[str]:
        """The tags that the item names, each once; of "a, b" Ansible makes ["a", " b"]."""
        return list(dict.fromkeys(tag.strip() for tag in self.item["tags"]))

    @property
    def copies(self) -> bool:
        """Whether tags come from another repository."""
        return bool(self.item["state"] == "present")


def read_work(
    server: Server, items: Sequence[Mapping[str, Any]], manifests: Manifests
) -> list[TagWork]:
    """One for each item, with its tags and what is attached to them read."""
    names = [name for item in items for name in (item["name"], item["source"]) if name]
    fields = ("pulp_href", "latest_version_href")
    found = read_by(server.client, _REPOSITORIES, "name", names, fields)
    there = {name: one for name, one in found.items() if _KIND in one["pulp_href"]}
    work = [
        TagWork(item, there.get(item["name"]), there.get(item["source"] or "")) for item in items
    ]
    _read(server, _chained(work), manifests)
    return work


def read_again(server: Server, one: TagWork, manifests: Manifests) -> None:
    """Read one item anew, after something else changed its repository."""
    asked = {"fields": "pulp_href,latest_version_href"}
    if one.repository:
        one.repository = dict(server.client.get(one.repository["pulp_href"], asked))
    if one.origin:
        one.origin = dict(server.client.get(one.origin["pulp_href"], asked))
    _read(server, [one], manifests)


def _chained(work: list[TagWork]) -> list[TagWork]:
    """Who changes a repository waits for all before that name it, and they for who changed it."""
    changed: dict[str, TagWork] = {}
    looked: dict[str, list[TagWork]] = {}
    for one in work:
        name = one.item["name"]
        touched = [name, *filter(None, [one.item["source"]])]
        one.before = [changed[other] for other in touched if other in changed]
        if one.item["state"] == "read":
            looked.setdefault(name, []).append(one)
            continue
        one.before += looked.pop(name, [])
        changed[name] = one
        looked.setdefault(one.item["source"] or "", []).append(one)
    return work


def _read(server: Server, work: Sequence[TagWork], manifests: Manifests) -> None:
    """Read what items name, and then, for all of them together, what is attached to that."""

    def look(one: TagWork, _quiet: Result) -> None:
        one.source, one.own = {}, {}
        _look(server, one, one.tags)

    def look_at_attached(one: TagWork, _quiet: Result) -> None:
        _look(server, one, one.attached)

    _each(server, work, look)
    manifests.read(href for one in work for href in (*one.source.values(), *one.own.values()))
    for one in work:
        tagged = one.source if one.copies else {}
        hrefs = [tagged[tag] for tag in one.tags if tag in tagged]
        one.attached = attached_names(d for href in hrefs for d in manifests.all_digests(href))
    names = existing_names(server.client, (name for one in work for name in one.attached))
    for one in work:
        one.attached = [name for name in one.attached if name in names]
    _each(server, [one for one in work if one.attached], look_at_attached)
    manifests.read(href for one in work for href in (*one.source.values(), *one.own.values()))


def _each(server: Server, work: Sequence[TagWork], look: Callable[[TagWork, Result], None]) -> None:
    done = run_all([(Result("", ""), one) for one in work], look, server.writes_at_once(), Report())
    for result in done:
        if result.error:
            raise PulpError(result.error)


def _look(server: Server, one: TagWork, names: Sequence[str]) -> None:
    """Read tags of one item, in one request where source and repository agree."""
    if one.copies and one.origin and one.repository and not _is_empty(one.repository):
        versions = one.origin["latest_version_href"], one.repository["latest_version_href"]
        agreed = tags_in_both(server.client, *versions, names)
        if set(agreed) == set(names):
            one.source.update(agreed)
            one.own.update(agreed)
            return
    one.source.update(read_tags(server, one.origin, names) if one.copies else {})
    one.own.update(read_tags(server, one.repository, names))


def _is_empty(repository: Mapping[str, Any]) -> bool:
    return version_number(repository["latest_version_href"]) == 0


def read_tags(server: Server, repository: Mapping[str, Any] | None, names: Sequence[str]) -> Tags:
    """Which of these tags the latest version of a repository has; none of one that is not there."""
    if repository is None or _is_empty(repository):
        return {}
    return tags_in(server.client, repository["latest_version_href"], names)
