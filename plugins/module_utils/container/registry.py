# SPDX-License-Identifier: Apache-2.0
"""Pulp's container registry, as one account sees it: what tags point to, and what it may pull."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urljoin

from ..pulp.connection import Connection
from ..pulp.errors import AuthenticationError, ResponseError, error_text
from ..pulp.session import basic_header
from ..pulp.transport import Response, Transport, send_with_retries

_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
# A token is sent as one header, for which Pulp's web server has 8,190 bytes, and holds each of its
# names in JSON and base64.
_MAX_TOKEN_LENGTH = 6000
_AROUND_NAME = 60
# The most tags that Pulp lists in one answer.
_PAGE = 1000
_LEFT = 30.0
"""Seconds that a token must still be valid for, to be used."""


@dataclass
class _Token:
    """A right to look at some names until `ends`, in seconds of the monotonic clock."""

    names: list[str]
    text: str = ""
    ends: float = 0.0


def registry_host(connection: Connection) -> str:
    """Host and port, by which images of this Pulp are named.

    A name without dot and port gets its port: all tools take it for an image of Docker's registry.
    """
    host = connection.host
    return host if "." in host or ":" in host else f"{host}:{connection.port}"


def image_path(connection: Connection, name: str) -> str:
    """The name of an image, `<namespace>/<image>`, as the registry has it: below the domain."""
    return f"{connection.domain}/{name}" if connection.domain else name


class Registry:
    """Reads on behalf of one account; `names` are all that it will be asked for.

    The account's password is checked once for many names: a password hash costs Pulp 0.27 s. All
    methods raise AuthenticationError when the server does not know the account, Unreachable and
    LostResponse when it cannot be reached, and may be called from several threads.
    """

    def __init__(
        self,
        connection: Connection,
        names: Iterable[str],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = connection
        self._sleep = sleep
        self._transport = Transport(connection)
        self._lock = threading.Lock()
        paths = dict.fromkeys(image_path(connection, name) for name in names)
        self._tokens = {path: token for token in _tokens(paths) for path in token.names}

    @property
    def request_count(self) -> int:
        """How many requests were sent."""
        return self._transport.count

    def log_in(self) -> None:
        """Ask for a token, to see whether the account is let in."""
        self._ask(_Token([]))

    def drop_token(self, name: str) -> None:
        """Ask for a new token before the next look at an image: rights may have changed."""
        with self._lock:
            self._tokens[image_path(self._connection, name)].ends = 0.0

    def tag_status(self, name: str, tag: str) -> tuple[int, str]:
        """HTTP status and digest of what a tag, or a digest, of an image points to.

        404: there is no such tag or image. 401 or 403: it is kept from the account, or there is
        no such image in a namespace that is.
        """
        response = self._manifest("HEAD", name, tag)
        return response.status, response.digest

    def manifest(self, name: str, tag: str) -> dict[str, Any]:
        """The manifest, or the index, that a tag points to. Raises ResponseError without one."""
        response = self._manifest("GET", name, tag)
        if response.error:
            raise response.error
        return dict(json.loads(response.text))

    def tags(self, name: str) -> list[str]:
        """All tags of an image; none where there is no such image, or it is kept from the account."""
        path = image_path(self._connection, name)
        url = f"{self._connection.pulp_url}/v2/{quote(path)}/tags/list"
        found: list[str] = []
        while True:
            query = urlencode({"n": _PAGE, **({"last": found[-1]} if found else {})})
            response = self._send("GET", url, {"Authorization": self._bearer(path)}, params=query)
            content = response.content
            page = content.get("tags") if isinstance(content, dict) else None
            found += page or []
            if len(page or []) < _PAGE:
                return found

    def _manifest(self, method: str, name: str, tag: str) -> Response:
        path = image_path(self._connection, name)
        url = f"{self._connection.pulp_url}/v2/{quote(path)}/manifests/{quote(tag, safe=':')}"
        accept = {"Accept": ", ".join(_MANIFESTS)}
        response = self._send(method, url, {"Authorization": self._bearer(path), **accept})
        if response.status in (302, 307) and response.location:
            # The content app has it, in container 2.20; the address is signed and takes no token.
            return self._send(method, urljoin(url, response.location), accept)
        return response

    def _bearer(self, path: str) -> str:
        with self._lock:
            token = self._tokens[path]
            if time.monotonic() > token.ends - _LEFT:
                self._ask(token)
            return f"Bearer {token.text}"

    def _ask(self, token: _Token) -> None:
        """https://distribution.github.io/distribution/spec/auth/token/"""
        connection = self._connection
        basic: dict[str, str] = {}
        if connection.username:
            basic = basic_header(connection.username, connection.password or "")
        scopes = [("scope", f"repository:{path}:pull") for path in token.names]
        query = urlencode([("service", connection.host), *scopes], safe=":/")
        asked = time.monotonic()
        response = self._send("GET", f"{connection.pulp_url}/token/", basic, params=query)
        content = response.content
        if response.status in (401, 403):
            who = (
                f"user '{connection.username}'" if connection.username else "a request without one"
            )
            raise AuthenticationError(
                f"the registry of {connection.pulp_url} refused {who}: {error_text(content)}"
            )
        if response.error:
            raise response.error
        if not isinstance(content, dict) or "token" not in content:
            raise ResponseError(
                response.status, "this is no answer of a registry: correct pulp_url"
            )
        token.text = content["token"]
        token.ends = asked + float(content.get("expires_in") or 60)

    def _send(self, method: str, url: str, headers: dict[str, str], **content: Any) -> Response:
        return send_with_retries(
            lambda: self._transport.send(method, url, headers, **content), True, self._sleep
        )


def _tokens(paths: Iterable[str]) -> Iterator[_Token]:
    """As few tokens as hold all names without getting too long."""
    token, length = _Token([]), 0
    for path in paths:
        size = (len(path) + _AROUND_NAME) * 4 // 3
        if token.names and length + size > _MAX_TOKEN_LENGTH:
            yield token
            token, length = _Token([]), 0
        token.names.append(path)
        length += size
    yield token
