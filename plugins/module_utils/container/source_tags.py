# SPDX-License-Identifier: Apache-2.0
"""Checks in check mode whether the Pulp servers that images are synced from have their tags."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from ..errors import redact_url
from ..objects.source_access import REACHED_BY, SourceAccess
from ..objects.sync import missing_in_source
from ..pulp.errors import InvalidItem, PulpError
from ..pulp.server import Server
from ..pulp.types import ATTACHED_PATTERN
from .registry import Registry

PAUSE = time.sleep
"""Called with seconds between two attempts to reach a registry."""
_MISSING = (401, 403, 404)


@dataclass
class _Source:
    """A registry of images; without one, its tags are not checked."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    registry: Registry | None = None
    is_open: bool = False


class SourceTags:
    """Reads from each source with the account of the item, but from the host of the module.

    A registry that is not of Pulp, or that this host cannot reach, is a warning: a sync may succeed.
    """

    def __init__(self, server: Server, access: SourceAccess, items: Sequence[Mapping[str, Any]]):
        self._server = server
        self._access = access
        self._sources: dict[tuple[Any, ...], _Source] = {_key(item): _Source() for item in items}
        self._names: dict[tuple[Any, ...], list[str]] = {}
        for item in items:
            self._names.setdefault(_key(item), []).append(_upstream_name(item))

    def require(self, item: Mapping[str, Any], remote: Mapping[str, Any] | None) -> None:
        """Raise InvalidItem if the source does not have a tag that an item includes.

        `remote` is the remote on the Pulp server, if there is one.
        """
        if not _included(item) or not self._access.is_known(item, remote):
            return
        source, url = self._sources[_key(item)], redact_url(item["url"])
        try:
            registry = self._opened(source, item)
            missing = _missing(registry, item) if registry else []
        except PulpError as error:
            with source.lock:
                is_first, source.registry = source.registry is not None, None
            if is_first:
                self._warn(url, str(error))
            return
        if missing:
            raise InvalidItem(missing_in_source(_upstream_name(item), url, missing, "include_tags"))

    def _opened(self, source: _Source, item: Mapping[str, Any]) -> Registry | None:
        """Return the registry of a source. Others wait for the first request to their own source."""
        with source.lock:
            if source.is_open:
                return source.registry
            source.is_open = True
            url = item["url"]
            try:
                registry = Registry(self._access.connect(item, url), self._names[_key(item)], PAUSE)
                reason = "" if registry.is_pulp() else "it is not a Pulp server"
            except PulpError as error:
                reason = str(error)
            if reason:
                self._warn(redact_url(url), reason)
            else:
                source.registry = registry
            return source.registry

    def _warn(self, url: str, reason: str) -> None:
        self._server.report.warn(f"it was not checked whether {url} has the tags: {reason}")


def _key(item: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(item.get(name) for name in ("url", *REACHED_BY))


def _upstream_name(item: Mapping[str, Any]) -> str:
    return str(item.get("upstream_name") or item["name"])


def _included(item: Mapping[str, Any]) -> list[str]:
    """Return the tags, patterns and digests that the source must have."""
    excluded = item.get("exclude_tags") or []
    return [
        one
        for one in item.get("include_tags") or []
        if one != ATTACHED_PATTERN and not any(fnmatchcase(one, other) for other in excluded)
    ]


def _missing(registry: Registry, item: Mapping[str, Any]) -> list[str]:
    """Return the tags, patterns and digests of an item that its source does not have."""
    name, wanted = _upstream_name(item), _included(item)
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
