# SPDX-License-Identifier: Apache-2.0
"""Push container images to Pulp's registry: to private repositories, only what is not there yet, and
again after transient failures."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..pulp.errors import Conflict, LostResponse, PulpError, ResponseError
from ..pulp.pool import refuse_invalid_names, run_all
from ..pulp.reader import read_by_field
from ..pulp.server import ReconcileOptions, Server
from ..pulp.types import CONTENT_TYPES
from ..report.report import Result
from .registry import Registry
from .skopeo import Skopeo, digest_of, push_denied

_MAX_PAUSE = 60.0
_MANIFESTS = "content/container/manifests/"
# Sources whose layers are not compressed: skopeo compresses them, which makes another manifest.
_UNCOMPRESSED = ("docker-daemon:", "docker-archive:")


@dataclass(frozen=True)
class ContainerImage:
    """One tag to push: `name` is `<namespace>/<image>`, `source` is a name that skopeo can read."""

    name: str
    tag: str
    source: str


@dataclass(frozen=True)
class PushOptions:
    """How to push.

    `immutable`: an existing tag is never moved. `attempts`: the number of pushes of one tag, for
    transient failures, with pauses that start at `retry_delay` seconds and double.
    """

    private: bool = True
    immutable: bool = False
    attempts: int = 5
    retry_delay: float = 2.0
    sleep: Callable[[float], None] = time.sleep


@dataclass
class _Target:
    """What Pulp has of an image: its distribution, None if there is none, and whether that has a
    repository. `lock` is held while one of its tags is pushed."""

    distribution: dict[str, Any] | None
    has_repository: bool
    lock: threading.Lock = field(default_factory=threading.Lock)


def push_images(
    server: Server,
    skopeo: Skopeo,
    registry: Registry,
    work: Sequence[tuple[Result, ContainerImage]],
    options: PushOptions,
) -> list[Result]:
    """Push all images concurrently; each result gets `digest` and `attempts`.

    The distribution of a new image is created first. Pulp creates the repository when the first blob
    arrives (a push repository before pulp_container 2.29), and assigns it to that distribution.
    """
    kind = CONTENT_TYPES["container"].distribution
    names = [image.name for _result, image in work]
    found = read_by_field(server.client, kind.endpoint, "base_path", names, kind.readable)
    targets = {
        name: _Target(found.get(name), bool(found.get(name, {}).get("repository")))
        for name in names
    }
    push = _Push(server, skopeo, registry, options, targets)
    refuse_invalid_names(work, [(image.name, image.tag) for _result, image in work], "tag")
    run_all(_interleave(work), push.run, server.write_concurrency(), server.report)
    return [result for result, _image in work]


def _interleave(
    work: Sequence[tuple[Result, ContainerImage]],
) -> list[tuple[Result, ContainerImage]]:
    """The first tag of each image, then the second of each, because the tags of one image wait for
    each other."""
    counts: dict[str, int] = {}
    numbered = []
    for pair in work:
        name = pair[1].name
        counts[name] = counts.get(name, 0) + 1
        numbered.append((counts[name], pair))
    return [pair for _number, pair in sorted(numbered, key=lambda entry: entry[0])]


class _Push:
    def __init__(
        self,
        server: Server,
        skopeo: Skopeo,
        registry: Registry,
        options: PushOptions,
        targets: Mapping[str, _Target],
    ) -> None:
        self._server = server
        self._skopeo = skopeo
        self._registry = registry
        self._options = options
        self._targets = targets

    def run(self, image: ContainerImage, result: Result) -> None:
        """Push one tag, unless it already points to the image."""
        target = self._targets[image.name]
        # One tag of an image after the other. Two pushes that both create the repository conflict,
        # and for a moment Pulp does not find for one push what another one brought.
        with target.lock:
            self._ensure_distribution(image, target, result)
            if not target.has_repository:
                self._push(image, "", result)
                target.has_repository = not self._server.check_mode
                return
        current = self._digest(image)
        if current and self._is_pushed(image, current):
            result.more["digest"] = current
            return
        if current and self._options.immutable:
            raise Conflict(
                f"the tag exists with the digest {current}, and {image.source} is another image: "
                "push it with another tag, or set immutable to false"
            )
        with target.lock:
            self._push(image, current, result)

    def _ensure_distribution(self, image: ContainerImage, target: _Target, result: Result) -> None:
        kind = CONTENT_TYPES["container"].distribution
        current = target.distribution
        name = current["name"] if current else image.name
        wanted = {"base_path": image.name, "private": self._options.private}
        try:
            outcome = self._server.reconcile(
                kind, name, wanted, current, ReconcileOptions(subject=result.name)
            )
        except ResponseError as error:
            # An account does not find the objects that it has no permission for.
            if error.status == 403 or "base_path: This field must be unique" in error.detail:
                raise push_denied(self._server.client.connection, image.name, str(error)) from error
            raise
        if outcome.changed:
            private = self._options.private
            before = {"private": not private} if current else {}
            result.add_change("updated" if current else "created", before, {"private": private})
        target.distribution = outcome.current

    def _push(self, image: ContainerImage, current: str, result: Result) -> None:
        """Push a tag that points to the digest `current`, "" if it does not exist."""
        before = {"digest": current} if current else {}
        if self._server.check_mode:
            manifest = self._skopeo.read(image.source)
            digest = "" if image.source.startswith(_UNCOMPRESSED) else digest_of(manifest)
            after = {"digest": digest or "(known after the push)"}
        else:
            digest = self._copy(image, result)
            after = {"digest": digest}
        result.more["digest"] = digest
        result.add_change("updated" if current else "created", before, after)

    def _copy(self, image: ContainerImage, result: Result) -> str:
        """Push a tag and verify it, again after transient failures; returns its digest."""
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
                problem = f"{error} (after {attempt} attempts)"
            if attempt < self._options.attempts:
                self._options.sleep(min(_MAX_PAUSE, pause))
                pause *= 2
        raise LostResponse(problem)

    def _verify_digest(self, image: ContainerImage, digest: str) -> None:
        current = self._digest(image)
        if current != digest:
            state = f"points to {current}" if current else "does not exist"
            raise PulpError(
                f"the tag was pushed with the digest {digest}, but now it {state}: another run pushes "
                "or removes the same tag. Wait until that has finished, and push it again"
            )

    def _digest(self, image: ContainerImage) -> str:
        """Return the digest that the tag points to, "" if it does not exist."""
        status, digest = self._registry.tag_status(image.name, image.tag)
        if status in (401, 403):
            # The token may be older than the image.
            self._registry.drop_token(image.name)
            status, digest = self._registry.tag_status(image.name, image.tag)
        if status not in (200, 404):
            raise ResponseError(status, f"the registry cannot read {image.name}:{image.tag}")
        return digest if status == 200 else ""

    def _verify_complete(self, image: ContainerImage, digest: str) -> None:
        if image.source.startswith(_UNCOMPRESSED):
            return
        if not self._is_complete(digest, self._registry.manifest(image.name, digest)):
            raise LostResponse(
                f"Pulp does not have all architectures of {digest}: another push came between"
            )

    def _is_complete(self, digest: str, manifest: Mapping[str, Any]) -> bool:
        """Whether Pulp has all manifests of an index, as far as the account can see."""
        listed = {entry["digest"] for entry in manifest.get("manifests") or []}
        if not listed:
            return True
        query = {"digest": digest, "fields": "listed_manifests"}
        found = self._server.client.list(_MANIFESTS, query)
        return all(len(entry["listed_manifests"]) >= len(listed) for entry in found)

    def _is_pushed(self, image: ContainerImage, current: str) -> bool:
        """Whether the digest `current` is that of the source, and complete in Pulp.

        The configuration of an image lists its layers by their uncompressed digests, so that it is
        the same after compression.
        """
        source = self._skopeo.read(image.source)
        if digest_of(source) == current:
            return self._is_complete(current, json.loads(source))
        if not image.source.startswith(_UNCOMPRESSED):
            return False
        manifest = self._registry.manifest(image.name, current)
        config = manifest.get("config", {}).get("digest")
        return bool(config == json.loads(source)["config"]["digest"])
