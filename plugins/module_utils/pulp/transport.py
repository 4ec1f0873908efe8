# SPDX-License-Identifier: Apache-2.0
"""HTTP requests with timeouts and retries, and their responses."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Optional

from .connection import Connection
from .errors import (
    InvalidItem,
    LostResponse,
    PulpError,
    ResponseError,
    TLSError,
    Unreachable,
    error_text,
)

try:
    import requests
    import requests.adapters
    import urllib3
except ImportError:
    requests = None  # type: ignore[assignment]

GATEWAY_ERRORS = (502, 503, 504)
TOO_MANY_REQUESTS = 429
_ATTEMPTS = 5
_FIRST_DELAY = 0.5
_MAX_DELAY = 30.0
_MAX_CONNECT_TIMEOUT = 10.0
_BLOCK_SIZE = 1024
_DOWNLOAD_BLOCK_SIZE = 256 * 1024

# (status, headers) of a response -> a function that takes the blocks of its body
Sink = Callable[[int, Mapping[str, str]], Optional[Callable[[bytes], None]]]

_SENDER = re.compile(r"^(<[^>]*>|\w+\(host=[^)]*\)): ")


@dataclass(frozen=True)
class Response:
    """A response. `location`, `retry_after` and `digest` are its headers.

    The digest, Docker-Content-Digest, is sent by container registries. `clock_offset`: how many
    seconds the server's clock, the header Date, is ahead of ours; None without the header.
    """

    status: int
    body: bytes = b""
    cookies: Mapping[str, str] = field(default_factory=dict)
    location: str = ""
    retry_after: str = ""
    digest: str = ""
    clock_offset: float | None = None

    @property
    def text(self) -> str:
        """The body as text; invalid UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def content(self) -> Any:
        """The body as parsed JSON, else as text; None if it is empty."""
        try:
            return json.loads(self.text) if self.body else None
        except ValueError:
            return self.text

    @property
    def wait(self) -> float:
        """The header Retry-After in seconds (RFC 9110, 10.2.3); 0 without it."""
        if self.retry_after.isdigit():
            return float(self.retry_after)
        try:
            return parsedate_to_datetime(self.retry_after).timestamp() - time.time()
        except (TypeError, ValueError, IndexError, OverflowError):
            return 0.0

    @property
    def session_expired(self) -> bool:
        """Whether the status is 401, or 403 for an expired CSRF token: the server did nothing."""
        return self.status == 401 or (self.status == 403 and "CSRF Failed" in self.text)

    @property
    def error(self) -> ResponseError | None:
        """The error of this response, None for success. A redirection is an error."""
        if self.location and 300 <= self.status < 400:
            detail = f"the server redirects to {self.location}: correct pulp_url"
            return ResponseError(self.status, detail)
        return ResponseError(self.status, error_text(self.content)) if self.status >= 300 else None


def requests_is_missing() -> bool:
    """Return whether `requests`, the only required library, cannot be imported."""
    return requests is None


