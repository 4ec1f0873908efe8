# SPDX-License-Identifier: Apache-2.0
"""HTTP requests with timeouts and retries, and their responses."""

from __future__ import annotations

import json
import os
import re
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Optional
from urllib.parse import urljoin, urlsplit

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
_DOWNLOAD_BLOCK_SIZE = 256 * 1024
# Bytes per second; a server that sends less on average would block the run.
_MIN_RATE = 1024
# A page of 5,000 objects has less than 5 MiB.
MAX_BODY_SIZE = 32 * 1024 * 1024
# Error pages and redirections are texts for people: the rest is not read.
MAX_ERROR_SIZE = 64 * 1024
_ACCEPTED_ENCODING = "gzip"
_BLOCK_SIZE = 16 * 1024
_MIB = 1024 * 1024

# (status, headers) of a response -> a function that takes the blocks of its body
Sink = Callable[[int, Mapping[str, str]], Optional[Callable[[bytes], None]]]

_USE_CA = ": set ca_path to the certificate of its CA"
# Words of OpenSSL for a certificate -> what to do; another CA does not help against these.
_CERTIFICATE_ADVICE = (
    ("match", ""),
    ("has expired", ": renew it, or correct the clock of this host"),
    ("not yet valid", ": correct the clock of this host or of the server"),
)

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
        except (ValueError, RecursionError):
            return self.text

    @property
    def wait(self) -> float:
        """The header Retry-After in seconds (RFC 9110, 10.2.3); 0 without it."""
        if self.retry_after.isdecimal():
            return float(self.retry_after)
        try:
            return parsedate_to_datetime(self.retry_after).timestamp() - time.time()
        except (TypeError, ValueError, IndexError, OverflowError):
            return 0.0

    def target(self, url: str) -> str:
        """Return the URL to which the response to `url` redirects. Raises ResponseError."""
        try:
            target = urljoin(url, self.location)
            urlsplit(target)
        except ValueError as error:
            raise ResponseError(self.status, f"{url} redirects to an invalid URL") from error
        return target

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


