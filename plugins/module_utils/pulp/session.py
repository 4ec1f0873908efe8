# SPDX-License-Identifier: Apache-2.0
"""Who we are to the server: one login for all threads, renewed when the server forgets it."""

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
    """What one login gave; `number` tells it from earlier ones. `basic` is an HTTP header."""

    number: int
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    basic: str = field(default="", repr=False)

    def headers(self, method: str, origin: str) -> dict[str, str]:
        """The headers of a request under this pass; a write proves itself with the CSRF token."""
        headers = {"Authorization": self.basic} if self.basic else {}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method != "GET" and _TOKEN in self.cookies:
            # Django compares the referrer with the host when it is asked over TLS.
            headers.update({"X-CSRFToken": self.cookies[_TOKEN], "Referer": f"{origin}/"})
        return headers


class Authenticator:
    """Gets a pass by `login/`, else by the login form, else keeps to HTTP Basic.

    `send(method, url, headers, **content)` sends a request; a login may always be repeated.
    A client certificate, or no username, needs no login. Methods raise AuthenticationError.
    """

    def __init__(self, connection: Connection, send: Callable[..., Response]) -> None:
        self._connection = connection
        self._send = send
        self._lock = threading.Lock()
        self._session: LoginSession | None = None

    @property
    def uses_basic_auth(self) -> bool:
        """Whether each request costs the server a password hash, as there is no session."""
        return bool(self._session and self._session.basic)

    def session(self) -> LoginSession:
        """The pass in force, after a first login where there was none."""
        with self._lock:
            if self._session is None:
                self._session = self._log_in(1)
            return self._session

    def renew(self, expired: LoginSession) -> LoginSession:
        """A newer pass than `expired`; of many threads that ask for one, the first logs in."""
        with self._lock:
            if self._session is None or self._session.number == expired.number:
                self._session = self._log_in(expired.number + 1)
            return self._session

    def update_csrf_token(self, session: LoginSession, cookies: Mapping[str, str]) -> None:
        """Keep the CSRF token that an answer brought, unless it belongs to an older login."""
        token = cookies.get(_TOKEN)
        with self._lock:
            now = self._session
            if token and now and now.number == session.number and _TOKEN in now.cookies:
                self._session = replace(now, cookies={**now.cookies, _TOKEN: token})

    def authentication_error(self, words: str) -> AuthenticationError:
        """The error that says whom the server did not let in."""
        connection = self._connection
        if connection.client_cert:
            who = f"the client certificate {connection.client_cert}"
        elif connection.username:
            who = f"user '{connection.username}'"
        else:
            who = "a request without username and password"
        return AuthenticationError(f"{connection.pulp_url} refused {who}: {words}")

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
        """The browser's login form, the only way to a session before pulpcore 3.70."""
        connection = self._connection
        address = f"{connection.pulp_url}/auth/login/"
        form = self._send("GET", address, {})
        if form.status != 200 or _TOKEN not in form.cookies:
            return Response(200)  # no form, so that every request carries the password
        headers = LoginSession(0, form.cookies).headers("POST", connection.origin)
        fields = {
            "username": connection.username,
            "password": connection.password or "",
            "csrfmiddlewaretoken": form.cookies[_TOKEN],
            "next": "/",
        }
        response = self._send("POST", address, headers, data=fields)
        if response.status == 200:  # the form once more, with its complaint
            raise self.authentication_error("Invalid username/password.")
        return response


def basic_header(username: str, password: str) -> dict[str, str]:
    """What HTTP Basic sends with each request."""
    # UTF-8, where requests would choose latin-1 and Pulp then refuse the password.
    pair = f"{username}:{password}".encode("utf-8", "surrogateescape")
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
