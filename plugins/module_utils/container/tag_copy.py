# SPDX-License-Identifier: Apache-2.0
"""Tags of container repositories: copied from another repository, removed, or looked at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..objects.pinned_source import version_number
from ..objects.publication import version_href
from ..objects.sync import late_delay
from ..pulp.errors import InvalidItem, LostResponse, PulpError, ResponseError
from ..pulp.pool import for_each, run_all
from ..pulp.reader import read_by_field
from ..pulp.references import missing_message, report_missing
from ..pulp.server import Server
from ..pulp.tasks import created_resources
from ..report.report import Result
from .tags import (
    Manifests,
    Tags,
    all_tags,
    attached_names,
    existing_names,
    tag_units_in,
    tags_in,
    tags_in_both,
)


@dataclass(frozen=True)
class TagState:
    """Digests by tag: what the source has, and what the repository itself has, as far as asked.

    `source_name` is what a refusal calls the source.
    """

    source: Mapping[str, str]
    own: Mapping[str, str]
    source_name: str = ""


def require_tags(wanted: Sequence[str], there: Mapping[str, str], allowed: bool) -> list[str]:
    """The wanted tags that are not there. Raises InvalidItem, naming them, unless `allowed`."""
    missing = [tag for tag in wanted if tag not in there]
    if missing and not allowed:
        raise InvalidItem(f"Some tags not found in source repository: {', '.join(missing)}")
    return missing


def plan_copy(state: TagState, wanted: Sequence[str], may_move: bool) -> list[str]:
    """The tags to copy, in the order in which they are wanted: those that are new or differ.

    Raises InvalidItem, naming each with both digests, for tags that would move and must not.
    """
    there = [tag for tag in wanted if tag in state.source]
    differing = [tag for tag in there if state.own.get(tag) != state.source[tag]]
    moving = [tag for tag in differing if tag in state.own]
    if moving and not may_move:
        told = [
            f"{tag} is {state.own[tag]} here and {state.source[tag]} in {state.source_name}"
            for tag in moving
        ]
        # The way out comes first: digests are long, and the end of a line may be cut off.
        raise InvalidItem(
            f"{', '.join(moving)} would move, and a tag that was released does not: push what is new "
            "under a new tag, or set force (container_force in a playbook) if that is meant. "
            f"{'; '.join(told)}"
        )
    return differing


_REPOSITORIES = "repositories/"
_KIND = "/repositories/container/"


@dataclass
class TagItem:
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
    before: list[TagItem] = field(default_factory=list)
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


def read_items(
    server: Server, items: Sequence[Mapping[str, Any]], manifests: Manifests
) -> list[TagItem]:
    """One for each item, with its tags and what is attached to them read."""
    names = [name for item in items for name in (item["name"], item["source"]) if name]
    fields = ("pulp_href", "latest_version_href")
    found = read_by_field(server.client, _REPOSITORIES, "name", names, fields)
    there = {name: one for name, one in found.items() if _KIND in one["pulp_href"]}
    work = [
        TagItem(item, there.get(item["name"]), there.get(item["source"] or "")) for item in items
    ]
    _read(server, _chained(work), manifests)
    return work


def reread_item(server: Server, one: TagItem, manifests: Manifests) -> None:
    """Read one item anew, after something else changed its repository."""
    asked = {"fields": "pulp_href,latest_version_href"}
    if one.repository:
        one.repository = dict(server.client.get(one.repository["pulp_href"], asked))
    if one.origin:
        one.origin = dict(server.client.get(one.origin["pulp_href"], asked))
    _read(server, [one], manifests)


def _chained(work: list[TagItem]) -> list[TagItem]:
    """Who changes a repository waits for all before that name it, and they for who changed it."""
    changed: dict[str, TagItem] = {}
    looked: dict[str, list[TagItem]] = {}
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


def _read(server: Server, work: Sequence[TagItem], manifests: Manifests) -> None:
    """Read what items name, and then, for all of them together, what is attached to that."""

    def look(one: TagItem) -> None:
        one.source, one.own = {}, {}
        _look(server, one, one.tags)

    def look_at_attached(one: TagItem) -> None:
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


def _each(server: Server, work: Sequence[TagItem], look: Callable[[TagItem], None]) -> None:
    errors = list(filter(None, for_each(work, look, server.write_concurrency())))
    if errors:
        raise PulpError(errors[0])


def _look(server: Server, one: TagItem, names: Sequence[str]) -> None:
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


_SOURCE = "source_repository_version"
_COPY = "copy_tags/"


def change_tags(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_container_content: `container` -> results, in their order."""
    manifests = Manifests(server.client)
    work = read_items(server, params["container"], manifests)

    def walk(one: TagItem, result: Result) -> None:
        try:
            for other in one.before:
                other.over.wait()
            if one.before or one.over.is_set():
                reread_item(server, one, manifests)
            try:
                _walk(server, one, manifests, params["force"], result)
            except ResponseError as error:
                if _SOURCE not in error.detail:
                    raise
                # Pulp 3.43 keeps one version of what is pushed, and somebody pushed meanwhile.
                reread_item(server, one, manifests)
                _walk(server, one, manifests, params["force"], result)
        finally:
            one.over.set()

    pairs = [(Result(one.item["name"], "container"), one) for one in work]
    at_once = server.task_concurrency()
    return run_all(pairs, walk, at_once, server.report, late_delay(params)), {}


