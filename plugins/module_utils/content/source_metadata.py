# SPDX-License-Identifier: Apache-2.0
"""Checks in check mode whether the sources of package repositories serve what would be synced."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from ..errors import redact_url
from ..objects.pinned_source import is_pinned_source
from ..objects.source_access import REACHED_BY, SourceAccess
from ..objects.sync import missing_in_source
from ..pulp.connection import origin_of
from ..pulp.content_app import ContentApp
from ..pulp.errors import InvalidItem, PulpError
from ..pulp.server import Server
from .apt_release import release_paths

PAUSE = time.sleep
"""Called with seconds between two attempts to reach a source."""
_FOUND = 200
_MISSING = (401, 403, 404)
# What to correct if the metadata is missing.
_OPTIONS = {"rpm": "url", "deb": "url or distributions"}


@dataclass
class _Source:
    """A server as one account reads it; without `app`, it is not checked."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    app: ContentApp | None = None
    is_open: bool = False


class SourceMetadata:
    """Reads the metadata of immutable sources with the account of the item, but from the host of the
    module.

    A source that this host cannot reach is a warning: the Pulp server may reach it.
    """

    def __init__(self, server: Server, access: SourceAccess) -> None:
        self._server = server
        self._access = access
        self._lock = threading.Lock()
        self._sources: dict[tuple[Any, ...], _Source] = {}

    def require(
        self, content_type: str, item: Mapping[str, Any], remote: Mapping[str, Any] | None
    ) -> None:
        """Raise InvalidItem if the source does not serve the metadata that a sync reads first.

        `remote` is the remote on the Pulp server, if there is one.
        """
        url = str(item["url"])
        names = _root_metadata(content_type, item)
        if not names or not is_pinned_source(url) or not self._access.is_known(item, remote):
            return
        origin = origin_of(url)
        key = (origin, *(item.get(name) for name in REACHED_BY))
        with self._lock:
            source = self._sources.setdefault(key, _Source())
        try:
            app = self._opened(source, item, origin)
            missing = _missing(app, url, names) if app else []
        except PulpError as error:
            with source.lock:
                is_first, source.app = source.app is not None or not source.is_open, None
                source.is_open = True
            if is_first:
                self._server.report.warn(
                    f"it was not checked whether {origin} has the repositories: {error}"
                )
            return
        if missing:
            what = (item["name"], redact_url(url))
            raise InvalidItem(missing_in_source(*what, missing, _OPTIONS[content_type]))

    def _opened(self, source: _Source, item: Mapping[str, Any], origin: str) -> ContentApp | None:
        with source.lock:
            if not source.is_open:
                source.app = ContentApp(self._access.connect(item, origin), PAUSE)
                source.is_open = True
            return source.app


def _root_metadata(content_type: str, item: Mapping[str, Any]) -> list[list[str]]:
    """Return the files that a sync reads first, each as paths of which one suffices."""
    if content_type == "rpm":
        return [["repodata/repomd.xml"]]
    if content_type != "deb":
        return []
    words = " ".join(item.get("distributions") or []).split()
    return [release_paths(suite) for suite in dict.fromkeys(words)]


def _missing(app: ContentApp, url: str, names: Sequence[Sequence[str]]) -> list[str]:
    path = unquote(urlsplit(url).path).strip("/")
    return [one[0] for one in names if not any(_is_served(app, f"{path}/{name}") for name in one)]


def _is_served(app: ContentApp, path: str) -> bool:
    status = app.file_status(path)
    if status not in (_FOUND, *_MISSING):
        raise PulpError(f"it returned HTTP status {status}")
    return status == _FOUND
