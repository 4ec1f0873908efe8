# SPDX-License-Identifier: Apache-2.0
"""Connections of the checks in check mode to the sources that repositories are synced from."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from ..pulp.connection import Connection
from ..pulp.server import Server

# How a source is reached, beside its URL. Items with the same values share connections.
REACHED_BY = (
    *("remote_username", "remote_password", "tls_validation"),
    *("ca_cert", "client_cert", "client_key"),
)
# Secret of a remote -> the option of an item.
_SECRETS = {"username": "remote_username", "client_key": "client_key"}


class SourceAccess:
    """Connects to sources with the options of items; `stack` deletes the files that a connection needs."""

    def __init__(self, server: Server, stack: ExitStack) -> None:
        self._server = server
        self._stack = stack
        self._lock = threading.Lock()
        self._has_warned = False

    def is_known(self, item: Mapping[str, Any], remote: Mapping[str, Any] | None) -> bool:
        """Return whether an item has the credentials that a sync would send.

        If only its remote on the Pulp server has them, a warning reports this once for all items.
        """
        hidden = (remote or {}).get("hidden_fields") or []
        stored = {entry["name"] for entry in hidden if entry["is_set"]}
        if not [
            name for name, option in _SECRETS.items() if name in stored and item.get(option) is None
        ]:
            return True
        with self._lock:
            is_first, self._has_warned = not self._has_warned, True
        if is_first:
            self._server.report.warn(
                "it was not checked whether sources have the content of items without "
                "remote_username or client_key: their remotes have stored credentials, which Pulp "
                "does not return"
            )
        return False

    def connect(self, item: Mapping[str, Any], url: str, prefix: str = "/") -> Connection:
        """Return a connection to `url` with the account and certificates of an item.

        `prefix` is that of the content app; by default paths are those of URLs.
        """
        return Connection(
            url,
            username=item.get("remote_username"),
            password=item.get("remote_password"),
            ca_path=self._file(item.get("ca_cert")),
            client_cert=self._file(item.get("client_cert")),
            client_key=self._file(item.get("client_key")),
            validate_certs=item.get("tls_validation") is not False,
            content_path_prefix=prefix,
        )

    def _file(self, text: str | None) -> str | None:
        if not text:
            return None
        descriptor, path = tempfile.mkstemp(suffix=".pem")
        self._stack.callback(os.unlink, path)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path