def _walk(server: Server, one: TagItem, manifests: Manifests, force: bool, result: Result) -> None:
    item = one.item
    may_lack = item["state"] == "absent" or (item["state"] == "read" and item["allow_missing"])
    if one.repository is None and not may_lack:
        report_missing(server, result, missing_message(server, "such container repository"))
    if item["state"] == "present":
        _copy(server, one, manifests, force, result)
    elif item["state"] == "absent":
        _remove(server, one, manifests, result)
    else:
        missing = require_tags(one.tags, one.own, item["allow_missing"])
        result.more.update(tags=_of(one.tags, manifests.digests(one.own)), missing=missing)


def _copy(server: Server, one: TagItem, manifests: Manifests, force: bool, result: Result) -> None:
    item = one.item
    if not item["source"]:
        raise InvalidItem("state: present copies tags from another repository: give its source")
    if one.origin is None and not item["allow_missing"]:
        report_missing(
            server, result, missing_message(server, f"container repository '{item['source']}'")
        )
    state = TagState(manifests.digests(one.source), manifests.digests(one.own), item["source"])
    missing = require_tags(
        one.tags, one.source, item["allow_missing"] or (server.check_mode and one.origin is None)
    )
    may_move = force or not item["immutable"]
    copied = plan_copy(state, one.tags, may_move)
    # A signature grows: who signs again adds to what the same tag named before.
    attached = [tag for tag in plan_copy(state, one.attached, True) if tag not in copied]
    result.more.update(tags=_of(one.tags, state.source), missing=missing)
    result.more["attached"] = _of(one.attached, state.source)
    if not copied and not attached:
        return
    if one.is_push:
        raise InvalidItem(
            "it is a push repository, and Pulp copies into plain ones only: delete it, and let "
            "pulp_repository make a plain one"
        )
    names = [*copied, *attached]
    result.add_change("copied", {"tags": _of(names, state.own)}, {"tags": _of(names, state.source)})
    result.more.update(packages_added=len(names), packages_removed=0)
    if server.check_mode or one.repository is None or one.origin is None:
        return
    body = {_SOURCE: one.origin["latest_version_href"], "names": names}
    task = _write(server, f"{one.repository['pulp_href']}{_COPY}", body, item["name"])
    if not may_move:
        _refuse_moved(server, one, manifests, _of(copied, state.source), task)
    _refuse_half(server, one, manifests, _of(names, state.source), task)


