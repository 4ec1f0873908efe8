# SPDX-License-Identifier: Apache-2.0
"""Checks in check mode whether the source of a mirror serves what is pinned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from ..inventory.pins import Pin
from ..objects.source_access import SourceAccess
from ..pulp.content_app import DEFAULT_PREFIX, ContentApp
from ..pulp.errors import InvalidItem, PulpError
from ..pulp.server import Server
from .access_check import metadata_status


def not_served(pin: Pin, username: str | None) -> str:
    """Return why the source may have denied access to a snapshot."""
    reason = f"user '{username}' may not read it with this password" if username else ""
    return f"the source has no {pin.snapshot_name}, or {reason or 'it is not public'}"


class SourceCheck:
    """Reads from the source with the account of the mirror, but from the host of the module.

    A source that this host cannot reach is a warning: the Pulp server may reach it.
    """

    def __init__(self, server: Server, app: ContentApp, url: str, username: str | None) -> None:
        self._server = server
        self._app = app
        self._url = url
        self._username = username
        self._is_away = False

    def require(self, pin: Pin) -> None:
        """Raise InvalidItem if the source does not serve the snapshot of a pin."""
        if self._is_away:
            return
        try:
            status, _path = metadata_status(self._app, pin)
        except PulpError as error:
            self._is_away = True
            self._server.report.warn(
                f"it was not checked whether {self._url} serves what is pinned: {error}"
            )
            return
        if status in (401, 403, 404):
            raise InvalidItem(not_served(pin, self._username))


@contextmanager
def open_source(
    server: Server, url: str, remote: Mapping[str, Any], prefix: str = DEFAULT_PREFIX
) -> Iterator[SourceCheck]:
    """Yield the check of a source; `remote` are options of pulp_repository, `prefix` is the path prefix
    of its content app."""
    with ExitStack() as stack:
        connection = SourceAccess(server, stack).connect(remote, url, prefix)
        username = remote.get("remote_username")
        yield SourceCheck(server, ContentApp(connection), connection.pulp_url, username)