class Transport:
    """Sends requests with a pool of connections; thread-safe. `count` is their number."""

    def __init__(self, connection: Connection) -> None:
        self.count = 0
        self._connection = connection
        self._lock = threading.Lock()
        self._session = requests.Session()
        # A session-wide authenticator prevents that requests reads credentials from .netrc.
        self._session.auth = lambda request: request
        # Cookies are handled per login session: a late response to an old session would delete
        # the cookies of a new one.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=32)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        if connection.client_cert:
            key = connection.client_key
            self._session.cert = (connection.client_cert, key) if key else connection.client_cert
        if not connection.validate_certs:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def send(self, method: str, url: str, headers: Mapping[str, str], **content: Any) -> Response:
        """Send a request and read the whole response.

        The timeout applies to each block that is sent, and to the response as a whole. Raises
        Unreachable when nothing was done, LostResponse when that is not known, and InvalidItem when
        the settings are invalid.
        """
        with self._request(method, url, headers, **content) as response:
            return self._read(response)

    def receive(self, url: str, headers: Mapping[str, str], sink: Sink) -> Response:
        """Send GET and stream the body.

        `sink(status, headers)` returns the function that takes the blocks of the body, or None to
        read the body into the response. The timeout applies to each block. Raises the errors of
        `send` and of the function.
        """
        plain = {"Accept": "*/*", "Accept-Encoding": "identity", **headers}
        with self._request("GET", url, plain) as response:
            take = sink(response.status_code, response.headers)
            if take is None:
                return self._read(response)
            try:
                for block in response.raw.stream(_DOWNLOAD_BLOCK_SIZE, decode_content=False):
                    take(block)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise self._connection_broken(error) from error
            return Response(response.status_code)

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], **content: Any
    ) -> requests.Response:
        with self._lock:
            self.count += 1
        limit = self._connection.timeout
        try:
            return self._session.request(
                method,
                url,
                headers={"Accept": "application/json", **headers},
                timeout=(min(_MAX_CONNECT_TIMEOUT, limit), limit),
                verify=self._connection.verify,
                allow_redirects=False,
                stream=True,
                **content,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._failure(error) from error
        except UnicodeError as error:  # an invalid host name
            raise InvalidItem(f"{self._connection.pulp_url} is not a valid URL: {error}") from error

    def _read(self, response: requests.Response) -> Response:
        # The response has its own timeout, because sending a long body takes time.
        deadline = time.monotonic() + self._connection.timeout
        return Response(
            response.status_code,
            self._body(response, deadline),
            {cookie.name: cookie.value or "" for cookie in response.cookies},
            response.headers.get("Location", ""),
            response.headers.get("Retry-After", ""),
            response.headers.get("Docker-Content-Digest", ""),
            _clock_offset(response.headers.get("Date", "")),
        )

    def _body(self, response: Any, deadline: float) -> bytes:
        # The timeout of requests applies to each read only: a server that sends a byte at a time
        # would block the run permanently.
        parts = []
        try:
            for part in response.iter_content(_BLOCK_SIZE):
                parts.append(part)
                if time.monotonic() > deadline:
                    raise self._timed_out()
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._connection_broken(error) from error
        return b"".join(parts)

    def _failure(self, error: Exception) -> PulpError:
        url, reason = self._connection.pulp_url, _reason(error)
        known = requests.exceptions
        invalid = (known.InvalidURL, known.InvalidSchema, urllib3.exceptions.LocationValueError)
        if isinstance(error, invalid):
            return InvalidItem(f"cannot send requests to {url}: {reason}")
        if isinstance(error, known.SSLError):
            return self._tls_failure(error, reason)
        if isinstance(error, known.ReadTimeout):
            return self._timed_out()
        nothing_done = isinstance(error, (known.ConnectTimeout, known.ProxyError))
        if nothing_done or re.search("NewConnectionError|NameResolutionError", repr(error)):
            return Unreachable(f"{url} cannot be reached: {reason}")
        return self._connection_broken(error)

    def _tls_failure(self, error: Exception, reason: str) -> PulpError:
        url = self._connection.pulp_url
        if "CERTIFICATE_VERIFY_FAILED" in repr(error) or "match" in reason:
            hint = "" if "match" in reason else ": set ca_path to the certificate of its CA"
            return TLSError(f"the certificate of {url} is not trusted ({reason}){hint}")
        if re.search("WRONG_VERSION|RECORD_LAYER|HTTP_REQUEST|UNKNOWN_PROTOCOL", repr(error)):
            return TLSError(f"{url} does not speak TLS: pulp_url may have to begin with http://")
        if "EOF" in reason or "reset" in reason:
            return self._connection_broken(error)
        return TLSError(f"no secure connection to {url}: {reason}")

    def _connection_broken(self, error: Exception) -> LostResponse:
        return LostResponse(
            f"the connection to {self._connection.pulp_url} broke: {_reason(error)}"
        )

    def _timed_out(self) -> LostResponse:
        seconds = f"{self._connection.timeout:g} s"
        return LostResponse(f"{self._connection.pulp_url} did not answer within {seconds}")


def send_with_retries(
    send: Callable[[], Response], idempotent: bool, sleep: Callable[[float], None]
) -> Response:
    """Call `send` with increasing delays while the server is unreachable or overloaded.

    Unless the request is `idempotent`, one that may have been executed raises LostResponse instead.
    The status 429 means that nothing was done.
    """
    delay = _FIRST_DELAY
    for tries_left in range(_ATTEMPTS - 1, -1, -1):
        requested = 0.0
        try:
            response = send()
        except (Unreachable, LostResponse) as error:
            is_final = isinstance(error, TLSError) or tries_left == 0
            if is_final or (isinstance(error, LostResponse) and not idempotent):
                raise
        else:
            if response.status in GATEWAY_ERRORS and not idempotent:
                raise LostResponse(f"{error_text(response.text)} (HTTP {response.status})")
            if response.status not in (TOO_MANY_REQUESTS, *GATEWAY_ERRORS) or tries_left == 0:
                return response
            requested = response.wait
        sleep(min(_MAX_DELAY, max(delay, requested)))
        delay *= 2
    raise Unreachable("no attempt is left")


def _clock_offset(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() - time.time()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _reason(error: BaseException) -> str:
    """Return the innermost cause of an exception of requests, its most readable part."""
    cause: Any = error
    while True:
        inner = getattr(cause, "reason", None)
        if not isinstance(inner, Exception):
            parts = getattr(cause, "args", ())
            inner = next((part for part in parts if isinstance(part, Exception)), None)
        if inner is None:
            break
        cause = inner
    return _SENDER.sub("", str(cause) or type(cause).__name__)