def _refuse_moved(
    server: Server, one: TagItem, manifests: Manifests, copied: Mapping[str, str], task: Any
) -> None:
    """Put back what another run released under one of these tags since this run looked at them.

    Pulp's copy has no precondition, so that two runs may both find a tag free.
    """
    made, repository = created_resources(task, "/versions/"), one.repository or {}
    seen = version_number(repository["latest_version_href"])
    if not made or version_number(made[-1]) == seen + 1:
        return
    before = version_href(repository, version_number(made[-1]) - 1)
    tags = tags_in(server.client, before, copied)
    manifests.read(tags.values())
    moved = [tag for tag, digest in manifests.digests(tags).items() if digest != copied[tag]]
    if moved:
        body = {_SOURCE: before, "names": moved}
        _write(server, f"{repository['pulp_href']}{_COPY}", body, one.item["name"])
        raise PulpError(
            f"another run released {', '.join(moved)} meanwhile, with other images, which stay. "
            "Look at why these runs differ, and run it again"
        )


def _refuse_half(
    server: Server, one: TagItem, manifests: Manifests, wanted: Mapping[str, str], task: Any
) -> None:
    """Look at the tags: Pulp succeeds without copying, too."""
    digests = manifests.digests(_read_now(server, one, manifests, list(wanted), task))
    wrong = [tag for tag, digest in wanted.items() if digests.get(tag) != digest]
    if wrong:
        raise PulpError(
            f"Pulp copied without an error, and these tags are not as in {one.item['source']}: "
            f"{', '.join(wrong)}. Another run may have changed them: run it again"
        )


def _remove(server: Server, one: TagItem, manifests: Manifests, result: Result) -> None:
    repository = one.repository
    going = [tag for tag in one.tags if tag in one.own]
    result.more.update(tags={}, missing=[])
    if not going or repository is None:
        return
    version = repository["latest_version_href"]
    names = [*going, *_attached_going(server, one, manifests, going)]
    units = tag_units_in(server.client, version, names)
    tags = {name: unit["tagged_manifest"] for name, unit in units.items()}
    manifests.read(tags.values())
    result.add_change("removed", {"tags": _of(names, manifests.digests(tags))}, {})
    result.more.update(packages_added=0, packages_removed=len(units))
    if server.check_mode:
        return
    task = None
    if one.is_push:
        for name in units:
            _write(server, f"{repository['pulp_href']}untag/", {"tag": name}, result.name)
    else:
        body = {"content_units": [unit["pulp_href"] for unit in units.values()]}
        task = _write(server, f"{repository['pulp_href']}remove/", body, result.name)
    left = _read_now(server, one, manifests, names, task)
    if left:
        raise PulpError(
            f"Pulp removed without an error, and these tags are still there: {', '.join(left)}. "
            "Another run may have brought them back: run it again"
        )


def _attached_going(
    server: Server, one: TagItem, manifests: Manifests, going: Sequence[str]
) -> list[str]:
    """What is attached to the images of these tags, and to no image that stays."""
    digests = [digest for tag in going for digest in manifests.all_digests(one.own[tag])]
    names = existing_names(server.client, attached_names(digests))
    if not names:
        return []
    everything = all_tags(server.client, (one.repository or {})["latest_version_href"])
    staying = [href for tag, href in everything.items() if tag not in going]
    manifests.read(staying)
    kept = attached_names(digest for href in staying for digest in manifests.all_digests(href))
    return sorted((names & set(everything)) - set(kept))


def _read_now(
    server: Server, one: TagItem, manifests: Manifests, names: Sequence[str], task: Any
) -> dict[str, str]:
    """Which of these tags there are in the version that a task made, and the manifest of each.

    A task that made none found everything done, by another run: then in the latest version.
    """
    made = created_resources(task, "/versions/")
    if made:
        repository = {"latest_version_href": made[-1]}
    else:
        asked = {"fields": "latest_version_href"}
        repository = server.client.get((one.repository or {})["pulp_href"], asked)
    tags = read_tags(server, repository, names)
    manifests.read(tags.values())
    return tags


def _write(
    server: Server, address: str, body: Mapping[str, Any], subject: str
) -> dict[str, Any] | None:
    """Post, and once more after a lost answer: the second time changes nothing."""
    try:
        return server.write(lambda: server.client.post(address, dict(body)), subject)
    except LostResponse:
        return server.write(lambda: server.client.post(address, dict(body)), subject)


def _of(names: Sequence[str], values: Mapping[str, str]) -> dict[str, str]:
    return {name: values[name] for name in names if name in values}
