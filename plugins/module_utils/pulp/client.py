# SPDX-License-Identifier: Apache-2.0
"""Pulp's REST API: endpoints and hrefs in, parsed JSON out, safe to use from several threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from .connection import Connection
from .errors import ResponseError, error_text
from .session import Authenticator, LoginSession
from .transport import Response, Transport, send_with_retries

_PAGE = 5000
_NOT_PULP = "this is no answer of a Pulp server: correct pulp_url or api_root"
_WRONG_PLACE = "correct pulp_url, api_root or domain, or the server lacks this plugin"


class PulpClient:
    """Requests to Pulp's REST API with login, CSRF token, retries and deadlines.

    Paths are endpoints below the API root (`tasks/`) or hrefs as Pulp returns them (`/pulp/...`).
    All methods return parsed JSON (None for an empty answer) and raise the errors of pulp_errors.
    `sleep` takes seconds; tests put something quicker in its place.
    """

    def __init__(self, connection: Connection, sleep: Callable[[float], None] = time.sleep) -> None:
        self.connection = connection
        self._sleep = sleep
        self._transport = Transport(connection)
        self._authenticator = Authenticator(connection, self._send_login)

    @property
    def request_count(self) -> int:
        """How many requests were sent."""
        return self._transport.count

    @property
    def uses_basic_auth(self) -> bool:
        """Whether there is no session, so that each request costs a password hash."""
        return self._authenticator.uses_basic_auth

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        """GET; repeated with growing pauses while the server cannot be reached."""
        # Commas stay as they are: a request line of 4,094 bytes holds more names that way.
        query = urlencode(params or {}, quote_via=quote, safe=",")
        body = self._call("GET", path, params=query)
        if not isinstance(body, dict):
            raise ResponseError(200, _NOT_PULP)
        return body

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """POST JSON. Raises LostResponse when the request may have been carried out."""
        return self._call("POST", path, json=body or {})

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """PATCH whole values, which is safe to repeat."""
        return self._call("PATCH", path, json=body)

    def put(self, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        """PUT bytes; `body` can be iterated over again. Raises LostResponse as post does."""
        return self._call("PUT", path, headers, data=body)

    def delete(self, path: str) -> Any:
        """DELETE; an object that is already gone is None, as after any delete."""
        try:
            return self._call("DELETE", path)
        except ResponseError as error:
            if error.status == 404:
                return None
            raise

    def list(self, path: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """All results of a list endpoint, page after page."""
        found: list[dict[str, Any]] = []
        while True:
            # The server's own `next` link may name a host that only the server knows.
            page = self.get(path, {"limit": _PAGE, **(params or {}), "offset": len(found)})
            results = page.get("results")
            if not isinstance(results, list):
                raise ResponseError(200, _NOT_PULP)
            found += results
            if not page.get("next") or not results:
                return found

    def url_for(self, path: str) -> str:
        """Full URL of an endpoint or href."""
        return self.connection.url_for(path)

    def log_in(self) -> None:
        """Log in, unless done before. Raises AuthenticationError when the server refuses."""
        self._authenticator.session()
        if self.uses_basic_auth:
            self.get("tasks/", {"limit": 1, "fields": "pulp_href"})

    def _call(
        self, method: str, path: str, more: Mapping[str, str] | None = None, **content: Any
    ) -> Any:
        session = self._authenticator.session()
        response = self._send(method, path, session, more or {}, content)
        if session.cookies and response.session_expired:
            # The server did nothing, so that a write may be sent again, too.
            session = self._authenticator.renew(session)
            response = self._send(method, path, session, more or {}, content)
        if response.status == 401:
            raise self._authenticator.authentication_error(error_text(response.content))
        self._authenticator.update_csrf_token(session, response.cookies)
        return self._parsed(response, path)

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
            raise ResponseError(404, f"there is no {self.url_for(path)}: {_WRONG_PLACE}")
        if response.error:
            raise response.error
        if body is not None and not isinstance(body, dict):
            raise ResponseError(response.status, _NOT_PULP)
        return body