class BodyTooLarge(PulpError):
    """A body that no server of this kind sends."""


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
        # requests reads the whole body of a redirection, even if it does not follow it.
        self._session.get_redirect_target = lambda response: None  # type: ignore[method-assign, assignment]
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=32)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        if connection.client_cert:
            key = connection.client_key
            self._session.cert = (connection.client_cert, key) if key else connection.client_cert
        _require_certificates(connection)
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
        read the body into the response. The timeout applies to each block, and is over for the
        response if less than 1 KiB per second arrives. Raises the errors of `send` and of the
        function.
        """
        plain = {"Accept": "*/*", "Accept-Encoding": "identity", **headers}
        with self._request("GET", url, plain) as response:
            take = sink(response.status_code, response.headers)
            if take is None:
                return self._read(response)
            deadline = time.monotonic() + self._connection.timeout
            try:
                for block in _blocks(response.raw, _DOWNLOAD_BLOCK_SIZE):
                    take(block)
                    deadline += len(block) / _MIN_RATE
                    if time.monotonic() > deadline:
                        raise self._timed_out()
            except urllib3.exceptions.ReadTimeoutError as error:
                raise self._timed_out() from error
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
            response = self._session.request(
                method,
                url,
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": _ACCEPTED_ENCODING,
                    **headers,
                },
                timeout=(min(_MAX_CONNECT_TIMEOUT, limit), limit),
                verify=self._connection.verify,
                allow_redirects=False,
                stream=True,
                **content,
            )
            # urllib3 before 2.0 takes a body that ends too early for the whole one.
            response.raw.enforce_content_length = True
            return response
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._failure(error) from error
        except UnicodeError as error:  # an invalid host name
            raise InvalidItem(f"{self._connection.pulp_url} is not a valid URL: {error}") from error

    def _read(self, response: requests.Response) -> Response:
        return Response(
            response.status_code,
            self._body(response),
            {cookie.name: cookie.value or "" for cookie in response.cookies},
            response.headers.get("Location", ""),
            response.headers.get("Retry-After", ""),
            response.headers.get("Docker-Content-Digest", ""),
            _clock_offset(response.headers.get("Date", "")),
        )

    def _body(self, response: requests.Response) -> bytes:
        # The response has its own timeout, because sending a long body takes time. That of requests
        # applies to each read only: a server that sends a byte at a time would block the run.
        deadline = time.monotonic() + self._connection.timeout

        def check_time() -> None:
            if time.monotonic() > deadline:
                raise self._timed_out()

        try:
            return _read_body(response, self._connection.pulp_url, check_time)
        except urllib3.exceptions.ReadTimeoutError as error:
            raise self._timed_out() from error
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            zlib.error,
            OSError,
        ) as error:
            raise self._connection_broken(error) from error

    def _failure(self, error: Exception) -> PulpError:
        url, reason = self._connection.pulp_url, _reason(error)
        known = requests.exceptions
        invalid = (known.InvalidURL, known.InvalidSchema, urllib3.exceptions.LocationValueError)
        if isinstance(error, invalid):
            return InvalidItem(f"cannot send requests to {url}: {reason}")
        if "TLS CA certificate bundle" in str(error):  # that of the environment
            return InvalidItem(f"cannot verify {url}: {reason}. Correct REQUESTS_CA_BUNDLE")
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
            advice = next((text for words, text in _CERTIFICATE_ADVICE if words in reason), _USE_CA)
            return TLSError(f"the certificate of {url} is not trusted ({reason}){advice}")
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


def _require_certificates(connection: Connection) -> None:
    """Raise InvalidItem, naming the file, if the CA bundle of a connection cannot be used."""
    path = connection.verify
    if not isinstance(path, str) or not connection.pulp_url.startswith("https:"):
        return
    is_directory = os.path.isdir(path)
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(**{"capath" if is_directory else "cafile": path})
        has_any = is_directory or bool(context.cert_store_stats()["x509"])
    except OSError as error:
        raise InvalidItem(f"ca_path '{path}' cannot be used: {_reason(error)}") from error
    if not has_any:
        raise InvalidItem(f"ca_path '{path}' cannot be used: it has no certificate in PEM format")


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


def _read_body(response: Any, url: str, check_time: Callable[[], None]) -> bytes:
    """Return the unpacked body of a response of `requests`; that of an error is truncated.

    `check_time` is called after each block, and raises an error when the time is over. Raises
    BodyTooLarge, which names `url`, and zlib.error.
    """
    is_error = response.status_code >= 300
    limit = MAX_ERROR_SIZE if is_error else MAX_BODY_SIZE
    announced = response.headers.get("Content-Length", "")
    if not is_error and announced.isdecimal() and len(announced.lstrip("0")) > len(str(limit)):
        raise _too_large(url)
    parts: list[bytes] = []
    size = 0
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    unpack = _Gzip().unpack if encoding in ("gzip", "x-gzip") else None
    for block in _blocks(response.raw, _BLOCK_SIZE):
        part = unpack(block, limit + 1 - size) if unpack else block
        parts.append(part)
        size += len(part)
        if size > limit:
            if not is_error:
                raise _too_large(url)
            break
        check_time()
    return b"".join(parts)[:limit]


def _too_large(url: str) -> BodyTooLarge:
    return BodyTooLarge(
        f"{url} sent a response of more than {MAX_BODY_SIZE // _MIB} MiB, which Pulp does not do: "
        "correct the URL, or check the server and the proxies in front of it"
    )


def _blocks(raw: Any, size: int) -> Iterator[bytes]:
    """Yield the bytes that were received, as soon as there are any, at most `size` at once."""
    if not hasattr(raw, "read1"):  # urllib3 before 2.1
        yield from raw.stream(1024, decode_content=False)
        return
    while True:
        block = raw.read1(size, decode_content=False)
        if not block:
            return
        yield block


class _Gzip:
    """Unpacks one gzip stream, which may be a thousand times larger than its bytes."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)

    def unpack(self, block: bytes, max_size: int) -> bytes:
        return self._stream.decompress(block, max(1, max_size))
