# SPDX-License-Identifier: Apache-2.0
"""Client of Pulp's REST API: takes endpoints and hrefs, returns parsed JSON."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from .connection import Connection
from .errors import ResponseError, error_text
from .session import Authenticator, LoginSession
from .transport import Response, Transport, send_with_retries

_PAGE_SIZE = 5000
# A list that grows while it is read stays below this multiple of what was announced.
_MAX_GROWTH = 2
_MAX_LIST_LENGTH = 2_000_000
_MAX_LIST_SIZE = 512 * 1024 * 1024
_NOT_PULP = "the response is not from a Pulp server: correct pulp_url or api_root"
_WRONG_URL = "correct pulp_url, api_root or domain, or install the plugin on the server"


class PulpClient:
    """Requests to Pulp's REST API with login, CSRF token, retries and timeouts; thread-safe.

    Paths are endpoints below the API root (`tasks/`) or hrefs as returned by Pulp (`/pulp/...`).
    Methods return parsed JSON, None for an empty response, and raise the errors of errors.py.
    `sleep` takes seconds; tests replace it.
    """

    def __init__(self, connection: Connection, sleep: Callable[[float], None] = time.sleep) -> None:
        self.connection = connection
        self._sleep = sleep
        self._transport = Transport(connection)
        self._authenticator = Authenticator(connection, self._send_login)
        # How many seconds the server's clock is ahead of ours, as of the last response with a date.
        self.clock_offset = 0.0

    @property
    def request_count(self) -> int:
        """The number of requests that were sent."""
        return self._transport.count

    @property
    def uses_basic_auth(self) -> bool:
        """Whether there is no session, so that the server hashes the password for each request."""
        return self._authenticator.uses_basic_auth

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        """Send GET; retried with increasing delays while the server is unreachable."""
        return self._get(path, params)[0]

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send POST with JSON. Raises LostResponse when the request may have been executed."""
        return self._call("POST", path, json=body or {})

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """Send PATCH with whole values, which is idempotent."""
        return self._call("PATCH", path, json=body)

    def put(self, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        """Send PUT with bytes; `body` can be iterated repeatedly. Raises LostResponse as `post`."""
        return self._call("PUT", path, headers, data=body)

    def delete(self, path: str) -> Any:
        """Send DELETE; return None also if the object does not exist."""
        try:
            return self._call("DELETE", path)
        except ResponseError as error:
            if error.status == 404:
                return None
            raise

    def list(self, path: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return all results of a list endpoint, page by page.

        Raises ResponseError for a list that does not end where the server announced.
        """
        found: list[dict[str, Any]] = []
        size, limit = 0, 0
        while True:
            # The server's `next` link may contain a host name that only the server can resolve.
            query = {"limit": _PAGE_SIZE, **(params or {}), "offset": len(found)}
            page, page_size = self._get(path, query)
            results = page.get("results")
            if not isinstance(results, list):
                raise ResponseError(200, _NOT_PULP)
            found += results
            if not page.get("next") or not results:
                return found
            limit = limit or list_limit(page.get("count"))
            size += page_size
            if len(found) > limit or size > _MAX_LIST_SIZE:
                raise ResponseError(
                    200,
                    f"the list {self.url_for(path)} does not end: the server sent {len(found)} "
                    f"entries and announced {page.get('count')}. Check the proxies in front of it",
                )

    def url_for(self, path: str) -> str:
        """Return the URL of an endpoint or href."""
        return self.connection.url_for(path)

    def log_in(self) -> None:
        """Log in unless there is a session. Raises AuthenticationError for a rejected account."""
        self._authenticator.session()
        if self.uses_basic_auth:
            self.get("tasks/", {"limit": 1, "fields": "pulp_href"})

    def _get(self, path: str, params: dict[str, Any] | None) -> tuple[dict[str, Any], int]:
        """Return an object and the size of its response in bytes."""
        # Commas are not encoded, so that more names fit into a request line of 4,094 bytes.
        query = urlencode(params or {}, quote_via=quote, safe=",")
        response = self._exchange("GET", path, params=query)
        body = self._parsed(response, path)
        if not isinstance(body, dict):
            raise ResponseError(200, _NOT_PULP)
        return body, len(response.body)

    def _call(
        self, method: str, path: str, more: Mapping[str, str] | None = None, **content: Any
    ) -> Any:
        return self._parsed(self._exchange(method, path, more, **content), path)

    def _exchange(
        self, method: str, path: str, more: Mapping[str, str] | None = None, **content: Any
    ) -> Response:
        session = self._authenticator.session()
        response = self._send(method, path, session, more or {}, content)
        if response.clock_offset is not None:
            self.clock_offset = response.clock_offset
        if session.cookies and response.session_expired:
            # The server did nothing, so that writes can be retried too.
            session = self._authenticator.renew(session)
            response = self._send(method, path, session, more or {}, content)
        if response.status == 401:
            raise self._authenticator.authentication_error(error_text(response.content))
        self._authenticator.update_csrf_token(session, response.cookies)
        return response

    def _send(
        self,
        method: str,
        path: str,
        session: LoginSession,
        more: Mapping[str, str],
        content: dict[str, Any],
    ) -> Response:
        headers = {**session.headers(method, self.connection.origin), **more}
        url = self.connection.url_for(path)
        return send_with_retries(
            lambda: self._transport.send(method, url, headers, **content),
            method not in ("POST", "PUT"),
            self._sleep,
        )

    def _send_login(
        self, method: str, url: str, headers: dict[str, str], **content: Any
    ) -> Response:
        return send_with_retries(
            lambda: self._transport.send(method, url, headers, **content), True, self._sleep
        )

    def _parsed(self, response: Response, path: str) -> Any:
        body = response.content
        if response.status == 404 and not isinstance(body, dict):
            raise ResponseError(404, f"there is no {self.url_for(path)}: {_WRONG_URL}")
        if response.error:
            raise response.error
        if body is not None and not isinstance(body, dict):
            raise ResponseError(response.status, _NOT_PULP)
        return body


def list_limit(count: Any) -> int:
    """Return how many entries a list may have, for which a server announced a `count`."""
    announced = count if isinstance(count, int) and count > 0 else _MAX_LIST_LENGTH
    return min(_MAX_LIST_LENGTH, announced * _MAX_GROWTH + _PAGE_SIZE)
