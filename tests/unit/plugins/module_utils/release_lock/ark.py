# SPDX-License-Identifier: Apache-2.0
"""A Pulp in memory with snapshots, a disk image and container images that locks name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from plugins.module_utils.lock.document import new_lock, write_lock
from plugins.module_utils.objects.server_lock import LOCK_NAME
from plugins.module_utils.pulp.errors import PulpError
from plugins.module_utils.release_lock.journal import JOURNAL_NAME
from plugins.module_utils.release_lock.promote import promote_release
from plugins.module_utils.release_lock.rollback import roll_back_release
from plugins.module_utils.report.report import Result
from tests.unit.fake_pulp.content import set_tags, tags_of
from tests.unit.fake_pulp.pulp import FakePulp

STAMP = "20261101T000000"
MODULE = "plugins.module_utils.release_lock"
TAG = "2026.1-rocky-10-20261101T000000"


def digest(text: str) -> str:
    """Return a digest that a text determines."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class Ark:
    """A Pulp with the guards development and release, and unreleased content with these names.

    `contents`: sha256 -> bytes of all locks that were written, which the content app serves.
    `wrong`: short names that the content app serves with other digests.
    """

    def __init__(
        self,
        packages: str = "ab",
        images: tuple[str, ...] = ("nova-api", "nova-compute"),
        disk_images: tuple[str, ...] = ("overcloud",),
    ) -> None:
        self.pulp = FakePulp(concurrency=1)
        self.contents: dict[str, bytes] = {}
        self.wrong: dict[str, str] = {}
        self.guards = {
            name: self.pulp.add_guard(name)["pulp_href"] for name in ("development", "release")
        }
        for name in packages:
            self.add_snapshot("rpm", name, f"{name} 1-1")
        for name in disk_images:
            self.add_snapshot("file", name, f"{name}.qcow2 {digest(name)[7:]}")
        for name in images:
            self.push(name, TAG, digest(name))

    def add_snapshot(self, content_type: str, name: str, *content: str) -> None:
        """Add a snapshot of a new repository, which has the guard of development."""
        repository = self.pulp.add_repository(content_type, name, *content)
        publication = self.pulp.add_publication(repository["latest_version_href"])
        fields = {
            "content_guard": self.guards["development"],
            "publication": publication["pulp_href"],
            "base_path": f"{name}/{STAMP}",
        }
        self.pulp.add_distribution(content_type, f"{name}-{STAMP}", **fields)

    def push(self, name: str, tag: str, value: str) -> None:
        """Push a tag to the namespace of development."""
        repository = f"stackhpc-dev/{name}"
        exists = self.pulp.store.find("repositories/", name=repository)
        tags = tags_of(self.pulp, repository) if exists else {}
        set_tags(self.pulp, repository, {**tags, tag: value})

    def write_lock(self, path: Path, name: str = "first", **sections: Any) -> dict[str, Any]:
        """Write a lock, by default of everything."""
        packages = {
            one: {
                "stamp": STAMP,
                "base_path": f"{one}/{STAMP}",
                "metadata": {"repodata/repomd.xml": digest(one)},
                "packages": {"count": 1, "digest": digest(one)},
            }
            for one in sections.get("packages", "ab")
        }
        disk_images = {
            one: {
                "version": STAMP,
                "base_path": f"{one}/{STAMP}",
                "files": {f"{one}.qcow2": {"sha256": digest(one)[7:], "size": 1}},
            }
            for one in sections.get("disk_images", ("overcloud",))
        }
        images = sections.get("images", {"nova-api": {}, "nova-compute": {}})
        lock = new_lock(
            name,
            {"pulp": "https://ark.example.com"},
            {
                "packages": {"rpm": packages},
                "containers": {one: tags or {TAG: digest(one)} for one, tags in images.items()},
                "images": disk_images,
            },
        )
        path.write_bytes(write_lock(lock))
        self.register(path)
        return lock

    def register(self, path: Path) -> None:
        """Let the content app serve a file once it is published."""
        content = path.read_bytes()
        self.contents[hashlib.sha256(content).hexdigest()] = content

    def promote(self, path: Path, check_mode: bool = False, **options: Any) -> Any:
        """Promote a lock; returns results and further keys."""
        return self.run(promote_release, path, check_mode, **options)

    def error_of(self, path: Path, **options: Any) -> str:
        """Promote a lock; returns the error, empty for success."""
        try:
            self.promote(path, **options)
        except PulpError as error:
            return str(error)
        return ""

    def withdraw(self, path: Path, check_mode: bool = False) -> Any:
        """Withdraw a release; returns results and further keys."""
        return self.run(roll_back_release, path, check_mode, content_guard="development")

    def run(self, operation: Any, path: Path, check_mode: bool = False, **options: Any) -> Any:
        """Carry out a module with a lock."""
        params = {
            "lock": str(path),
            "keyring": None,
            "required_evidence": [],
            "content_guard": "release",
            "container_namespace": "stackhpc",
            "container_namespace_development": "stackhpc-dev",
            "force": False,
            "cache_path": str(path.parent / "cache"),
            **options,
        }
        self.server = self.pulp.server(check_mode)
        fakes = {
            f"{MODULE}.promote.Verifier.open": lambda *_arguments: self,
            f"{MODULE}.releases.ServedFiles": lambda _connection: self,
        }
        with patch(*fakes.popitem()), patch(*fakes.popitem()):
            return operation(self.server, params)

    # Methods of a Verifier and of ServedFiles

    def verify(self, item: Any, result: Result) -> None:
        result.error = self.wrong.get(item.name, "")

    def below(self, base_path: str) -> Any:
        def read(path: str) -> Iterator[bytes]:
            assert base_path == "releases"
            yield self.contents[self.published[path]]

        return read

    # What clients see

    @property
    def published(self) -> dict[str, str]:
        """The served files of releases with their SHA-256."""
        served = self.pulp.store.find("distributions/", name="releases")
        if not served or not served["publication"]:
            return {}
        assert served["content_guard"] == self.guards["release"]
        version = self.pulp.store.get(served["publication"])["repository_version"]
        units = [self.pulp.store.get(one) for one in self.pulp.store.get(version)["_content"]]
        return {one["relative_path"]: one["sha256"] for one in units}

    @property
    def state(self) -> dict[str, Any]:
        """Content guards by snapshot, released tags, and published releases."""
        names = {href: name for name, href in self.guards.items()}
        guards = {
            one["name"]: names.get(one["content_guard"])
            for one in self.pulp.store.within("distributions/")
            if one["name"].endswith(f"-{STAMP}")
        }
        tags = {
            one["name"]: tags_of(self.pulp, one["name"])
            for one in self.pulp.store.within("repositories/")
            if one["name"].startswith("stackhpc/") and tags_of(self.pulp, one["name"])
        }
        return {"guards": guards, "tags": tags, "published": self.published}

    @property
    def has_journal(self) -> bool:
        """Whether the server has a journal."""
        return bool(self.pulp.store.find("contentguards/", name=JOURNAL_NAME))

    def remove_lock(self) -> None:
        """Remove the lock of a run that was killed, as its error describes."""
        found = self.pulp.store.find("contentguards/", name=LOCK_NAME)
        if found:
            self.pulp.store.remove(found["pulp_href"])
