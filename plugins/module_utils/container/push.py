# SPDX-License-Identifier: Apache-2.0
"""Push images: privately from the first byte, what is there already not at all, and patiently."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..pulp.errors import Conflict, LostResponse, PulpError, ResponseError
from ..pulp.pool import refuse_duplicates, run_all
from ..pulp.reader import read_by_field
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES
from ..report.report import Result
from .registry import Registry
from .skopeo import Skopeo, digest_of, push_denied

_MAX_PAUSE = 60.0
_MANIFESTS = "content/container/manifests/"
# Sources that hold layers unpacked: skopeo packs them, which makes another manifest.
_UNPACKED = ("docker-daemon:", "docker-archive:")


@dataclass(frozen=True)
class ContainerImage:
    """One tag to be pushed: `name` is `<namespace>/<image>`, `source` as skopeo has it."""

    name: str
    tag: str
    source: str


@dataclass(frozen=True)
class PushOptions:
    """How to push. `immutable`: a tag that is there never moves. `attempts`: for what may pass,
    with pauses that begin with `retry_delay` seconds and double."""

    private: bool = True
    immutable: bool = False
    attempts: int = 5
    retry_delay: float = 2.0
    sleep: Callable[[float], None] = time.sleep


@dataclass
class _Place:
    """Where an image is served, None if nowhere yet; `filled`: whether it has a repository."""

    distribution: dict[str, Any] | None
    filled: bool
    lock: threading.Lock = field(default_factory=threading.Lock)


def push_images(
    server: Server,
    skopeo: Skopeo,
    registry: Registry,
    work: Sequence[tuple[Result, ContainerImage]],
    options: PushOptions,
) -> list[Result]:
    """Push all images, concurrently; each result gets `digest` and `attempts`.

    A new image gets its distribution first. Pulp makes the repository when the first blob
    arrives: a plain one, or one for pushes before container 2.29, and serves it there.
    """
    kind = CONTENT_TYPES["container"].distribution
    names = [image.name for _result, image in work]
    found = read_by_field(server.client, kind.endpoint, "base_path", names, kind.readable)
    push = _Push(server, skopeo, registry, options, found, names)
    refuse_duplicates(work, [(image.name, image.tag) for _result, image in work], "tag")
    run_all(_interleave(work), push.walk, server.write_concurrency(), server.report)
    return [result for result, _image in work]


def _interleave(
    work: Sequence[tuple[Result, ContainerImage]],
) -> list[tuple[Result, ContainerImage]]:
    """The first tag of each image, then the second of each: tags of one image wait for each other."""
    seen: dict[str, int] = {}
    turns = []
    for pair in work:
        name = pair[1].name
        seen[name] = seen.get(name, 0) + 1
        turns.append((seen[name], pair))
    return [pair for _turn, pair in sorted(turns, key=lambda turn: turn[0])]


class _Push:
    def __init__(
        self,
        server: Server,
        skopeo: Skopeo,
        registry: Registry,
        options: PushOptions,
        found: Mapping[str, dict[str, Any]],
        names: Iterable[str],
    ) -> None:
        self._server, self._skopeo, self._registry, self._options = (
            server,
            skopeo,
            registry,
            options,
        )
        self._places = {
            name: _Place(found.get(name), bool(found.get(name, {}).get("repository")))
            for name in names
        }

    def walk(self, image: ContainerImage, result: Result) -> None:
        """See to it that one tag is what its source is."""
        place = self._places[image.name]
        # One tag of an image after the other. Two pushes that both make the repository get into each
        # other's way, and what one brought is for a moment not there for another.
        with place.lock:
            self._make_private(image, place, result)
            if not place.filled:
                self._push(image, "", result)
                place.filled = not self._server.check_mode
                return
        known = self._digest(image)
        if known and self._is_there(image, known):
            result.more["digest"] = known
            return
        if known and self._options.immutable:
            raise Conflict(
                f"it is there with the digest {known}, and {image.source} is another image: push "
                "that under a tag of its own, or without immutable"
            )
        with place.lock:
            self._push(image, known, result)

    def _make_private(self, image: ContainerImage, place: _Place, result: Result) -> None:
        kind = CONTENT_TYPES["container"].distribution
        there = place.distribution
        name = there["name"] if there else image.name
        wanted = {"base_path": image.name, "private": self._options.private}
        try:
            outcome = self._server.reconcile(kind, name, wanted, there, subject=result.name)
        except ResponseError as error:
            # What the account may not see is not there for it, until it wants to make it.
            if error.status == 403 or "base_path: This field must be unique" in error.detail:
                raise push_denied(self._server.client.connection, image.name, str(error)) from error
            raise
        if outcome.changed:
            private = self._options.private
            before = {"private": not private} if there else {}
            result.add_change("updated" if there else "created", before, {"private": private})
        place.distribution = outcome.current

    def _push(self, image: ContainerImage, known: str, result: Result) -> None:
        before = {"digest": known} if known else {}
        if self._server.check_mode:
            manifest = self._skopeo.read(image.source)
            digest = "" if image.source.startswith(_UNPACKED) else digest_of(manifest)
            after = {"digest": digest or "known when it is pushed"}
        else:
            digest = self._copy(image, result)
            after = {"digest": digest}
        result.more["digest"] = digest
        result.add_change("updated" if known else "created", before, after)

    def _copy(self, image: ContainerImage, result: Result) -> str:
        pause = self._options.retry_delay
        problem = ""
        for attempt in range(1, self._options.attempts + 1):
            result.more["attempts"] = attempt
            try:
                with self._server.activity(result.name):
                    digest = self._skopeo.copy(image.source, image.name, image.tag)
                self._verify_digest(image, digest)
                self._verify_complete(image, digest)
                return digest
            except LostResponse as error:
                problem = f"{error}; it was tried {attempt} times"
            if attempt < self._options.attempts:
                self._options.sleep(min(_MAX_PAUSE, pause))
                pause *= 2
        raise LostResponse(problem)

    def _verify_digest(self, image: ContainerImage, digest: str) -> None:
        now = self._digest(image)
        if now != digest:
            raise PulpError(
                f"it was pushed as {digest}, and is {now or 'not there'} now: another run pushes "
                "or removes the same tag; let one of them be done first"
            )

    def _digest(self, image: ContainerImage) -> str:
        """What the tag points to; empty where there is no such tag."""
        status, digest = self._registry.tag_status(image.name, image.tag)
        if status in (401, 403):
            # The token may be of a time when there was no such image yet.
            self._registry.drop_token(image.name)
            status, digest = self._registry.tag_status(image.name, image.tag)
        if status not in (200, 404):
            raise ResponseError(status, f"the registry does not show {image.name}:{image.tag}")
        return digest if status == 200 else ""

    def _verify_complete(self, image: ContainerImage, digest: str) -> None:
        if image.source.startswith(_UNPACKED):
            return
        if not self._is_complete(digest, self._registry.manifest(image.name, digest)):
            raise LostResponse(
                f"Pulp has not all architectures of {digest}: another push came between"
            )

    def _is_complete(self, digest: str, manifest: Mapping[str, Any]) -> bool:
        """Whether Pulp lists all manifests of an index, as far as the account may see that."""
        listed = {one["digest"] for one in manifest.get("manifests") or []}
        if not listed:
            return True
        asked = {"digest": digest, "fields": "listed_manifests"}
        found = self._server.client.list(_MANIFESTS, asked)
        return all(len(one["listed_manifests"]) >= len(listed) for one in found)

    def _is_there(self, image: ContainerImage, known: str) -> bool:
        """Whether all of a source is there, and is what a digest names. An image's configuration names
        its layers as they are unpacked, so that it stays when they are packed."""
        source = self._skopeo.read(image.source)
        if digest_of(source) == known:
            return self._is_complete(known, json.loads(source))
        if not image.source.startswith(_UNPACKED):
            return False
        there = self._registry.manifest(image.name, known)
        return bool(there.get("config", {}).get("digest") == json.loads(source)["config"]["digest"])
