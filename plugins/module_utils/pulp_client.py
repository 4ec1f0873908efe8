# SPDX-License-Identifier: Apache-2.0
"""One logged-in HTTP session with one Pulp server, safe to use from several threads."""

from __future__ import annotations

import base64
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import (
    AuthenticationError,
    InvalidItem,
    LostAnswer,
    ResponseError,
    Unreachable,
    words_of,
)

try:
    import requests
    import requests.adapters
except ImportError:
    requests = None  # type: ignore[assignment]

__all__ = ["Connection", "PulpClient", "requests_is_missing"]

_TRIES = 5
_FIRST_PAUSE = 0.5
_GATEWAY_ERRORS = (502, 503, 504)
_SAFE_TO_REPEAT = ("GET", "PATCH", "PUT", "DELETE")


def requests_is_missing() -> bool:
    """Tell whether the only third-party library of this collection cannot be imported."""
    return requests is None


@dataclass(frozen=True)
class Connection:
    """How to reach and enter one Pulp. Times are seconds; `concurrency` None means choose."""

    url: str
    username: str | None = None
    password: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    ca_path: str | None = None
    validate_certs: bool = True
    timeout: float = 60
    task_timeout: float = 28800
    concurrency: int | None = None
    domain: str | None = None
    api_root: str = "/pulp/"

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidItem(f"pulp_url '{self.url}' is not an http:// or https:// URL")
        if parts.username or parts.password:
            raise InvalidItem("pulp_url holds credentials: give them as username and password")

    @property
    def base(self) -> str:
        """Scheme, host and port, without a trailing slash."""
        return self.url.rstrip("/")

    @property
    def api_path(self) -> str:
        """The path below which all endpoints of the chosen domain are."""
        root = f"/{self.api_root.strip('/')}"
        return f"{root}/{self.domain}/api/v3/" if self.domain else f"{root}/api/v3/"

    @property
    def verify(self) -> bool | str:
        """What requests wants as `verify`; a given CA file wins over the environment's."""
        return (self.ca_path or True) if self.validate_certs else False


