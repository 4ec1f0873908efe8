# SPDX-License-Identifier: Apache-2.0
"""Upload disk images: what a version serves never changes once it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .pulp_content import content_url
from .pulp_distribution import Guards, distribute, read_guards
from .pulp_errors import Refused
from .pulp_file_content import FileRun, bring_files, held_files, read_files
from .pulp_file_item import WantedFile
from .pulp_pipeline import refuse_duplicates, run_all
from .pulp_publication import publish
from .pulp_reader import read_kind
from .pulp_report import Result
from .pulp_repository import declare, read_repositories
from .pulp_server import Server
from .pulp_types import CONTENT_TYPES, RepositoryState
from .release_image_files import image_files
from .release_images import LATEST, image_pin
from .release_newest import served_versions
from .release_pins import Pin

__all__ = ["upload_images"]

_FILE = CONTENT_TYPES["file"]


@dataclass
class _Image:
    """One item, and what the server has of it: its repository, the distributions of its version
    and of the latest one, and the repository version (href) that the first of these serves."""

    item: Mapping[str, Any]
    pin: Pin
    state: RepositoryState
    there: dict[str, Any] | None
    latest: dict[str, Any] | None
    served: str = ""


def upload_images(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module image_upload: parameters -> results, in the order of the list."""
    work = [(_result(pin), _read(item, pin)) for item, pin in _pairs(params["images"])]
    images = [image for _result_of, image in work]
    _look(server, images)
    guard = params["content_guard"]
    in_use = {(one.latest or {}).get("content_guard") or "" for one in images}
    guards = read_guards(server, [guard] if guard else [], in_use)
    guards.href(guard)
    refuse_duplicates(work, [image.pin.repository.name for image in images], "repository")
    run = FileRun.of(server, params)

    def walk(image: _Image, result: Result) -> None:
        _walk(run, image, guard, guards, result)

    return run_all(work, walk, server.tasks_at_once(), server.report), {}


def _pairs(items: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], Pin]]:
    return [(item, image_pin(item)) for item in items]


def _read(item: Mapping[str, Any], pin: Pin) -> _Image:
    return _Image(item, pin, RepositoryState(), None, None)


def _result(pin: Pin) -> Result:
    more = {
        "short_name": pin.short_name,
        "stamp": pin.stamp,
        "snapshot": pin.snapshot_name,
        "base_path": pin.snapshot_path,
    }
    return Result(pin.repository.name, _FILE.name, more=more)


def _look(server: Server, images: Sequence[_Image]) -> None:
    """Read what there is, for all images together."""
    states = read_repositories(server, _FILE, [one.pin.repository.name for one in images])
    names = [(one.pin.snapshot_name, one.pin.repository.snapshot_name(LATEST)) for one in images]
    found = read_kind(server.client, _FILE.distribution, [name for pair in names for name in pair])
    for one, (own, latest) in zip(images, names):
        one.state = states[one.pin.repository.name]
        one.there, one.latest = found.get(own), found.get(latest)
    served = [(one.there or {}).get("publication") or "" for one in images]
    versions = served_versions(server, _FILE, served)
    for one, href in zip(images, served):
        one.served = versions.get(href, "")


def _walk(run: FileRun, image: _Image, guard: str, guards: Guards, result: Result) -> None:
    files = image_files(image.item)
    item = {"files": files, "checksums": image.item["checksums"], "state": "present"}
    wanted = read_files(item)
    result.more["url"] = f"{content_url(run.server.client.connection, image.pin.snapshot_path)}/"
    if image.served:
        _refuse_others(run, image, wanted)
        result.more["files"] = []
        # A run that was killed may not have come to the latest one; another version may have.
        if image.item["latest"] and image.latest is None:
            publication = (image.there or {})["publication"]
            _serve_latest(run, image, publication, guard, guards, result)
        return
    publication = _publish(run, image, wanted, result)
    # The version comes last: while it is not there, the next run does all of it.
    if image.item["latest"]:
        _serve_latest(run, image, publication, guard, guards, result)
    place = {
        "base_path": image.pin.snapshot_path,
        "content_guard": guards.href(guard),
        "publication": publication,
    }
    name, is_new = image.pin.snapshot_name, image.there is None
    try:
        distribute(run.server, _FILE, name, place, image.there, guards, result, not is_new)
    except Refused:
        # Another run was quicker: clients may have read its version, so that one counts.
        _look(run.server, [image])
        if image.item["latest"]:
            _serve_latest(run, image, (image.there or {}).get("publication"), guard, guards, result)
        _refuse_others(run, image, wanted)


def _publish(
    run: FileRun, image: _Image, wanted: Sequence[WantedFile], result: Result
) -> str | None:
    """The publication (href) of a version with just these files; None in check mode if new."""
    name = image.pin.repository.name
    declare(run.server, _FILE, {"name": name}, image.state, result)
    version = bring_files(run, image.state.repository, wanted, True, result)
    if run.server.check_mode and result.changed:
        return None
    href, _duplicates = publish(run.server, _FILE, name, version, None, False, result)
    return href


def _refuse_others(run: FileRun, image: _Image, wanted: Sequence[WantedFile]) -> None:
    """Raise Refused when the version is there with other bits."""
    held = {path: one["sha256"] for path, one in held_files(run.server, image.served).items()}
    ours = {one.relative_path: one.open().sha256 for one in wanted}
    if held != ours:
        other = sorted(path for path in {*held, *ours} if held.get(path) != ours.get(path))
        raise Refused(
            f"version {image.pin.stamp} is there already, and differs in {', '.join(other)}: what "
            "is served never changes, give another image_version"
        )


def _serve_latest(
    run: FileRun,
    image: _Image,
    publication: str | None,
    guard: str,
    guards: Guards,
    result: Result,
) -> None:
    """Let the latest version be this one; clients do not see it before it is released."""
    repository = image.pin.repository
    place = {
        "base_path": repository.snapshot_path(LATEST),
        "content_guard": guards.href(guard),
        "publication": publication,
    }
    changes = Result(result.name, result.type)
    name = repository.snapshot_name(LATEST)
    distribute(run.server, _FILE, name, place, image.latest, guards, changes)
    if changes.changed:
        # Its publication says nothing to people, and in check mode there is none yet.
        before, after = (
            {key: value for key, value in side.items() if key != "publication"}
            for side in (changes.before, changes.after)
        )
        after["version"] = image.pin.stamp
        result.note(changes.action, {LATEST: before}, {LATEST: after})
