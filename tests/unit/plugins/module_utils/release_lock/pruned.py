# SPDX-License-Identifier: Apache-2.0
"""A Pulp in memory with snapshots, disk images and images of several days, to prune."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from unittest.mock import patch

from plugins.module_utils.lock.document import new_lock, write_lock
from plugins.module_utils.release_lock import releases
from plugins.module_utils.release_lock.prune import prune_releases
from tests.unit.fake_pulp.content import set_tags, tags_of
from tests.unit.fake_pulp.pulp import FakePulp

STAMPS = [f"2026010{number}T000000" for number in range(1, 7)]
GUARDS = ("development", "release")


def digest(text: str) -> str:
    """Return a digest that a text determines."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def tag_of(stamp: str) -> str:
    """Return the tag of the images of a day."""
    return f"2026.1-rocky-10-{stamp}"


class PrunedPulp:
    """A Pulp with two guards; every method that adds something names it by its day, a stamp."""

    def __init__(self) -> None:
        self.pulp = FakePulp(concurrency=1)
        self.guards = {name: self.pulp.add_guard(name)["pulp_href"] for name in GUARDS}
        self.published: dict[str, bytes] = {}

    def add_snapshot(
        self, name: str, stamp: str, guard: str = "development", kind: str = "rpm"
    ) -> dict[str, Any]:
        """Add a snapshot of a package repository, or of a disk image (kind file)."""
        found = self.pulp.store.find("repositories/", name=name)
        repository = found or self.pulp.add_repository(kind, name)
        content = (
            f"{name}-{stamp}.qcow2 {digest(stamp)[7:]}" if kind == "file" else f"bash {stamp}-1"
        )
        version = self.pulp.add_version(repository, content)
        publication = self.pulp.add_publication(version["pulp_href"])
        end = f"_2026.1-{stamp}" if kind == "file" else f"-{stamp}"
        return self.pulp.add_distribution(
            kind,
            f"{name}{end}",
            base_path=f"{name}/{end[1:]}",
            publication=publication["pulp_href"],
            content_guard=self.guards.get(guard),
        )

    def push(self, image: str, tags: Mapping[str, str], namespace: str = "stackhpc-dev") -> None:
        """Push tags (tag -> text of the image) to a repository, beside those that it has."""
        name = f"{namespace}/{image}"
        exists = self.pulp.store.find("repositories/", name=name)
        before = tags_of(self.pulp, name) if exists else {}
        set_tags(self.pulp, name, {**before, **{tag: digest(one) for tag, one in tags.items()}})
        if not exists:
            repository = self.pulp.find("repositories/", name=name)["pulp_href"]
            self.pulp.add_distribution("container", name, base_path=name, repository=repository)

    def publish(self, *locks: Mapping[str, Any]) -> None:
        """Serve locks as a promotion does."""
        for lock in locks:
            self.published[f"{lock['name']}.yml"] = write_lock(lock)
        found = self.pulp.store.find("repositories/", name="release-train")
        repository = found or self.pulp.add_repository("file", "release-train")
        content = [
            f"{path} {hashlib.sha256(text).hexdigest()}" for path, text in self.published.items()
        ]
        version = self.pulp.add_version(repository, *content)
        publication = self.pulp.add_publication(version["pulp_href"])["pulp_href"]
        served = self.pulp.store.find("distributions/", name="releases")
        if served:
            served["publication"] = publication
        else:
            self.pulp.add_distribution(
                "file", "releases", base_path="releases", publication=publication
            )

    def below(self, base_path: str) -> Any:
        """Serve the published locks, like ServedFiles."""

        def read(path: str) -> Iterator[bytes]:
            assert base_path == "releases"
            yield self.published[path]

        return read

    def prune(self, check_mode: bool = False, **more: Any) -> Any:
        """Run the module, by default confirmed, and with no rule but the newest one."""
        params = {
            **{"locks": [], "published": True, "keyring": None, "pins": {}, "container_tags": {}},
            **{"image_versions": {}, "container_namespaces": ["stackhpc-dev"], "keep_last": 1},
            **{"content_guard": "development", "min_age": 0.0, "limit": 100, "orphans": True},
            **{"confirm": True, "allow_empty_pins": False, **more},
        }
        with patch.object(releases, "ServedFiles", lambda _connection: self):
            return prune_releases(self.pulp.server(check_mode), params)

    def stamps(self, name: str) -> list[str]:
        """Return the stamps of the distributions of a repository that are left."""
        names = self.pulp.by_name("distributions/")
        return sorted(one[-15:] for one in names if one.startswith((f"{name}-", f"{name}_")))

    def tags(self, image: str, namespace: str = "stackhpc-dev") -> list[str]:
        """Return the stamps of the tags of an image that are left."""
        return sorted(tag[-15:] for tag in tags_of(self.pulp, f"{namespace}/{image}"))


def lock_of(
    name: str,
    packages: Mapping[str, str] | None = None,
    containers: Mapping[str, Iterable[str]] | None = None,
    disk_images: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return a lock of stamps by name; of images the tags of several days."""
    content = {
        "packages": {
            "rpm": {
                one: {
                    "stamp": stamp,
                    "base_path": f"{one}/{stamp}",
                    "metadata": {"repodata/repomd.xml": digest(one)},
                    "packages": {"count": 1, "digest": digest(one)},
                }
                for one, stamp in (packages or {}).items()
            }
        },
        "containers": {
            one: {tag_of(stamp): digest(stamp) for stamp in stamps}
            for one, stamps in (containers or {}).items()
        },
        "images": {
            one: {
                "version": f"2026.1-{stamp}",
                "base_path": f"{one}/2026.1-{stamp}",
                "files": {f"{one}.qcow2": {"sha256": digest(stamp)[7:], "size": 1}},
            }
            for one, stamp in (disk_images or {}).items()
        },
    }
    return new_lock(name, {"pulp": "https://ark.example.com"}, content)
