# SPDX-License-Identifier: Apache-2.0
"""Who we are to the server: one login for all threads, renewed when the server forgets it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from .connection import Connection
from .errors import AuthenticationError, words_of
from .transport import Answer

_SESSION, _TOKEN = "sessionid", "csrftoken"


@dataclass(frozen=True)
class Pass:
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


class Login:
    """Gets a pass by `login/`, else by the login form, else keeps to HTTP Basic.

    `send(method, url, headers, **content)` sends a request; a login may always be repeated.
    A client certificate, or no username, needs no login. Methods raise AuthenticationError.
    """

    def __init__(self, connection: Connection, send: Callable[..., Answer]) -> None:
        self._connection = connection
        self._send = send
        self._lock = threading.Lock()
        self._pass: Pass | None = None

    @property
    def uses_basic(self) -> bool:
        """Whether each request costs the server a password hash, as there is no session."""
        return bool(self._pass and self._pass.basic)

    def current(self) -> Pass:
        """The pass in force, after a first login where there was none."""
        with self._lock:
            if self._pass is None:
                self._pass = self._enter(1)
            return self._pass

    def renew(self, expired: Pass) -> Pass:
        """A newer pass than `expired`; of many threads that ask for one, the first logs in."""
        with self._lock:
            if self._pass is None or self._pass.number == expired.number:
                self._pass = self._enter(expired.number + 1)
            return self._pass

    def take_token(self, used: Pass, cookies: Mapping[str, str]) -> None:
        """Keep the CSRF token that an answer brought, unless it belongs to an older login."""
        token = cookies.get(_TOKEN)
        with self._lock:
            now = self._pass
            if token and now and now.number == used.number and _TOKEN in now.cookies:
                self._pass = replace(now, cookies={**now.cookies, _TOKEN: token})

    def refusal(self, words: str) -> AuthenticationError:
        """The error that says whom the server did not let in."""
        connection = self._connection
        if connection.client_cert:
            who = f"the client certificate {connection.client_cert}"
        elif connection.username:
            who = f"user '{connection.username}'"
        else:
            who = "a request without username and password"
        return AuthenticationError(f"{connection.base} refused {who}: {words}")

    def _enter(self, number: int) -> Pass:
        connection = self._connection
        if connection.client_cert or not connection.username:
            return Pass(number)
        basic = basic_header(connection.username, connection.password or "")
        answer = self._send("POST", connection.address("login/"), basic)
        if answer.status in (404, 405):
            answer = self._fill_in_form()
        if answer.status in (401, 403):
            raise self.refusal(words_of(answer.content))
        if _SESSION in answer.cookies:
            return Pass(number, cookies=answer.cookies)
        if answer.error:
            raise answer.error
        return Pass(number, basic=basic["Authorization"])

    def _fill_in_form(self) -> Answer:
        """The browser's login form, the only way to a session before pulpcore 3.70."""
        connection = self._connection
        address = f"{connection.base}/auth/login/"
        form = self._send("GET", address, {})
        if form.status != 200 or _TOKEN not in form.cookies:
            return Answer(200)  # no form, so that every request carries the password
        headers = Pass(0, form.cookies).headers("POST", connection.origin)
        fields = {
            "username": connection.username,
            "password": connection.password or "",
            "csrfmiddlewaretoken": form.cookies[_TOKEN],
            "next": "/",
        }
        answer = self._send("POST", address, headers, data=fields)
        if answer.status == 200:  # the form once more, with its complaint
            raise self.refusal("Invalid username/password.")
        return answer


def basic_header(username: str, password: str) -> dict[str, str]:
    """What HTTP Basic sends with each request."""
    # UTF-8, where requests would choose latin-1 and Pulp then refuse the password.
    pair = f"{username}:{password}".encode("utf-8", "surrogateescape")
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
