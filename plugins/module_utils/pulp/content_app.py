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
from .transport import Answer, Transport, patiently

# Who the server takes us for.
ADMINISTRATOR, KNOWN, REFUSED = "administrator", "known", "refused"
NOBODY, UNCERTAIN = "nobody", "uncertain"

# Pulp's words for somebody who gave no credentials, or wrong ones, and for one who lacks a right.
_NO_CREDENTIALS = "credentials were not provided"
_NO_PERMISSION = "do not have permission"
_LINK = re.compile(r'href="(?:\./)?([^"/.][^"/]*)/"')


def content_url(connection: Connection, path: str) -> str:
    """Where the content app serves a base path, or a file below one."""
    domain = f"{connection.domain}/" if connection.domain else ""
    return f"{connection.base}/pulp/content/{quote(domain + path)}"


class ContentApp:
    """Reads on behalf of one account; paths are base paths, or files below one.

    Methods raise Unreachable and LostAnswer, and whatever else makes a request impossible.
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
        address = self._connection.address("users/")
        answer = self._send("GET", address, self._credentials, params="limit=1&fields=username")
        if answer.error and (300 <= answer.status < 400 or answer.status >= 500):
            raise answer.error
        if not self._credentials:
            return NOBODY
        if not isinstance(answer.content, dict):
            return UNCERTAIN
        return {200: ADMINISTRATOR, 401: REFUSED, 403: KNOWN}.get(answer.status, UNCERTAIN)

    def look(self, path: str) -> int:
        """The HTTP status of a file; 200 where its bytes come from another place, which only a
        storage does. Nothing is transferred."""
        url = content_url(self._connection, path)
        answer = self._send("HEAD", url, self._credentials)
        elsewhere = urlsplit(answer.location).path != urlsplit(url).path
        return 200 if answer.status in (302, 307) and elsewhere else answer.status

    def why_refused(self, path: str) -> str:
        """Why a file was refused: KNOWN lacks a right, REFUSED are the credentials, or UNCERTAIN."""
        answer = self._send("GET", content_url(self._connection, path), self._credentials)
        if _NO_PERMISSION in answer.text:
            return KNOWN
        return REFUSED if _NO_CREDENTIALS in answer.text else UNCERTAIN

    def folders(self, path: str) -> list[str]:
        """Names of the base paths directly below a path; anybody may see them, guarded or not."""
        answer = self._send("GET", f"{content_url(self._connection, path.rstrip('/'))}/", {})
        return (
            [unquote(name) for name in _LINK.findall(answer.text)] if answer.status == 200 else []
        )

    def _send(self, method: str, url: str, headers: dict[str, str], **content: Any) -> Answer:
        return patiently(
            lambda: self._transport.send(method, url, headers, **content), True, self._sleep
        )
