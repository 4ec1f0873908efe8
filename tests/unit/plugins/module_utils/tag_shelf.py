# SPDX-License-Identifier: Apache-2.0
"""A Pulp in memory that holds container repositories with tags, as far as the engine needs one."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.server import Server
from plugins.module_utils.report.report import Report

_BASE = "/pulp/api/v3/"


def manifest(digest: str) -> str:
    """The href of the manifest of a digest."""
    return f"{_BASE}content/container/manifests/{digest.partition(':')[2]}/"


class TagShelf:
    """`versions`: name of a repository -> its versions, each tag -> digest; the first is empty.

    `lists`: digest of a multi-arch image -> digests that it lists. `writes`: the last part of each
    address that was written to, with its body. `meanwhile` is called before a write is carried out;
    what returns True there keeps it from being done, and it succeeds all the same.
    """

    request_count = 0
    uses_basic_auth = False

    def __init__(self, **repositories: dict[str, str]) -> None:
        self.connection = Connection("http://pulp.example.com", "admin", "secret")
        self.kinds: dict[str, str] = {}
        self.versions: dict[str, list[dict[str, str]]] = {}
        self.lists: dict[str, list[str]] = {}
        self.reads: list[tuple[str, dict[str, Any]]] = []
        self.writes: list[tuple[str, dict[str, Any]]] = []
        self.meanwhile: Callable[[], Any] = lambda: None
        self._lock = threading.Lock()
        for name, tags in repositories.items():
            self.add(name, tags)

    def add(self, name: str, tags: dict[str, str], kind: str = "container/container") -> None:
        """Have a repository with these tags."""
        self.kinds[name], self.versions[name] = kind, [{}, tags] if tags else [{}]

    def server(self, check_mode: bool = False) -> Server:
        """A server of the engine that talks to this shelf."""
        return Server(self, Report(), check_mode)  # type: ignore[arg-type]

    def tags(self, name: str) -> dict[str, str]:
        """What a repository has now."""
        return self.versions[name][-1]

    def repository(self, name: str) -> dict[str, str]:
        """A repository as the API shows it."""
        href = f"{_BASE}repositories/{self.kinds[name]}/{name}/"
        latest = f"{href}versions/{len(self.versions[name]) - 1}/"
        return {"name": name, "pulp_href": href, "latest_version_href": latest}

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        if path == "status/":
            return {"versions": [], "online_workers": [{}, {}]}
        return self.repository(path.rstrip("/").rsplit("/", 1)[-1])

    def list(self, path: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        asked = params or {}
        with self._lock:
            self.reads.append((path, asked))
        if path == "repositories/":
            there = [name for name in asked["name__in"].split(",") if name in self.versions]
            return [self.repository(name) for name in there]
        if path == "content/container/tags/":
            return self._units(asked)
        wanted = asked["pulp_id__in"].split(",")
        return [
            {
                "pulp_href": manifest(f"sha256:{one}"),
                "digest": f"sha256:{one}",
                "listed_manifests": [
                    manifest(part) for part in self.lists.get(f"sha256:{one}", [])
                ],
            }
            for one in wanted
        ]

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        name, verb = path.rstrip("/").rsplit("/", 2)[-2:]
        with self._lock:
            self.writes.append((verb, body or {}))
            if not self.meanwhile():
                self.versions[name].append(self._changed(self.tags(name), verb, body or {}))
        return {}

    def _changed(self, tags: dict[str, str], verb: str, body: dict[str, Any]) -> dict[str, str]:
        if verb == "copy_tags":
            source = self._version(body["source_repository_version"])
            return {**tags, **{tag: source[tag] for tag in body["names"] if tag in source}}
        going = (
            [body["tag"]] if verb == "untag" else [_tag_of(one) for one in body["content_units"]]
        )
        return {tag: digest for tag, digest in tags.items() if tag not in going}

    def _version(self, href: str) -> dict[str, str]:
        name, _versions, number = href.rstrip("/").rsplit("/", 3)[-3:]
        return self.versions[name][int(number)]

    def _units(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        hrefs = re.findall(r'repository_version="([^"]+)"', asked.get("q", ""))
        hrefs += [asked["repository_version"]] if "repository_version" in asked else []
        found = [set(self._version(href).items()) for href in hrefs]
        everywhere = [
            pair for versions in self.versions.values() for one in versions for pair in one.items()
        ]
        units = set.intersection(*found) if found else set(everywhere)
        names = asked["name__in"].split(",") if "name__in" in asked else None
        return [
            {
                "name": tag,
                "pulp_href": f"{_BASE}content/container/tags/{tag}@{digest[7:]}/",
                "tagged_manifest": manifest(digest),
            }
            for tag, digest in sorted(units)
            if names is None or tag in names
        ]


def _tag_of(href: str) -> str:
    return href.rstrip("/").rsplit("/", 1)[-1].partition("@")[0]
