# SPDX-License-Identifier: Apache-2.0
"""Servers and paths of a demo run: two Pulps, an upstream and a directory."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

from ..paths import LabError
from ..upstream.demo import demo_step, describe_demo, publish_demo, publish_mirrors
from ..upstream.tools import require


@dataclass(frozen=True)
class Pulp:
    """A Pulp server and one account on it. Requests without a username are anonymous."""

    name: str
    url: str
    username: str = ""
    password: str = ""
    ca_path: Optional[str] = None

    def as_user(self, username: str, password: str = "") -> Pulp:
        """Return the same server with another account."""
        return replace(self, username=username, password=password)

    def content(self, base_path: str, file: str = "") -> str:
        """Return the URL at which hosts read `file` below a base path."""
        return f"{self.url}/pulp/content/{base_path.strip('/')}/{file}"

    def get(self, url: str) -> tuple[int, bytes]:
        """Return status and body of a GET request; raise LabError if the server does not answer."""
        request = urllib.request.Request(url)
        if self.username:
            pair = b64encode(f"{self.username}:{self.password}".encode()).decode()
            request.add_header("Authorization", f"Basic {pair}")
        try:
            with self._opener().open(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError as error:
            raise LabError(f"{self.name} does not answer at {url}: {error}") from None

    def _opener(self) -> urllib.request.OpenerDirector:
        handlers: list[urllib.request.BaseHandler] = []
        if urllib.parse.urlsplit(self.url).hostname in ("127.0.0.1", "localhost"):
            # Do not use the environment's proxy for loopback.
            handlers.append(urllib.request.ProxyHandler({}))
        if self.url.startswith("https"):
            context = ssl.create_default_context(cafile=self.ca_path)
            handlers.append(urllib.request.HTTPSHandler(context=context))
        return urllib.request.build_opener(*handlers)


@dataclass(frozen=True)
class Site:
    """Servers and paths of a demo run, which writes all its files below `directory`.

    `upstream` is the URL of the server that serves the directory `tree`; `key` is the public key
    that signs its Deb repositories.
    """

    directory: Path
    ark: Pulp
    client: Pulp
    upstream: str
    tree: Path
    key: Path

    def publish_upstream(self, moves: int = 0) -> None:
        """Publish the upstream repositories in their current state, or `moves` states later."""
        require()
        publish_demo(self.tree, (demo_step(self.tree) or 0) + moves)
        publish_mirrors(self.tree, self.upstream)

    @property
    def upstreams(self) -> dict[str, dict[str, Any]]:
        """The item of `describe_demo` for each upstream repository, by short name."""
        return {item["short_name"]: item for item in describe_demo(self.tree, self.upstream)}

    @property
    def inventory(self) -> Path:
        """The directory of the inventory, with the layout of docs/example-inventory."""
        return self.directory / "inventory"

    @property
    def kayobe(self) -> Path:
        """The root of the Kayobe configuration."""
        return self.directory / "kayobe-config"

    @property
    def pins(self) -> Path:
        """The file with the pins of the release's snapshots."""
        return self.kayobe / "etc" / "kayobe" / "pulp-repo-versions.yml"


def pulp_of(name: str, server: dict[str, Any]) -> Pulp:
    """Return the Pulp that `launcher.server()` describes."""
    keys = ("url", "username", "password", "ca_path")
    return Pulp(name, **{key: server[key] for key in keys})
