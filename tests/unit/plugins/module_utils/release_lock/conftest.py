# SPDX-License-Identifier: Apache-2.0
"""A server with a release, and the modules of release locks that read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugins.module_utils.pulp import transport
from plugins.module_utils.release_lock.build import lock_release
from plugins.module_utils.release_lock.compare import diff_releases
from plugins.module_utils.release_lock.verify import verify_release
from plugins.module_utils.report.report import Report, Result
from tests.unit.fake_pulp.pulp import FakePulp
from tests.unit.plugins.module_utils.release.snapshots import item
from tests.unit.pulp_http_server import PulpHttpServer, Reply, Request
from tests.unit.repository_metadata import Site

STAMP = "20260101T000000"
CONTENT, REGISTRY, USERS = "/pulp/content/", "/v2/", "/pulp/api/v3/users/"


class ServedRelease:
    """What a PulpHttpServer serves to the account client1, and the modules that read it.

    `files`: path below the content app -> content. `tags`: "<image>:<tag>" -> digest. `replies`:
    path of a URL -> the response instead. `cache` is the directory of the cache.
    """

    def __init__(self, http: PulpHttpServer, directory: Path) -> None:
        self.http = http
        self.directory = directory
        self.cache = str(directory / "cache")
        self.path, self.second = (str(directory / f"{name}.yml") for name in ("first", "second"))
        self.report = Report()
        self.files: dict[str, bytes] = {}
        self.tags: dict[str, str] = {}
        self.replies: dict[str, Reply | Callable[[], Reply]] = {
            USERS: Reply(403, {"detail": "You do not have permission"}),
            "/pulp/api/v3/status/": Reply(200, {}),
            "/token/": Reply(200, {"token": "1"}),
        }
        http.reply = self._reply  # type: ignore[method-assign]

    def _reply(self, request: Request) -> Reply:
        self.http.seen.append(request)
        reply = self.replies.get(request.path)
        if reply:
            return reply() if callable(reply) else reply
        if request.path.startswith(CONTENT):
            body = self.files.get(request.path[len(CONTENT) :])
            return Reply(404, "404: Not Found") if body is None else Reply(200, body)
        name, _slash, tag = request.path[len(REGISTRY) :].rpartition("/manifests/")
        digest = self.tags.get(f"{name}:{tag}")
        return Reply(200, "", {"Docker-Content-Digest": digest}) if digest else Reply(404)

    def serve(self, site: Site, short_name: str, stamp: str = STAMP) -> None:
        """Serve a repository as a snapshot, in place of the one that was there."""
        base_path = f"{short_name}/{stamp}/"
        kept = {path: text for path, text in self.files.items() if not path.startswith(base_path)}
        self.files = {**kept, **{f"{base_path}{path}": text for path, text in site.files.items()}}

    def content_requests(self) -> list[str]:
        """Return the paths of requests to the content app since the last call of `forget`."""
        return [one.path for one in self.http.seen if one.path.startswith(CONTENT)]

    def registry_requests(self) -> list[str]:
        """Return the methods and paths of requests to the registry, without those of tokens."""
        seen = [one for one in self.http.seen if one.path.startswith(REGISTRY)]
        return [f"{one.method} {one.path}" for one in seen]

    def forget(self) -> None:
        """Forget the requests so far."""
        self.http.seen.clear()

    def lock(
        self,
        *names: str,
        connection: dict[str, Any] | None = None,
        check_mode: bool = False,
        **params: Any,
    ) -> tuple[list[Result], dict[str, Any]]:
        """Lock snapshots of RPM repositories with these short names, and what `params` have."""
        repositories = [item(name) for name in names]
        pins = [*repositories, *params.get("deb", [])]
        given = {
            **{"rpm": repositories, "deb": []},
            **{f"deprecated_{kind}": None for kind in ("rpm", "deb")},
            **{
                f"{kind}_{what}": None for kind in ("rpm", "deb") for what in ("filter", "defaults")
            },
            **{"package_filter": None, "sync_group": None, "retry": None, "pins_strict": False},
            "package_versions": {one["short_name"]: STAMP for one in pins} or None,
            **{"container_tags": None, "container_namespace": "stackhpc"},
            **{"images": None, "sources": None, "earlier": None, "keyring": None},
            **{"sign_command": None, "partial": False},
            **{"name": "first", "path": self.path, "configuration": None, "sbom_path": None},
            "cache_path": self.cache,
            **params,
        }
        return lock_release(self._server(connection, check_mode), given)

    def verify(
        self, connection: dict[str, Any] | None = None, **params: Any
    ) -> tuple[list[Result], dict[str, Any]]:
        """Verify that the lock at `path` is served."""
        given = {
            **{"lock": self.path, "keyring": None, "cache_path": self.cache},
            "container_namespace": "stackhpc",
            **params,
        }
        return verify_release(self._server(connection), given)

    def diff(
        self, connection: dict[str, Any] | None = None, check_mode: bool = False, **params: Any
    ) -> tuple[list[Result], dict[str, Any]]:
        """Compare the locks at `path` and `second`."""
        given = {
            **{"old": self.path, "new": self.second, "keyring": None, "cache_path": self.cache},
            **dict.fromkeys(("markdown_path", "html_path", "json_path")),
            **params,
        }
        return diff_releases(self._server(connection, check_mode), given)

    def _server(self, connection: dict[str, Any] | None, check_mode: bool = False) -> Any:
        account = {"username": "client1", "password": "secret", "concurrency": 4}
        given = {"pulp_url": self.http.url, **account, **(connection or {})}
        server = FakePulp(**given).server(check_mode)
        server.report = self.report
        return server


@pytest.fixture
def release(pulp: PulpHttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServedRelease:
    """Return a server with a release, whose failing requests are repeated without a delay."""
    monkeypatch.setattr(transport, "_FIRST_DELAY", 0.001)
    return ServedRelease(pulp, tmp_path)