class PulpClient:
    """Requests to Pulp's REST API with login, CSRF token, retries and deadlines.

    Paths are endpoints below the API root (`tasks/`) or hrefs as Pulp returns them (`/pulp/...`).
    All methods return parsed JSON (None for an empty answer) and raise the errors of pulp_errors.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.request_count = 0
        self.uses_basic = False
        self._session = requests.Session()
        # A session-wide authenticator keeps requests from reading credentials out of .netrc.
        self._session.auth = lambda request: request
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=32)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        if connection.client_cert:
            key = connection.client_key
            self._session.cert = (connection.client_cert, key) if key else connection.client_cert
        self._login_lock = threading.Lock()
        self._count_lock = threading.Lock()
        self._logins = 0

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        """GET; repeated with growing pauses while the server cannot be reached."""
        # Commas stay as they are: a request line of 4,094 bytes holds more names that way.
        query = urlencode(params or {}, quote_via=quote, safe=",")
        return self._call("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """POST JSON. Raises LostAnswer when the request may have been carried out."""
        return self._call("POST", path, json=body or {})

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """PATCH whole values, which is safe to repeat."""
        return self._call("PATCH", path, json=body)

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
            page = self.get(path, {"limit": 5000, **(params or {}), "offset": len(found)})
            found += page["results"]
            if not page.get("next") or not page["results"]:
                return found

    def address(self, path: str) -> str:
        """Full URL of an endpoint or href."""
        api = self.connection.api_path
        return self.connection.base + (path if path.startswith("/") else api + path)

    def enter(self) -> None:
        """Log in, unless done before. Raises AuthenticationError when the server refuses."""
        if self._logins == 0:
            self._login(seen=0)
        if self.uses_basic:
            self.get("tasks/", {"limit": 1, "fields": "pulp_href"})

    def _call(self, method: str, path: str, **content: Any) -> Any:
        if self._logins == 0:
            self._login(seen=0)
        pause, last_try = _FIRST_PAUSE, _TRIES - 1
        entered_again = False
        for attempt in range(_TRIES):
            logins = self._logins
            try:
                response = self._send(method, self.address(path), **content)
            except (Unreachable, LostAnswer) as error:
                repeatable = isinstance(error, Unreachable) or method in _SAFE_TO_REPEAT
                if not repeatable or attempt == last_try:
                    raise
            else:
                status = response.status_code
                if _session_is_over(response) and not entered_again and not self.uses_basic:
                    entered_again = True
                    self._login(seen=logins)
                    continue
                if status in _GATEWAY_ERRORS and method == "POST":
                    raise LostAnswer(f"{words_of(response.text)} (HTTP {status})")
                if status not in (429, *_GATEWAY_ERRORS) or attempt == last_try:
                    return self._answer(response)
            time.sleep(pause)
            pause *= 2
        raise Unreachable(f"{self.connection.base} wants no end of logins")

    def _answer(self, response: Any) -> Any:
        try:
            body = response.json() if response.content else None
        except ValueError:
            body = response.text
        if response.is_redirect:
            target = response.headers.get("Location", "")
            raise ResponseError(
                response.status_code, f"the server redirects to {target}: correct pulp_url"
            )
        if response.status_code == 401:
            raise AuthenticationError(self._refusal(words_of(body)))
        if response.status_code >= 400:
            raise ResponseError(response.status_code, words_of(body))
        if body is not None and not isinstance(body, (dict, list)):
            raise ResponseError(response.status_code, "this is not a Pulp server: correct pulp_url")
        return body

    def _send(self, method: str, url: str, **content: Any) -> Any:
        """One request on the wire. Unreachable: nothing was done; LostAnswer: maybe it was."""
        connection = self.connection
        headers = {"Accept": "application/json", **content.pop("headers", {})}
        token = self._session.cookies.get("csrftoken")
        if method != "GET" and token:
            headers.update({"X-CSRFToken": token, "Referer": connection.base + "/"})
        with self._count_lock:
            self.request_count += 1
        try:
            return self._session.request(
                method,
                url,
                headers=headers,
                timeout=(min(10, connection.timeout), connection.timeout),
                verify=connection.verify,
                allow_redirects=False,
                **content,
            )
        except requests.exceptions.SSLError as error:
            raise Unreachable(
                f"the certificate of {connection.base} is not trusted ({_reason(error)}): "
                "give its authority as ca_path"
            ) from error
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError) as error:
            raise Unreachable(f"{connection.base} cannot be reached: {_reason(error)}") from error
        except requests.exceptions.ReadTimeout as error:
            raise LostAnswer(
                f"{connection.base} did not answer within {connection.timeout:g} s"
            ) from error
        except requests.exceptions.ConnectionError as error:
            words = f"{connection.base} cannot be reached: {_reason(error)}"
            refused = "NewConnectionError" in repr(error) or "NameResolution" in repr(error)
            raise (Unreachable(words) if refused else LostAnswer(words)) from error
        except (requests.exceptions.RequestException, OSError) as error:
            raise Unreachable(f"{connection.base} cannot be reached: {_reason(error)}") from error

    def _login(self, seen: int) -> None:
        """Enter once for all threads; `seen` is the login that the caller found expired."""
        with self._login_lock:
            if self._logins != seen:
                return
            if self.connection.client_cert or not self.connection.username:
                self._logins += 1
                return
            self._session.cookies.clear()
            response = self._send_patiently("POST", self._login_address(), headers=self._basic())
            if response.status_code in (404, 405):
                response = self._form_login()
            if response.status_code in (401, 403):
                raise AuthenticationError(self._refusal(words_of(response.text)))
            if response.is_redirect or response.status_code >= 400:
                self._answer(response)
            if not self._session.cookies.get("sessionid"):
                self.uses_basic = True
                self._session.headers.update(self._basic())
            self._logins += 1

    def _login_address(self) -> str:
        return f"{self.connection.base}/{self.connection.api_root.strip('/')}/api/v3/login/"

    def _form_login(self) -> Any:
        """The browser's login form, the only way to a session before pulpcore 3.70."""
        address = f"{self.connection.base}/auth/login/"
        form = self._send_patiently("GET", address)
        token = self._session.cookies.get("csrftoken")
        if form.status_code != 200 or not token:
            return form if form.status_code not in (404, 405) else _NoSession()
        fields = {
            "username": self.connection.username,
            "password": self.connection.password,
            "csrfmiddlewaretoken": token,
            "next": "/",
        }
        response = self._send_patiently("POST", address, data=fields)
        if response.status_code == 200:
            raise AuthenticationError(self._refusal("Invalid username/password."))
        return _NoSession() if response.is_redirect else response

    def _send_patiently(self, method: str, url: str, **content: Any) -> Any:
        """A login changes nothing that matters, so that it may always be repeated."""
        pause = _FIRST_PAUSE
        for _attempt in range(_TRIES - 1):
            try:
                response = self._send(method, url, **content)
                if response.status_code not in (429, *_GATEWAY_ERRORS):
                    return response
            except (Unreachable, LostAnswer) as error:
                if "not trusted" in str(error):
                    raise
            time.sleep(pause)
            pause *= 2
        return self._send(method, url, **content)

    def _basic(self) -> dict[str, str]:
        pair = f"{self.connection.username}:{self.connection.password or ''}"
        # UTF-8, where requests would choose latin-1 and Pulp then refuse the password.
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    def _refusal(self, words: str) -> str:
        return f"{self.connection.base} refused user '{self.connection.username}': {words}"


class _NoSession:
    """Stands for the answer to a login that needs nothing more from its caller."""

    status_code = 200
    is_redirect = False


def _session_is_over(response: Any) -> bool:
    """401, or 403 for a stale CSRF token: in both cases the server did nothing."""
    if response.status_code == 401:
        return True
    return response.status_code == 403 and "CSRF Failed" in response.text


def _reason(error: Exception) -> str:
    """The innermost cause of a requests exception, which is the part that people understand."""
    cause: Any = error
    while True:
        inner = getattr(cause, "reason", None) or next(
            (part for part in getattr(cause, "args", ()) if isinstance(part, Exception)), None
        )
        if not isinstance(inner, Exception):
            break
        cause = inner
    text = str(cause)
    return text.split(": ", 1)[1] if text.startswith("<") and ": " in text else text
