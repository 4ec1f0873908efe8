# SPDX-License-Identifier: Apache-2.0
"""Tags of container repositories: copied from another repository, removed, or looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .pulp_errors import InvalidItem, LostAnswer, PulpError, ResponseError
from .pulp_missing import refuse_missing, unseen
from .pulp_pinned import version_number
from .pulp_pipeline import run_all
from .pulp_publication import version_href
from .pulp_report import Result
from .pulp_server import Server
from .pulp_sync import late_delay
from .pulp_tag_plan import TagState, plan_copy, refuse_missing_tags
from .pulp_tag_work import TagWork, read_again, read_tags, read_work
from .pulp_tags import Manifests, all_tags, attached_names, existing_names, tags_in, units_in
from .pulp_tasks import created_by

__all__ = ["change_tags"]

_SOURCE = "source_repository_version"
_COPY = "copy_tags/"


def change_tags(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_container_content: `container` -> results, in their order."""
    manifests = Manifests(server.client)
    work = read_work(server, params["container"], manifests)

    def walk(one: TagWork, result: Result) -> None:
        try:
            for other in one.before:
                other.over.wait()
            if one.before or one.over.is_set():
                read_again(server, one, manifests)
            try:
                _walk(server, one, manifests, params["force"], result)
            except ResponseError as error:
                if _SOURCE not in error.words:
                    raise
                # Pulp 3.43 keeps one version of what is pushed, and somebody pushed meanwhile.
                read_again(server, one, manifests)
                _walk(server, one, manifests, params["force"], result)
        finally:
            one.over.set()

    pairs = [(Result(one.item["name"], "container"), one) for one in work]
    at_once = server.tasks_at_once()
    return run_all(pairs, walk, at_once, server.report, late_delay(params)), {}


def _walk(server: Server, one: TagWork, manifests: Manifests, force: bool, result: Result) -> None:
    item = one.item
    may_lack = item["state"] == "absent" or (item["state"] == "read" and item["allow_missing"])
    if one.repository is None and not may_lack:
        refuse_missing(server, result, unseen(server, "such container repository"))
    if item["state"] == "present":
        _copy(server, one, manifests, force, result)
    elif item["state"] == "absent":
        _remove(server, one, manifests, result)
    else:
        missing = refuse_missing_tags(one.tags, one.own, item["allow_missing"])
        result.more.update(tags=_of(one.tags, manifests.digests(one.own)), missing=missing)


def _copy(server: Server, one: TagWork, manifests: Manifests, force: bool, result: Result) -> None:
    item = one.item
    if not item["source"]:
        raise InvalidItem("state: present copies tags from another repository: give its source")
    if one.origin is None and not item["allow_missing"]:
        refuse_missing(server, result, unseen(server, f"container repository '{item['source']}'"))
    state = TagState(manifests.digests(one.source), manifests.digests(one.own), item["source"])
    missing = refuse_missing_tags(
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
    result.note("copied", {"tags": _of(names, state.own)}, {"tags": _of(names, state.source)})
    result.more.update(packages_added=len(names), packages_removed=0)
    if server.check_mode or one.repository is None or one.origin is None:
        return
    body = {_SOURCE: one.origin["latest_version_href"], "names": names}
    task = _write(server, f"{one.repository['pulp_href']}{_COPY}", body, item["name"])
    if not may_move:
        _refuse_moved(server, one, manifests, _of(copied, state.source), task)
    _refuse_half(server, one, manifests, _of(names, state.source), task)


def _refuse_moved(
    server: Server, one: TagWork, manifests: Manifests, copied: Mapping[str, str], task: Any
) -> None:
    """Put back what another run released under one of these tags since this run looked at them.

    Pulp's copy has no precondition, so that two runs may both find a tag free.
    """
    made, repository = created_by(task, "/versions/"), one.repository or {}
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
    server: Server, one: TagWork, manifests: Manifests, wanted: Mapping[str, str], task: Any
) -> None:
    """Look at the tags: Pulp succeeds without copying, too."""
    digests = manifests.digests(_read_now(server, one, manifests, list(wanted), task))
    wrong = [tag for tag, digest in wanted.items() if digests.get(tag) != digest]
    if wrong:
        raise PulpError(
            f"Pulp copied without an error, and these tags are not as in {one.item['source']}: "
            f"{', '.join(wrong)}. Another run may have changed them: run it again"
        )


def _remove(server: Server, one: TagWork, manifests: Manifests, result: Result) -> None:
    repository = one.repository
    going = [tag for tag in one.tags if tag in one.own]
    result.more.update(tags={}, missing=[])
    if not going or repository is None:
        return
    version = repository["latest_version_href"]
    names = [*going, *_attached_going(server, one, manifests, going)]
    units = units_in(server.client, version, names)
    tags = {name: unit["tagged_manifest"] for name, unit in units.items()}
    manifests.read(tags.values())
    result.note("removed", {"tags": _of(names, manifests.digests(tags))}, {})
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
    server: Server, one: TagWork, manifests: Manifests, going: Sequence[str]
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
    server: Server, one: TagWork, manifests: Manifests, names: Sequence[str], task: Any
) -> dict[str, str]:
    """Which of these tags there are in the version that a task made, and the manifest of each.

    A task that made none found everything done, by another run: then in the latest version.
    """
    made = created_by(task, "/versions/")
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
    except LostAnswer:
        return server.write(lambda: server.client.post(address, dict(body)), subject)


def _of(names: Sequence[str], values: Mapping[str, str]) -> dict[str, str]:
    return {name: values[name] for name in names if name in values}
