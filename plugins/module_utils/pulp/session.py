# SPDX-License-Identifier: Apache-2.0
"""Authentication: one login session for all threads, renewed when it expires."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from .connection import Connection
from .errors import AuthenticationError, error_text
from .transport import Response

_SESSION, _TOKEN = "sessionid", "csrftoken"


@dataclass(frozen=True)
class LoginSession:
    """The session of one login: cookies, or the header of HTTP Basic. `number` counts logins."""

    number: int
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    basic: str = field(default="", repr=False)

    def headers(self, method: str, origin: str) -> dict[str, str]:
        """Return the headers of a request; writes also get the CSRF token."""
        headers = {"Authorization": self.basic} if self.basic else {}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method != "GET" and _TOKEN in self.cookies:
            # Over TLS Django compares the referrer with the host.
            headers.update({"X-CSRFToken": self.cookies[_TOKEN], "Referer": f"{origin}/"})
        return headers


class Authenticator:
    """Logs in by `login/`, else by the login form, else uses HTTP Basic for each request.

    `send(method, url, headers, **content)` sends a request; logins are idempotent. With a client
    certificate, or without username, there is no login. Methods raise AuthenticationError.
    """

    def __init__(self, connection: Connection, send: Callable[..., Response]) -> None:
        self._connection = connection
        self._send = send
        self._lock = threading.Lock()
        self._session: LoginSession | None = None

    @property
    def uses_basic_auth(self) -> bool:
        """Whether there is no session, so that the server hashes the password for each request."""
        return bool(self._session and self._session.basic)

    def session(self) -> LoginSession:
        """Return the current session; logs in if there is none."""
        with self._lock:
            if self._session is None:
                self._session = self._log_in(1)
            return self._session

    def renew(self, expired: LoginSession) -> LoginSession:
        """Return a newer session than `expired`; only the first of several threads logs in."""
        with self._lock:
            if self._session is None or self._session.number == expired.number:
                self._session = self._log_in(expired.number + 1)
            return self._session

    def update_csrf_token(self, session: LoginSession, cookies: Mapping[str, str]) -> None:
        """Keep the CSRF token of a response, unless it belongs to an older session."""
        token = cookies.get(_TOKEN)
        with self._lock:
            now = self._session
            if token and now and now.number == session.number and _TOKEN in now.cookies:
                self._session = replace(now, cookies={**now.cookies, _TOKEN: token})

    def authentication_error(self, detail: str) -> AuthenticationError:
        """Return the error for a rejected account, with the text of the server."""
        connection = self._connection
        if connection.client_cert:
            who = f"the client certificate {connection.client_cert}"
        elif connection.username:
            who = f"user '{connection.username}'"
        else:
            who = "a request without username and password"
        return AuthenticationError(f"{connection.pulp_url} refused {who}: {detail}")

    def _log_in(self, number: int) -> LoginSession:
        connection = self._connection
        if connection.client_cert or not connection.username:
            return LoginSession(number)
        basic = basic_header(connection.username, connection.password or "")
        response = self._send("POST", connection.url_for("login/"), basic)
        if response.status in (404, 405):
            response = self._submit_login_form()
        if response.status in (401, 403):
            raise self.authentication_error(error_text(response.content))
        if _SESSION in response.cookies:
            return LoginSession(number, cookies=response.cookies)
        if response.error:
            raise response.error
        return LoginSession(number, basic=basic["Authorization"])

    def _submit_login_form(self) -> Response:
        """Log in by the form for browsers, the only way to a session before pulpcore 3.70."""
        connection = self._connection
        url = f"{connection.pulp_url}/auth/login/"
        form = self._send("GET", url, {})
        if form.status != 200 or _TOKEN not in form.cookies:
            return Response(200)  # no form: the password is sent with each request
        headers = LoginSession(0, form.cookies).headers("POST", connection.origin)
        fields = {
            "username": connection.username,
            "password": connection.password or "",
            "csrfmiddlewaretoken": form.cookies[_TOKEN],
            "next": "/",
        }
        response = self._send("POST", url, headers, data=fields)
        if response.status == 200:  # the form again, with an error
            raise self.authentication_error("Invalid username/password.")
        return response


def basic_header(username: str, password: str) -> dict[str, str]:
    """Return the header of HTTP Basic."""
    # UTF-8, because Pulp rejects the latin-1 that requests uses.
    pair = f"{username}:{password}".encode("utf-8", "surrogateescape")
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
