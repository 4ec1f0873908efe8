# SPDX-License-Identifier: Apache-2.0
"""Checks in check mode whether the Pulp servers that images are synced from have their tags."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ..objects.repository import manage_repositories
from ..objects.sync import missing_in_source
from ..pulp.connection import Connection
from ..pulp.errors import InvalidItem, PulpError
from ..pulp.server import Server
from ..pulp.types import ATTACHED_PATTERN
from ..report.report import Result
from .registry import Registry

# How a registry is reached. Images with the same values share tokens.
_REACHED_BY = (
    *("url", "remote_username", "remote_password", "tls_validation"),
    *("ca_cert", "client_cert", "client_key"),
)
PAUSE = time.sleep
"""Called with seconds between two attempts to reach a registry."""
_MISSING = (401, 403, 404)


def manage_and_check_tags(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module pulp_repository, which in check mode also reads the tags of sources."""
    if not (server.check_mode and params["sync"]):
        return manage_repositories(server, params)
    with ExitStack() as stack:
        source = SourceTags(server, params.get("container") or [], stack)
        return manage_repositories(server, params, source.require)


@dataclass
class _Source:
    """A registry of images; without one, its tags are not checked."""

    registry: Registry | None = None
    is_open: bool = False


class SourceTags:
    """Reads from each source with the account of the item, but from the host of the module.

    A registry that is not of Pulp, or that this host cannot reach, is a warning: a sync may succeed.
    `stack` closes the files that a connection needs.
    """

    def __init__(self, server: Server, items: Sequence[Mapping[str, Any]], stack: ExitStack):
        self._server = server
        self._stack = stack
        self._lock = threading.Lock()
        self._sources: dict[tuple[Any, ...], _Source] = {}
        self._names: dict[tuple[Any, ...], list[str]] = {}
        for item in items:
            self._names.setdefault(_key(item), []).append(_upstream_name(item))

    def require(self, content_type: str, item: Mapping[str, Any]) -> None:
        """Raise InvalidItem if the source of an item does not have a tag that the item includes."""
        if content_type != "container":
            return
        key, url = _key(item), item["url"]
        try:
            with self._lock:
                source = self._sources.setdefault(key, _Source())
                if not source.is_open:
                    source.is_open = True
                    source.registry = self._opened(item, self._names[key])
            if source.registry is None:
                return
            missing = _missing(source.registry, item)
        except PulpError as error:
            with self._lock:
                self._sources[key] = _Source(is_open=True)
            self._warn(url, str(error))
            return
        if missing:
            raise InvalidItem(missing_in_source(_upstream_name(item), url, missing))

    def _opened(self, item: Mapping[str, Any], names: Sequence[str]) -> Registry | None:
        connection = Connection(
            item["url"],
            username=item.get("remote_username"),
            password=item.get("remote_password"),
            ca_path=self._file(item.get("ca_cert")),
            client_cert=self._file(item.get("client_cert")),
            client_key=self._file(item.get("client_key")),
            validate_certs=item.get("tls_validation") is not False,
        )
        registry = Registry(connection, names, PAUSE)
        if registry.is_pulp():
            return registry
        self._warn(item["url"], "it is not a Pulp server")
        return None

    def _file(self, text: str | None) -> str | None:
        if not text:
            return None
        descriptor, path = tempfile.mkstemp(suffix=".pem")
        self._stack.callback(os.unlink, path)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def _warn(self, url: str, reason: str) -> None:
        self._server.report.warn(f"it was not checked whether {url} has the tags: {reason}")


def _key(item: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(item.get(name) for name in _REACHED_BY)


def _upstream_name(item: Mapping[str, Any]) -> str:
    return str(item.get("upstream_name") or item["name"])


def _missing(registry: Registry, item: Mapping[str, Any]) -> list[str]:
    """Return the tags, patterns and digests of an item that its source does not have."""
    name, excluded = _upstream_name(item), item.get("exclude_tags") or []
    wanted = [
        one
        for one in item.get("include_tags") or []
        if one != ATTACHED_PATTERN and not any(fnmatchcase(one, other) for other in excluded)
    ]
    patterns = [one for one in wanted if any(letter in one for letter in "*?[")]
    tags = registry.tags(name) if patterns else []
    return [
        one
        for one in wanted
        if (
            not any(fnmatchcase(tag, one) for tag in tags)
            if one in patterns
            else registry.tag_status(name, one)[0] in _MISSING
        )
    ]
