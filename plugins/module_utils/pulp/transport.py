# SPDX-License-Identifier: Apache-2.0
"""One HTTP request on the wire, and how often it is worth sending it again."""

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


@dataclass(frozen=True)
class Response:
    """What a server answered; `location`, `retry_after` and `digest` (Docker-Content-Digest, which
    a registry sends) are headers."""

    status: int
    body: bytes = b""
    cookies: Mapping[str, str] = field(default_factory=dict)
    location: str = ""
    retry_after: str = ""
    digest: str = ""

    @property
    def text(self) -> str:
        """The body; what is no UTF-8 in it is replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def content(self) -> Any:
        """The body as parsed JSON, as text where it is none, None where it is empty."""
        try:
            return json.loads(self.text) if self.body else None
        except ValueError:
            return self.text

    @property
    def wait(self) -> float:
        """Seconds that the server asks us to wait (RFC 9110, 10.2.3); 0 when it does not."""
        if self.retry_after.isdigit():
            return float(self.retry_after)
        try:
            return parsedate_to_datetime(self.retry_after).timestamp() - time.time()
        except (TypeError, ValueError, IndexError, OverflowError):
            return 0.0

    @property
    def session_expired(self) -> bool:
        """401, or 403 for a stale CSRF token: in both cases the server did nothing."""
        return self.status == 401 or (self.status == 403 and "CSRF Failed" in self.text)

    @property
    def error(self) -> ResponseError | None:
        """The error that this answer is; also where it points elsewhere, as no write follows."""
        if self.location and 300 <= self.status < 400:
            words = f"the server redirects to {self.location}: correct pulp_url"
            return ResponseError(self.status, words)
        return ResponseError(self.status, error_text(self.content)) if self.status >= 300 else None


try:
    import requests
    import requests.adapters
    import urllib3
except ImportError:
    requests = None  # type: ignore[assignment]


GATEWAY_ERRORS = (502, 503, 504)
TOO_MANY_REQUESTS = 429
_TRIES = 5
_FIRST_PAUSE = 0.5
_MAX_PAUSE = 30.0
_MAX_CONNECT_TIMEOUT = 10.0
_PIECE = 1024
_LARGE_PIECE = 256 * 1024

# (status, headers) of an answer -> what takes the pieces of its body
Sink = Callable[[int, Mapping[str, str]], Optional[Callable[[bytes], None]]]

_WHO = re.compile(r"^(<[^>]*>|\w+\(host=[^)]*\)): ")


def requests_is_missing() -> bool:
    """Tell whether the only third-party library of this collection cannot be imported."""
    return requests is None


class Transport:
    """Sends requests with one pool of connections, from any thread; `count` is how many."""

    def __init__(self, connection: Connection) -> None:
        self.count = 0
        self._connection = connection
        self._lock = threading.Lock()
        self._session = requests.Session()
        # A session-wide authenticator keeps requests from reading credentials out of .netrc.
        self._session.auth = lambda request: request
        # Cookies belong to a login: the late answer to an old session deletes those of a new one.
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
        """Send one request and read its answer to the end.

        The connection's timeout is for each piece that is sent, and for the answer as a whole.
        Raises Unreachable when nothing was done, LostResponse when that cannot be known, and
        InvalidItem when the settings allow no request at all.
        """
        with self._request(method, url, headers, **content) as response:
            return self._answer(response)

    def receive(self, url: str, headers: Mapping[str, str], sink: Sink) -> Response:
        """GET something of any size. `sink(status, headers)` gives what takes the body's pieces,
        or None for a body that is read as any answer is. The timeout is for each piece.

        Raises as `send` does, and what the taking of a piece raises.
        """
        plain = {"Accept": "*/*", "Accept-Encoding": "identity", **headers}
        with self._request("GET", url, plain) as response:
            take = sink(response.status_code, response.headers)
            if take is None:
                return self._answer(response)
            try:
                for piece in response.raw.stream(_LARGE_PIECE, decode_content=False):
                    take(piece)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise self._broken(error) from error
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
        except UnicodeError as error:  # a host name that is none
            raise InvalidItem(f"{self._connection.pulp_url} is no address: {error}") from error

    def _answer(self, response: requests.Response) -> Response:
        # What was sent may have been long, and each piece of it has had its own time.
        ends = time.monotonic() + self._connection.timeout
        return Response(
            response.status_code,
            self._body(response, ends),
            {cookie.name: cookie.value or "" for cookie in response.cookies},
            response.headers.get("Location", ""),
            response.headers.get("Retry-After", ""),
            response.headers.get("Docker-Content-Digest", ""),
        )

    def _body(self, response: Any, ends: float) -> bytes:
        # requests' timeout is for each read only: a server that drips would hold us for ever.
        parts = []
        try:
            for part in response.iter_content(_PIECE):
                parts.append(part)
                if time.monotonic() > ends:
                    raise self._too_late()
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._broken(error) from error
        return b"".join(parts)

    def _failure(self, error: Exception) -> PulpError:
        base, reason = self._connection.pulp_url, _reason(error)
        known = requests.exceptions
        senseless = (known.InvalidURL, known.InvalidSchema, urllib3.exceptions.LocationValueError)
        if isinstance(error, senseless):
            return InvalidItem(f"no request to {base} is possible: {reason}")
        if isinstance(error, known.SSLError):
            return self._tls_failure(error, reason)
        if isinstance(error, known.ReadTimeout):
            return self._too_late()
        nothing_done = isinstance(error, (known.ConnectTimeout, known.ProxyError))
        if nothing_done or re.search("NewConnectionError|NameResolutionError", repr(error)):
            return Unreachable(f"{base} cannot be reached: {reason}")
        return self._broken(error)

    def _tls_failure(self, error: Exception, reason: str) -> PulpError:
        base = self._connection.pulp_url
        if "CERTIFICATE_VERIFY_FAILED" in repr(error) or "match" in reason:
            hint = "" if "match" in reason else ": give its authority as ca_path"
            return TLSError(f"the certificate of {base} is not trusted ({reason}){hint}")
        if re.search("WRONG_VERSION|RECORD_LAYER|HTTP_REQUEST|UNKNOWN_PROTOCOL", repr(error)):
            return TLSError(f"{base} does not speak TLS: pulp_url may have to begin with http://")
        if "EOF" in reason or "reset" in reason:
            return self._broken(error)
        return TLSError(f"no secure connection to {base}: {reason}")

    def _broken(self, error: Exception) -> LostResponse:
        return LostResponse(
            f"the connection to {self._connection.pulp_url} broke: {_reason(error)}"
        )

    def _too_late(self) -> LostResponse:
        seconds = f"{self._connection.timeout:g} s"
        return LostResponse(f"{self._connection.pulp_url} did not answer within {seconds}")


def send_with_retries(
    send: Callable[[], Response], idempotent: bool, sleep: Callable[[float], None]
) -> Response:
    """Call `send` with growing pauses while the server is away or overloaded.

    Without `repeatable` a request that may have been carried out is not sent again: LostResponse.
    An answer 429 says that nothing was done.
    """
    pause = _FIRST_PAUSE
    for tries_left in range(_TRIES - 1, -1, -1):
        asked = 0.0
        try:
            answer = send()
        except (Unreachable, LostResponse) as error:
            hopeless = isinstance(error, TLSError) or tries_left == 0
            if hopeless or (isinstance(error, LostResponse) and not idempotent):
                raise
        else:
            if answer.status in GATEWAY_ERRORS and not idempotent:
                raise LostResponse(f"{error_text(answer.text)} (HTTP {answer.status})")
            if answer.status not in (TOO_MANY_REQUESTS, *GATEWAY_ERRORS) or tries_left == 0:
                return answer
            asked = answer.wait
        sleep(min(_MAX_PAUSE, max(pause, asked)))
        pause *= 2
    raise Unreachable("no try was left")


def _reason(error: BaseException) -> str:
    """The innermost cause of a requests exception, which is the part that people understand."""
    cause: Any = error
    while True:
        inner = getattr(cause, "reason", None)
        if not isinstance(inner, Exception):
            parts = getattr(cause, "args", ())
            inner = next((part for part in parts if isinstance(part, Exception)), None)
        if inner is None:
            break
        cause = inner
    return _WHO.sub("", str(cause) or type(cause).__name__)
