# SPDX-License-Identifier: Apache-2.0
"""Copy tags between container repositories, remove them, and read them, each with the tags of what
is attached to its image."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..objects.publication import version_href
from ..objects.server_lock import ServerLock
from ..objects.sync import late_retry_delay
from ..pulp.errors import InvalidItem, LostResponse, PulpError, ResponseError, TaskTimeout
from ..pulp.interruption import Interruption
from ..pulp.patience import Patience
from ..pulp.pool import for_each, run_all
from ..pulp.reader import read_by_field, version_number
from ..pulp.references import missing_message, report_missing
from ..pulp.server import Server
from ..pulp.tasks import created_resources
from ..report.report import Report, Result
from .tags import (
    Manifests,
    Tags,
    TagState,
    all_tags,
    attached_names,
    existing_names,
    is_empty,
    latest_tags,
    plan_copy,
    require_tags,
    tag_units_in,
    tags_in,
    tags_in_both,
)

_REPOSITORIES = "repositories/"
_REPOSITORY_FIELDS = ("pulp_href", "latest_version_href")
_TYPE_PATH = "/repositories/container/"
_PUSH_TYPE_PATH = "/container-push/"
_SOURCE_VERSION = "source_repository_version"


@dataclass
class TagItem:
    """One item, its repository and the one that it copies from, and the tags that were read of both:
    `own` and `source`, hrefs of manifests by tag.

    `waits_for`: earlier items that change one of its repositories, or read what it changes.
    `is_uncertain`: whether Pulp may still make a change that failed.
    """

    item: Mapping[str, Any]
    repository: dict[str, Any] | None
    source_repository: dict[str, Any] | None
    source: Tags = field(default_factory=dict)
    own: Tags = field(default_factory=dict)
    attached: list[str] = field(default_factory=list)
    waits_for: list[TagItem] = field(default_factory=list)
    is_uncertain: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        """The name of the repository."""
        return str(self.item["name"])

    @property
    def is_push_repository(self) -> bool:
        """Whether the repository was created by pushes to an older Pulp, which cannot copy into it."""
        return _PUSH_TYPE_PATH in (self.repository or {}).get("pulp_href", "")

    @property
    def tags(self) -> list[str]:
        """The tags of the item, each once. Ansible converts "a, b" to ["a", " b"]."""
        return list(dict.fromkeys(tag.strip() for tag in self.item["tags"]))

    @property
    def copies(self) -> bool:
        """Whether tags are copied from another repository."""
        return bool(self.item["state"] == "present")

    @property
    def may_change(self) -> bool:
        """Whether a tag that was read differs from what the item requires."""
        if self.copies:
            names = [*self.tags, *self.attached]
            return any(self.source.get(name, "") != self.own.get(name, "") for name in names)
        return self.item["state"] == "absent" and bool(self.own)


def change_tags(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """Carry out module pulp_container_content: the list `container` -> results, in its order."""
    change = _TagChange(server, Manifests(server.client), params["force"])
    items = read_items(server, params["container"], change.manifests)
    retry_delay = late_retry_delay(params)
    if server.check_mode or not any(item.may_change for item in items):
        return _run_items(change, items, Interruption(), retry_delay), {}
    with ServerLock(server, "tag copy") as interruption:
        # Another run may have changed them before this one held the lock.
        items = read_items(server, params["container"], change.manifests)
        return _run_items(change, items, interruption, retry_delay), {}


def carry_out(
    server: Server,
    items: Sequence[Mapping[str, Any]],
    force: bool,
    interruption: Interruption,
    report: Report,
) -> list[tuple[TagItem, Result]]:
    """Carry out items of pulp_container_content for a run that holds the lock of the server."""
    change = _TagChange(server, Manifests(server.client), force)
    read = read_items(server, items, change.manifests)
    return list(zip(read, _run_items(change, read, interruption, None, report)))


def _run_items(
    change: _TagChange,
    items: Sequence[TagItem],
    interruption: Interruption,
    retry_delay: float | None,
    report: Report | None = None,
) -> list[Result]:
    """Carry out items; after an interruption no further one is started."""
    server = change.server

    def run(item: TagItem, result: Result) -> None:
        try:
            if interruption.requested:
                raise PulpError("nothing was changed: the run was interrupted. Run it again")
            for other in item.waits_for:
                other.done.wait()
            if item.waits_for or item.done.is_set():
                reread_item(server, item, change.manifests)
            try:
                change.run(item, result)
            except ResponseError as error:
                if _SOURCE_VERSION not in error.detail:
                    raise
                # Pulp 3.43 keeps one version of a push repository, and another push replaced it.
                reread_item(server, item, change.manifests)
                change.run(item, result)
        except (LostResponse, TaskTimeout):
            item.is_uncertain = True
            raise
        finally:
            item.done.set()

    pairs = [(Result(item.name, "container"), item) for item in items]
    limit = server.task_concurrency()
    return run_all(pairs, run, limit, report or server.report, retry_delay)


def read_items(
    server: Server, items: Sequence[Mapping[str, Any]], manifests: Manifests
) -> list[TagItem]:
    """Return the items with their repositories, their tags and the tags of what is attached."""
    names = [name for item in items for name in (item["name"], item["source"]) if name]
    found = read_by_field(server.client, _REPOSITORIES, "name", names, _REPOSITORY_FIELDS)
    repositories = {
        name: repository
        for name, repository in found.items()
        if _TYPE_PATH in repository["pulp_href"]
    }
    tag_items = [
        TagItem(item, repositories.get(item["name"]), repositories.get(item["source"] or ""))
        for item in items
    ]
    _set_order(tag_items)
    _read_tags(server, tag_items, manifests)
    return tag_items


def reread_item(server: Server, item: TagItem, manifests: Manifests) -> None:
    """Read an item again, after another one, or another run, changed its repositories."""
    query = {"fields": ",".join(_REPOSITORY_FIELDS)}
    if item.repository:
        item.repository = dict(server.client.get(item.repository["pulp_href"], query))
    if item.source_repository:
        href = item.source_repository["pulp_href"]
        item.source_repository = dict(server.client.get(href, query))
    _read_tags(server, [item], manifests)


def _set_order(items: Sequence[TagItem]) -> None:
    """An item that changes a repository waits for all items before it that name the repository, and
    an item that names it waits for those that change it."""
    changed_by: dict[str, TagItem] = {}
    read_by: dict[str, list[TagItem]] = {}
    for item in items:
        source = item.item["source"]
        names = [item.name, *filter(None, [source])]
        item.waits_for = [changed_by[name] for name in names if name in changed_by]
        if item.item["state"] == "read":
            read_by.setdefault(item.name, []).append(item)
            continue
        item.waits_for += read_by.pop(item.name, [])
        changed_by[item.name] = item
        read_by.setdefault(source or "", []).append(item)


def _read_tags(server: Server, items: Sequence[TagItem], manifests: Manifests) -> None:
    """Read the tags of items, and then those of what is attached, for all items together."""

    def read(item: TagItem) -> None:
        item.source, item.own = {}, {}
        _read_names(server, item, item.tags)

    def read_attached(item: TagItem) -> None:
        _read_names(server, item, item.attached)

    limit = server.write_concurrency()
    _raise_first(for_each(items, read, limit))
    manifests.read(href for item in items for href in (*item.source.values(), *item.own.values()))
    for item in items:
        source = item.source if item.copies else {}
        hrefs = [source[tag] for tag in item.tags if tag in source]
        item.attached = attached_names(
            digest for href in hrefs for digest in manifests.all_digests(href)
        )
    names = existing_names(server.client, (name for item in items for name in item.attached))
    for item in items:
        item.attached = [name for name in item.attached if name in names]
    _raise_first(for_each([item for item in items if item.attached], read_attached, limit))
    manifests.read(href for item in items for href in (*item.source.values(), *item.own.values()))


def _raise_first(errors: Sequence[str]) -> None:
    for error in filter(None, errors):
        raise PulpError(error)


def _read_names(server: Server, item: TagItem, names: Sequence[str]) -> None:
    """Read tags of one item, in one request if source and repository agree."""
    own, source = item.repository, item.source_repository
    if item.copies and source and own and not is_empty(own):
        versions = source["latest_version_href"], own["latest_version_href"]
        common = tags_in_both(server.client, *versions, names)
        if set(common) == set(names):
            item.source.update(common)
            item.own.update(common)
            return
    item.source.update(latest_tags(server.client, source, names) if item.copies else {})
    item.own.update(latest_tags(server.client, own, names))


class _TagChange:
    """Copies, removes and reads the tags of items."""

    def __init__(self, server: Server, manifests: Manifests, force: bool) -> None:
        self.manifests = manifests
        self.server = server
        self._force = force
        self._patience = Patience(server.watcher.intervals)

    def run(self, item: TagItem, result: Result) -> None:
        """Carry out one item."""
        state, allow_missing = item.item["state"], item.item["allow_missing"]
        if item.repository is None and not (
            state == "absent" or (state == "read" and allow_missing)
        ):
            message = missing_message(self.server, "such container repository")
            report_missing(self.server, result, message)
        if state == "present":
            self._copy(item, result)
        elif state == "absent":
            self._remove(item, result)
        else:
            missing = require_tags(item.tags, item.own, allow_missing)
            tags = _select(item.tags, self.manifests.digests(item.own))
            result.more.update(tags=tags, missing=missing)

    def _copy(self, item: TagItem, result: Result) -> None:
        source_name, allow_missing = item.item["source"], item.item["allow_missing"]
        if not source_name:
            raise InvalidItem(
                "state: present copies tags from another repository, but source is not set"
            )
        check_mode = self.server.check_mode
        if item.source_repository is None and not allow_missing:
            what = f"container repository '{source_name}'"
            report_missing(self.server, result, missing_message(self.server, what))
        digests = self.manifests.digests
        state = TagState(digests(item.source), digests(item.own), source_name)
        missing = require_tags(
            item.tags,
            item.source,
            allow_missing or (check_mode and item.source_repository is None),
        )
        may_move = self._force or not item.item["immutable"]
        copied = plan_copy(state, item.tags, may_move)
        # Another signature of the same image replaces the manifest of the same tag.
        attached = [tag for tag in plan_copy(state, item.attached, True) if tag not in copied]
        result.more.update(tags=_select(item.tags, state.source), missing=missing)
        result.more["attached"] = _select(item.attached, state.source)
        if not copied and not attached:
            return
        if item.is_push_repository:
            raise InvalidItem(
                "Pulp cannot copy into a push repository: delete it, and create a plain one with "
                "pulp_repository"
            )
        names = [*copied, *attached]
        before, after = _select(names, state.own), _select(names, state.source)
        result.add_change("copied", {"tags": before}, {"tags": after})
        result.more.update(packages_added=len(names), packages_removed=0)
        if check_mode or item.repository is None or item.source_repository is None:
            return
        task = self._copy_from(item, item.source_repository["latest_version_href"], names)
        if not may_move:
            self._restore_moved(item, _select(copied, state.source), task)
        self._verify_copied(item, after, task)

    def _copy_from(
        self, item: TagItem, version: str, names: Sequence[str]
    ) -> dict[str, Any] | None:
        """Copy tags from a version (href) into the repository of an item; returns the task."""
        url = f"{(item.repository or {})['pulp_href']}copy_tags/"
        return self._write(url, {_SOURCE_VERSION: version, "names": list(names)}, item.name)

    def _restore_moved(self, item: TagItem, copied: Mapping[str, str], task: Any) -> None:
        """Restore immutable tags that another run released after this run had read them.

        Pulp's copy has no precondition, so that two runs can both find that a tag does not exist.
        """
        versions, repository = created_resources(task, "/versions/"), item.repository or {}
        known = version_number(repository["latest_version_href"])
        if not versions or version_number(versions[-1]) == known + 1:
            return
        previous = version_href(repository, version_number(versions[-1]) - 1)
        read = partial(tags_in, self.server.client, previous, copied)
        digests = self.manifests.digests(self._read_again(read, copied))
        moved = [tag for tag, digest in digests.items() if digest != copied[tag]]
        if moved:
            self._patience.call(lambda: self._copy_from(item, previous, moved))
            raise PulpError(
                f"another run released other images as {', '.join(moved)} at the same time, and "
                "those were kept: find out why the two runs differ, and run it again"
            )

    def _verify_copied(self, item: TagItem, wanted: Mapping[str, str], task: Any) -> None:
        """Read the copied tags, because Pulp's task can succeed without copying."""
        digests = self.manifests.digests(self._current_tags(item, list(wanted), task))
        wrong = [tag for tag, digest in wanted.items() if digests.get(tag) != digest]
        if wrong:
            raise PulpError(
                f"Pulp's copy succeeded, but these tags differ from {item.item['source']}: "
                f"{', '.join(wrong)}. Another run may have changed them: run it again"
            )

    def _remove(self, item: TagItem, result: Result) -> None:
        repository = item.repository
        removed = [tag for tag in item.tags if tag in item.own]
        result.more.update(tags={}, missing=[])
        if not removed or repository is None:
            return
        version = repository["latest_version_href"]
        names = [*removed, *self._attached_only_to(item, removed, version)]
        units = tag_units_in(self.server.client, version, names)
        tags = {name: unit["tagged_manifest"] for name, unit in units.items()}
        self.manifests.read(tags.values())
        before = _select(names, self.manifests.digests(tags))
        result.add_change("removed", {"tags": before}, {})
        result.more.update(packages_added=0, packages_removed=len(units))
        if self.server.check_mode:
            return
        task = None
        if item.is_push_repository:
            for name in units:
                self._write(f"{repository['pulp_href']}untag/", {"tag": name}, item.name)
        else:
            body = {"content_units": [unit["pulp_href"] for unit in units.values()]}
            task = self._write(f"{repository['pulp_href']}remove/", body, item.name)
        remaining = self._current_tags(item, names, task)
        if remaining:
            raise PulpError(
                f"Pulp's removal succeeded, but these tags still exist: {', '.join(remaining)}. "
                "Another run may have added them again: run it again"
            )

    def _attached_only_to(self, item: TagItem, removed: Sequence[str], version: str) -> list[str]:
        """Return the tags of what is attached to the images of removed tags and to no image that is
        kept in the version (href)."""
        digests = [
            digest for tag in removed for digest in self.manifests.all_digests(item.own[tag])
        ]
        attached = existing_names(self.server.client, attached_names(digests))
        if not attached:
            return []
        tags = all_tags(self.server.client, version)
        kept = [href for tag, href in tags.items() if tag not in removed]
        self.manifests.read(kept)
        needed = attached_names(
            digest for href in kept for digest in self.manifests.all_digests(href)
        )
        return sorted((attached & set(tags)) - set(needed))

    def _current_tags(self, item: TagItem, names: Sequence[str], task: Any) -> Tags:
        """Return those of these tags that exist in the version that a task created.

        A task creates none if another run has made the same change: then in the latest version.
        """
        versions = created_resources(task, "/versions/")
        client, href = self.server.client, (item.repository or {})["pulp_href"]

        def read() -> Tags:
            if versions:
                repository = {"latest_version_href": versions[-1]}
            else:
                repository = client.get(href, {"fields": "latest_version_href"})
            return latest_tags(client, repository, names)

        return self._read_again(read, names)

    def _read_again(self, read: Callable[[], Tags], names: Iterable[str]) -> Tags:
        """Return the tags that `read` finds after a write, and read their manifests.

        Waits for the end of an outage. Raises PulpError with the names when that takes too long.
        """
        try:
            tags = self._patience.call(read)
            self._patience.call(partial(self.manifests.read, tags.values()))
        except PulpError as error:
            changed = (
                f"Pulp has changed these tags, which could not be verified: {', '.join(names)}"
            )
            raise PulpError(f"{error}. {changed}. Run it again") from error
        return tags

    def _write(self, url: str, body: Mapping[str, Any], subject: str) -> dict[str, Any] | None:
        """POST, and once more after a lost response: the second time changes nothing."""
        client = self.server.client
        try:
            return self.server.write(lambda: client.post(url, dict(body)), subject)
        except LostResponse:
            again = partial(self.server.write, lambda: client.post(url, dict(body)), subject)
            return self._patience.call(again)


def _select(names: Sequence[str], values: Mapping[str, str]) -> dict[str, str]:
    """Return the values of these names that exist, in the order of the names."""
    return {name: values[name] for name in names if name in values}
