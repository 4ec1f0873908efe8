# SPDX-License-Identifier: Apache-2.0
"""GET requests of files, with credentials for one server only."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import urlsplit

from ..errors import has_unclear_credentials, redact_url
from ..pulp.connection import Connection, origin_of
from ..pulp.errors import InvalidItem, PulpError, ResponseError, error_text
from ..pulp.session import basic_header
from ..pulp.transport import Response, Sink, Transport, send_with_retries

_MAX_REDIRECTS = 5
_MAX_REASON = 200
_REDIRECTS = (301, 302, 303, 307, 308)


def validate_url(url: str) -> None:
    """Raise InvalidItem for an invalid URL, and for one that contains credentials."""
    shown_url = redact_url(url)
    try:
        parts = urlsplit(url)
        is_http = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise InvalidItem(f"{shown_url} is not a valid URL") from None
    if "@" in parts.netloc or has_unclear_credentials(url):
        raise InvalidItem(
            f"{shown_url} contains credentials: set username and password instead, and pulp_url "
            "to the server"
        )
    if not is_http:
        raise InvalidItem(f"{shown_url} is not an http:// or https:// URL")


class Fetcher:
    """GET requests from several threads.

    The username, password, client certificate and CA bundle of `connection` are used for its own
    server only.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._own = Transport(connection)
        others = replace(
            connection, username=None, password=None, client_cert=None, client_key=None
        )
        self._others = Transport(replace(others, ca_path=None))
        self._credentials = (
            basic_header(connection.username, connection.password or "")
            if connection.username
            else {}
        )

    @property
    def request_count(self) -> int:
        """The number of requests sent."""
        return self._own.count + self._others.count

    def get(self, url: str, headers: dict[str, str], sink: Sink) -> Response:
        """GET, following redirects; `sink` is that of Transport.receive.

        After a redirect to another server no request has credentials. Redirects from https:// to
        http:// are refused.
        """
        trusted = True
        for _number in range(_MAX_REDIRECTS + 1):
            trusted = trusted and origin_of(url) == self._connection.origin
            transport = self._own if trusted else self._others
            credentials = self._credentials if trusted else {}
            response = transport.receive(url, {**headers, **credentials}, _skip_redirects(sink))
            if response.status not in _REDIRECTS or not response.location:
                return response
            target = response.target(url)
            if url.startswith("https:") and not target.startswith("https:"):
                raise PulpError(f"{url} redirects to {redact_url(target)}, which is not encrypted")
            validate_url(target)
            url = target
        raise PulpError(f"{url}: more than {_MAX_REDIRECTS} redirects")

    def exists(self, url: str) -> bool:
        """Return whether a file exists. Raises PulpError if that is not known."""

        def stop(status: int, _headers: object) -> None:
            if status in (200, 206):
                raise _FileExists

        try:
            response = self.get(url, {"Range": "bytes=0-0"}, stop)
        except _FileExists:
            return True
        if response.status not in (404, 416):
            raise ResponseError(response.status, f"{url}: {failure_reason(response)}")
        return response.status == 416  # an empty file

    def text(self, url: str, max_size: int) -> str | None:
        """Return a small file; None if it does not exist (404). Raises PulpError."""
        body = bytearray()

        def add(block: bytes) -> None:
            body.extend(block)
            if len(body) > max_size:
                raise PulpError(f"{url} is not a checksum file: it has more than {max_size} bytes")

        response = self.get(url, {}, lambda status, headers: add if status == 200 else None)
        return self._text(url, response, body)

    def beginning(self, url: str, size: int) -> str | None:
        """Return the first bytes of a file, at most `size`; None if it does not exist (404). Transient
        failures are retried. Raises PulpError."""
        body = bytearray()

        def add(block: bytes) -> None:
            body.extend(block)
            if len(body) >= size:
                raise _Enough

        def request() -> Response:
            body.clear()
            headers = {"Range": f"bytes=0-{size - 1}"}
            return self.get(url, headers, lambda code, _head: add if code in (200, 206) else None)

        try:
            response = send_with_retries(request, True, time.sleep)
        except _Enough:
            return body[:size].decode("utf-8", "replace")
        return self._text(url, response, body)

    def _text(self, url: str, response: Response, body: bytearray) -> str | None:
        if response.status == 404:
            return None
        if response.status not in (200, 206):
            raise ResponseError(response.status, f"{url}: {failure_reason(response)}")
        return body.decode("utf-8", "replace")


class _FileExists(Exception):
    """The headers of a response show that the file exists: its body is not needed."""


class _Enough(Exception):
    """The rest of a body is not needed."""


def _skip_redirects(sink: Sink) -> Sink:
    return lambda status, headers: None if status in _REDIRECTS else sink(status, headers)


def failure_reason(response: Response) -> str:
    """Return why the server sent no file."""
    if response.status in (401, 403):
        return "unknown user, wrong password, or no permission to read it"
    if response.status == 404:
        return "the file does not exist, or is not served yet"
    return error_text(response.content or "")[:_MAX_REASON] or "the server sent no file"
