# SPDX-License-Identifier: Apache-2.0
"""The registry and the content app of FakePulp, and skopeo, which pushes to it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from plugins.module_utils.pulp.content_app import AUTHENTICATED

from .content import list_manifests, set_tags, tags_of
from .pulp import FakePulp, Request


def digest_of(image: bytes) -> str:
    """Return the digest of a manifest or index."""
    return f"sha256:{hashlib.sha256(image).hexdigest()}"


class FakeRegistry:
    """Has the methods of a Registry, and serves the container distributions of a FakePulp.

    `statuses`: image -> status or error of its requests. `outdated`: the number of tokens that
    were issued before the account got its permissions.
    """

    request_count = 3

    def __init__(self, pulp: FakePulp) -> None:
        self.pulp = pulp
        self.statuses: dict[str, int | Exception] = {}
        self.outdated = 0
        self.images: dict[str, bytes] = {}
        self.requested: list[str] = []

    def tag_status(self, name: str, tag: str) -> tuple[int, str]:
        self.requested.append(f"{name}:{tag}")
        status = 401 if self.outdated else self.statuses.get(name, 200)
        if isinstance(status, Exception):
            raise status
        digest = self._tags(name).get(tag, "")
        return (status, "") if status != 200 else (200, digest) if digest else (404, "")

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
    """Has the methods of Skopeo, and pushes to a FakeRegistry and its FakePulp.

    `sources`: source -> manifest. `faults`: errors of the next pushes. `rival`: the manifest that
    another client pushes to the same tag after each push. `lost`: how many manifests of each of
    the next indexes are missing in Pulp. `public`: tags pushed while their image was public.
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
            distribution = pulp.find("distributions/container/container/", base_path=name)
            if not distribution["private"]:
                self.public.append(f"{name}:{tag}")
            if self.faults:
                raise self.faults.pop(0)
            # Skopeo compresses layers that are uncompressed at the source.
            pushed = self.sources[source].replace(b"unpacked", b"packed")
            kept = self.rival or pushed
            tags = tags_of(pulp, name) if distribution["repository"] else {}
            repository = set_tags(pulp, name, {**tags, tag: digest_of(kept)})
            distribution["repository"] = repository["pulp_href"]
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
    """Has the methods of a ContentApp.

    `statuses`: path -> HTTP status, 404 for all others. `below`: path -> its subdirectories.
    `account`: the result of `whoami`. `denial`: the result of `denial_reason`.
    """

    def __init__(
        self, statuses: dict[str, int] | None = None, account: str = AUTHENTICATED
    ) -> None:
        self.statuses = statuses or {}
        self.account = account
        self.denial = AUTHENTICATED
        self.below: dict[str, list[str]] = {}
        self.requested: list[str] = []
        self.request_count = 7

    def whoami(self) -> str:
        return self.account

    def file_status(self, path: str) -> int:
        self.requested.append(path)
        return self.statuses.get(path, 404)

    def denial_reason(self, _path: str) -> str:
        return self.denial

    def subdirectories(self, path: str) -> list[str]:
        return self.below.get(path, [])
