# SPDX-License-Identifier: Apache-2.0
"""What a Pulp has besides its API: the registry and the content app, and skopeo, which pushes."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from plugins.module_utils.pulp.content_app import AUTHENTICATED

from .content import list_manifests, set_tags, tags_of
from .pulp import FakePulp, Request


def digest_of(image: bytes) -> str:
    """The digest of a manifest or index."""
    return f"sha256:{hashlib.sha256(image).hexdigest()}"


class FakeRegistry:
    """Has the methods of a Registry, and serves the container distributions of a FakePulp.

    `statuses`: image -> what its requests are answered or raise instead. `outdated`: how many
    tokens are of a time before the account had its rights.
    """

    request_count = 3

    def __init__(self, pulp: FakePulp) -> None:
        self.pulp = pulp
        self.statuses: dict[str, int | Exception] = {}
        self.outdated = 0
        self.images: dict[str, bytes] = {}
        self.asked: list[str] = []

    def tag_status(self, name: str, tag: str) -> tuple[int, str]:
        self.asked.append(f"{name}:{tag}")
        answer = 401 if self.outdated else self.statuses.get(name, 200)
        if isinstance(answer, Exception):
            raise answer
        digest = self._tags(name).get(tag, "")
        return (answer, "") if answer != 200 else (200, digest) if digest else (404, "")

    def tags(self, name: str) -> list[str]:
        return list(self._tags(name))

    def manifest(self, _name: str, digest: str) -> dict[str, Any]:
        return dict(json.loads(self.images[digest]))

    def drop_token(self, _name: str) -> None:
        self.outdated = max(0, self.outdated - 1)

    def _tags(self, name: str) -> dict[str, str]:
        found = self.pulp.store.find("distributions/container/container/", base_path=name)
        repository = self.pulp.store.objects.get((found or {}).get("repository") or "")
        return tags_of(self.pulp, repository["name"]) if repository else {}


class FakeSkopeo:
    """Has the methods of Skopeo; what it pushes, Pulp and its registry have.

    `sources`: address -> manifest. `faults`: what the next pushes raise. `rival`: the manifest that
    another one pushes after each of them. `lost`: of so many manifests of the next indexes Pulp
    knows nothing. `public`: what was pushed where everybody may read it.
    """

    def __init__(self, registry: FakeRegistry) -> None:
        self.registry = registry
        self.sources: dict[str, bytes] = {}
        self.faults: list[Exception] = []
        self.rival = b""
        self.lost: list[int] = []
        self.public: list[str] = []

    def read(self, source: str) -> bytes:
        return self.sources[source]

    def copy(self, source: str, name: str, tag: str) -> str:
        pulp = self.registry.pulp
        with pulp.lock:
            pulp.requests.append(Request("PUSH", f"{name}:{tag}"))
            place = pulp.find("distributions/container/container/", base_path=name)
            if not place["private"]:
                self.public.append(f"{name}:{tag}")
            if self.faults:
                raise self.faults.pop(0)
            # It packs the layers of an image that is unpacked at its source.
            pushed = self.sources[source].replace(b"unpacked", b"packed")
            kept = self.rival or pushed
            tags = tags_of(pulp, name) if place["repository"] else {}
            repository = set_tags(pulp, name, {**tags, tag: digest_of(kept)})
            place["repository"] = repository["pulp_href"]
            for image in (pushed, kept):
                self.registry.images[digest_of(image)] = image
            self._list_manifests(pushed)
            return digest_of(pushed)

    def _list_manifests(self, image: bytes) -> None:
        listed = [one["digest"] for one in json.loads(image).get("manifests", [])]
        if listed:
            lost = self.lost.pop(0) if self.lost else 0
            list_manifests(self.registry.pulp, digest_of(image), listed[lost:])


class FakeContentApp:
    """Has the methods of a ContentApp. `statuses`: path -> HTTP status, 404 for all others;
    `below`: path -> the directories in it. `account` and `denial` are what it knows of the account.
    """

    def __init__(
        self, statuses: dict[str, int] | None = None, account: str = AUTHENTICATED
    ) -> None:
        self.statuses = statuses or {}
        self.account = account
        self.denial = AUTHENTICATED
        self.below: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.request_count = 7

    def whoami(self) -> str:
        return self.account

    def file_status(self, path: str) -> int:
        self.asked.append(path)
        return self.statuses.get(path, 404)

    def denial_reason(self, _path: str) -> str:
        return self.denial

    def subdirectories(self, path: str) -> list[str]:
        return self.below.get(path, [])
