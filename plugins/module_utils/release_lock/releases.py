# SPDX-License-Identifier: Apache-2.0
"""The locks of promoted releases, which Ark serves behind the content guard of releases.

What the distribution serves is what is promoted: a run that fails may leave other files in the
repository, and later ones begin with the version that is served.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..content.files import Units, VersionChange, change_version, files_in_version
from ..content.upload import ContentUpload, LocalContent
from ..files import LocalFile
from ..lock.document import read_lock
from ..lock.signature import SIGNATURE_SUFFIX
from ..objects.distribution import Guards
from ..objects.publication import PublicationSpec, publish, version_href
from ..objects.repository import RepositorySpec, read_repositories, reconcile_repository
from ..objects.switch import Switch
from ..pulp.errors import Conflict
from ..pulp.pool import for_each
from ..pulp.reader import read_by_key
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, RepositoryState
from ..release.newest import served_versions
from ..report.report import Result
from .served_files import ServedFiles

REPOSITORY = "release-train"
DISTRIBUTION = BASE_PATH = "releases"
SUFFIX = ".yml"
_FILE = CONTENT_TYPES["file"]
_CONTENT = "content/file/files/"
_NEW = "new publication"


@dataclass(frozen=True)
class ReleaseFiles:
    """The change of what is served: files to add, by path, and paths to remove."""

    add: Mapping[str, bytes]
    remove: Sequence[str] = ()


@dataclass
class Releases:
    """The releases that a server serves: `version` is the served version (href), `files` its files."""

    server: Server
    state: RepositoryState
    distribution: dict[str, Any] | None
    version: str
    files: Units

    @classmethod
    def read(cls, server: Server) -> Releases:
        """Read what is served."""
        kind = _FILE.distribution
        state = read_repositories(server, _FILE, [REPOSITORY])[REPOSITORY]
        distribution = read_by_key(server.client, kind, [DISTRIBUTION]).get(DISTRIBUTION)
        publication = str((distribution or {}).get("publication") or "")
        version = served_versions(server, _FILE, [publication]).get(publication, "")
        return cls(server, state, distribution, version, files_in_version(server, version))

    @property
    def names(self) -> list[str]:
        """The names of the releases."""
        return sorted(path[: -len(SUFFIX)] for path in self.files if path.endswith(SUFFIX))

    def locks(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the locks of releases by name. Raises Conflict for one that cannot be read."""
        found, errors = self.read_locks(names)
        for name, error in errors.items():
            raise Conflict(f"the lock of the release {name} cannot be read: {error}")
        return found

    def read_locks(self, names: Sequence[str]) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
        """Return the locks of releases by name, and by name why others cannot be read."""
        served = ServedFiles(self.server.client.connection)
        found: dict[str, dict[str, Any]] = {}

        def read(name: str) -> None:
            path = f"{name}{SUFFIX}"
            text = b"".join(served.below(BASE_PATH)(path))
            # The cache of the content app may have an earlier file.
            if hashlib.sha256(text).hexdigest() != self.files[path]["sha256"]:
                raise Conflict("the content app serves an earlier file: run it again in a minute")
            found[name] = read_lock(text, path)

        errors = for_each(names, read, self.server.write_concurrency())
        return found, {name: error for name, error in zip(names, errors) if error}

    def changed_files(self, change: ReleaseFiles) -> ReleaseFiles:
        """Return the part of a change that is not served yet."""
        add = {
            path: content
            for path, content in change.add.items()
            if self.files.get(path, {}).get("sha256") != hashlib.sha256(content).hexdigest()
        }
        return ReleaseFiles(add, [path for path in change.remove if path in self.files])

    def switch(self, state_path: str, change: ReleaseFiles, guards: Guards, guard: str) -> Switch:
        """Return the change of the distribution; what it will serve is written already.

        Interrupted uploads are recorded below `state_path`. Without `guard` the guard is kept.
        """
        change = self.changed_files(change)
        values: dict[str, Any] = {"content_guard": guards.hrefs[guard]} if guard else {}
        names = sorted({*change.add, *change.remove})
        result = Result(DISTRIBUTION, _FILE.name)
        if names:
            values["publication"] = self._publish(state_path, change) or _NEW
        if self.distribution is None:
            values["base_path"] = BASE_PATH

        def readable(side: dict[str, Any]) -> dict[str, Any]:
            shown = guards.readable(side)
            if "publication" not in shown:
                return shown
            is_new = shown.pop("publication") == values.get("publication")
            listed = [one for one in names if one in (change.add if is_new else self.files)]
            return {**shown, "files": listed}

        return Switch(_FILE.distribution, DISTRIBUTION, self.distribution, values, result, readable)

    def _publish(self, state_path: str, change: ReleaseFiles) -> str:
        """Write a version with the change and publish it, which nobody sees yet; returns its href."""
        server, ignored = self.server, Result(REPOSITORY, _FILE.name)
        if server.check_mode:
            return ""
        reconcile_repository(
            server, RepositorySpec(_FILE, {"name": REPOSITORY}), self.state, ignored
        )
        repository = self.state.repository or {}
        options = {"chunk_size": None, "state_path": os.path.join(state_path, "uploads")}
        upload = ContentUpload.from_params(server, options)
        units = [
            upload.create(LocalContent(_CONTENT, LocalFile(path, content), path), path)[0]
            for path, content in change.add.items()
        ]
        version = change_version(
            server,
            repository,
            VersionChange(
                [unit["pulp_href"] for unit in units],
                [self.files[path]["pulp_href"] for path in change.remove],
                self.version or version_href(repository, 0),
            ),
            REPOSITORY,
        )
        href, _duplicates = publish(server, PublicationSpec(_FILE, version), ignored)
        return str(href)


def release_files(name: str, lock: bytes, signature: bytes | None) -> ReleaseFiles:
    """Return the files of one release; a signature that it does not have any more is removed."""
    path = f"{name}{SUFFIX}"
    if signature is None:
        return ReleaseFiles({path: lock}, [path + SIGNATURE_SUFFIX])
    return ReleaseFiles({path: lock, path + SIGNATURE_SUFFIX: signature})


def withdrawn_files(name: str) -> ReleaseFiles:
    """Return the removal of the files of one release."""
    path = f"{name}{SUFFIX}"
    return ReleaseFiles({}, [path, path + SIGNATURE_SUFFIX])
