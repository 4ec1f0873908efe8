# SPDX-License-Identifier: Apache-2.0
"""The content app: what one account may read there. It knows no session, so that each request for
guarded content costs the server a password hash."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from .connection import Connection
from .session import basic_header
from .transport import Response, Transport, send_with_retries

# Who the server takes us for.
ADMINISTRATOR, AUTHENTICATED, REFUSED = "administrator", "known", "refused"
ANONYMOUS, UNKNOWN_ACCOUNT = "nobody", "uncertain"

# Pulp's words for somebody who gave no credentials, or wrong ones, and for one who lacks a right.
_NO_CREDENTIALS = "credentials were not provided"
_NO_PERMISSION = "do not have permission"
_LINK = re.compile(r'href="(?:\./)?([^"/.][^"/]*)/"')


def content_url(connection: Connection, path: str) -> str:
    """Where the content app serves a base path, or a file below one."""
    domain = f"{connection.domain}/" if connection.domain else ""
    return f"{connection.pulp_url}/pulp/content/{quote(domain + path)}"


class ContentApp:
    """Reads on behalf of one account; paths are base paths, or files below one.

    Methods raise Unreachable and LostResponse, and whatever else makes a request impossible.
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

    @property
    def request_count(self) -> int:
        """How many requests were sent."""
        return self._transport.count

    def whoami(self) -> str:
        """Who the server takes us for: one of the words above.

        The list of users is for administrators: Pulp answers 401 to wrong credentials there and 403
        to everybody else. Whatever is in front of Pulp may keep its API from clients: uncertain.
        Raises ResponseError for a server that is broken or elsewhere.
        """
        address = self._connection.url_for("users/")
        response = self._send("GET", address, self._credentials, params="limit=1&fields=username")
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
        """The HTTP status of a file; 200 where its bytes come from another place, which only a
        storage does. Nothing is transferred."""
        url = content_url(self._connection, path)
        response = self._send("HEAD", url, self._credentials)
        elsewhere = urlsplit(response.location).path != urlsplit(url).path
        return 200 if response.status in (302, 307) and elsewhere else response.status

    def denial_reason(self, path: str) -> str:
        """Why a file was refused: KNOWN lacks a right, REFUSED are the credentials, or UNCERTAIN."""
        response = self._send("GET", content_url(self._connection, path), self._credentials)
        if _NO_PERMISSION in response.text:
            return AUTHENTICATED
        return REFUSED if _NO_CREDENTIALS in response.text else UNKNOWN_ACCOUNT

    def subdirectories(self, path: str) -> list[str]:
        """Names of the base paths directly below a path; anybody may see them, guarded or not."""
        response = self._send("GET", f"{content_url(self._connection, path.rstrip('/'))}/", {})
        return (
            [unquote(name) for name in _LINK.findall(response.text)]
            if response.status == 200
            else []
        )

    def _send(self, method: str, url: str, headers: dict[str, str], **content: Any) -> Response:
        return send_with_retries(
            lambda: self._transport.send(method, url, headers, **content), True, self._sleep
        )
