# SPDX-License-Identifier: Apache-2.0
"""Access of one account to Pulp's content app.

The content app has no sessions: for each request to guarded content the server hashes the password.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from .connection import Connection
from .errors import LostResponse, Unreachable
from .session import basic_header
from .transport import Response, Transport, send_with_retries

# The status of an account; the values are part of results.
ADMINISTRATOR, AUTHENTICATED, REFUSED = "administrator", "known", "refused"
ANONYMOUS, UNKNOWN_ACCOUNT = "nobody", "uncertain"

DEFAULT_PREFIX = "/pulp/content/"

# Texts of Pulp for missing or wrong credentials, and for missing permissions.
_NO_CREDENTIALS = "credentials were not provided"
_NO_PERMISSION = "do not have permission"
_LINK = re.compile(r'href="(?:\./)?([^"/.][^"/]*)/"')


def prefix_of(status: Any) -> str:
    """Return Pulp's setting CONTENT_PATH_PREFIX from its status, its default if that has none."""
    settings = status.get("content_settings") if isinstance(status, Mapping) else None
    reported = settings.get("content_path_prefix") if isinstance(settings, Mapping) else None
    return str(reported or DEFAULT_PREFIX)


def below_prefix(pulp_url: str, prefix: str) -> str:
    """Return the URL of the content app, with a trailing slash."""
    return "/".join([*filter(None, (pulp_url.rstrip("/"), prefix.strip("/"))), ""])


def content_url(connection: Connection, path: str, prefix: str = DEFAULT_PREFIX) -> str:
    """Return the URL of a base path, or of a file below one, in the content app.

    Not the `base_url` of its distribution: that has CONTENT_ORIGIN, which may be unset, or a name that
    only other networks resolve.
    """
    domain = f"{connection.domain}/" if connection.domain else ""
    return below_prefix(connection.pulp_url, prefix) + quote(domain + path)


class ContentApp:
    """Reads as one account. Paths are base paths, or files below one.

    Methods raise Unreachable, LostResponse, and InvalidItem for invalid settings.
    """

    def __init__(self, connection: Connection, sleep: Callable[[float], None] = time.sleep) -> None:
        self._connection = connection
        self._sleep = sleep
        self._transport = Transport(connection)
        self._credentials = (
            basic_header(connection.username, connection.password or "")
            if connection.username
            else {}
        )
        self._lock = threading.Lock()
        self._prefix = connection.content_path_prefix

    @property
    def request_count(self) -> int:
        """The number of requests that were sent."""
        return self._transport.count

    def url(self, path: str) -> str:
        """Return the URL of a path.

        The status of the server, which is public, has the prefix. It is requested once. If a proxy
        blocks the API, Pulp's default is used.
        """
        with self._lock:
            if not self._prefix:
                try:
                    status = self._send("GET", self._connection.url_for("status/"), {}).content
                except (Unreachable, LostResponse):
                    status = None  # the request to the URL reports the problem
                self._prefix = prefix_of(status)
        return content_url(self._connection, path, self._prefix)

    def whoami(self) -> str:
        """Return the status of the account, one of the constants above.

        Only administrators may list users: Pulp returns 401 for wrong credentials and 403 for other
        accounts. If a proxy blocks the API, the status is unknown. Raises ResponseError when the
        server fails or redirects.
        """
        url = self._connection.url_for("users/")
        response = self._send("GET", url, self._credentials, params="limit=1&fields=username")
        if response.error and (300 <= response.status < 400 or response.status >= 500):
            raise response.error
        if not self._credentials:
            return ANONYMOUS
        if not isinstance(response.content, dict):
            return UNKNOWN_ACCOUNT
        return {200: ADMINISTRATOR, 401: REFUSED, 403: AUTHENTICATED}.get(
            response.status, UNKNOWN_ACCOUNT
        )

    def file_status(self, path: str) -> int:
        """Return the HTTP status of a file; 200 also for a redirection to its storage."""
        url = self.url(path)
        response = self._send("HEAD", url, self._credentials)
        elsewhere = urlsplit(response.target(url)).path != urlsplit(url).path
        return 200 if response.status in (302, 307) and elsewhere else response.status

    def denial_reason(self, path: str) -> str:
        """Return why a file was refused.

        AUTHENTICATED: no permission; REFUSED: wrong credentials; UNKNOWN_ACCOUNT: not known.
        """
        response = self._send("GET", self.url(path), self._credentials)
        if _NO_PERMISSION in response.text:
            return AUTHENTICATED
        return REFUSED if _NO_CREDENTIALS in response.text else UNKNOWN_ACCOUNT

    def subdirectories(self, path: str) -> list[str]:
        """Return the base paths directly below a path; they are public even if guarded."""
        response = self._send("GET", f"{self.url(path.rstrip('/'))}/", {})
        return (
            [unquote(name) for name in _LINK.findall(response.text)]
            if response.status == 200
            else []
        )

    def _send(self, method: str, url: str, headers: dict[str, str], **content: Any) -> Response:
        return send_with_retries(
            lambda: self._transport.send(method, url, headers, **content), True, self._sleep
        )
