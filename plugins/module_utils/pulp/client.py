# SPDX-License-Identifier: Apache-2.0
"""Pulp's REST API: endpoints and hrefs in, parsed JSON out, safe to use from several threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from .connection import Connection
from .errors import ResponseError, words_of
from .session import Login, Pass
from .transport import Answer, Transport, patiently

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
        self._login = Login(connection, self._send_login)

    @property
    def request_count(self) -> int:
        """How many requests were sent."""
        return self._transport.count

    @property
    def uses_basic(self) -> bool:
        """Whether there is no session, so that each request costs a password hash."""
        return self._login.uses_basic

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        """GET; repeated with growing pauses while the server cannot be reached."""
        # Commas stay as they are: a request line of 4,094 bytes holds more names that way.
        query = urlencode(params or {}, quote_via=quote, safe=",")
        body = self._call("GET", path, params=query)
        if not isinstance(body, dict):
            raise ResponseError(200, _NOT_PULP)
        return body

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """POST JSON. Raises LostAnswer when the request may have been carried out."""
        return self._call("POST", path, json=body or {})

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """PATCH whole values, which is safe to repeat."""
        return self._call("PATCH", path, json=body)

    def put(self, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        """PUT bytes; `body` can be iterated over again. Raises LostAnswer as post does."""
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

    def address(self, path: str) -> str:
        """Full URL of an endpoint or href."""
        return self.connection.address(path)

    def enter(self) -> None:
        """Log in, unless done before. Raises AuthenticationError when the server refuses."""
        self._login.current()
        if self.uses_basic:
            self.get("tasks/", {"limit": 1, "fields": "pulp_href"})

    def _call(
        self, method: str, path: str, more: Mapping[str, str] | None = None, **content: Any
    ) -> Any:
        used = self._login.current()
        answer = self._send(method, path, used, more or {}, content)
        if used.cookies and answer.session_is_over:
            # The server did nothing, so that a write may be sent again, too.
            used = self._login.renew(used)
            answer = self._send(method, path, used, more or {}, content)
        if answer.status == 401:
            raise self._login.refusal(words_of(answer.content))
        self._login.take_token(used, answer.cookies)
        return self._parsed(answer, path)

    def _send(
        self, method: str, path: str, used: Pass, more: Mapping[str, str], content: dict[str, Any]
    ) -> Answer:
        headers = {**used.headers(method, self.connection.origin), **more}
        url = self.connection.address(path)
        return patiently(
            lambda: self._transport.send(method, url, headers, **content),
            method not in ("POST", "PUT"),
            self._sleep,
        )

    def _send_login(self, method: str, url: str, headers: dict[str, str], **content: Any) -> Answer:
        return patiently(
            lambda: self._transport.send(method, url, headers, **content), True, self._sleep
        )

    def _parsed(self, answer: Answer, path: str) -> Any:
        body = answer.content
        if answer.status == 404 and not isinstance(body, dict):
            raise ResponseError(404, f"there is no {self.address(path)}: {_WRONG_PLACE}")
        if answer.error:
            raise answer.error
        if body is not None and not isinstance(body, dict):
            raise ResponseError(answer.status, _NOT_PULP)
        return body
