# SPDX-License-Identifier: Apache-2.0
"""Pulp's container registry for one account: which digests tags point to, and what it may pull."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

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
# A token is sent in one header, which is limited to 8,190 bytes by Pulp's web server, and holds each
# of its names in JSON and base64.
_MAX_TOKEN_LENGTH = 6000
_BYTES_PER_SCOPE = 60
# The most tags that Pulp lists in one response.
_PAGE_SIZE = 1000
_MAX_TAGS = 200_000
# Seconds that a token must still be valid to be used.
_MIN_VALIDITY = 30.0


@dataclass
class _Token:
    """A bearer token to pull some names, until `expires` in seconds of the monotonic clock."""

    names: list[str]
    text: str = ""
    expires: float = 0.0


def registry_host(connection: Connection) -> str:
    """Return the host and port that names of this Pulp's images begin with.

    A host name without a dot and port gets the default port, because otherwise all tools read it as
    a namespace of Docker's registry.
    """
    host = connection.host
    return host if "." in host or ":" in host else f"{host}:{connection.port}"


def image_path(connection: Connection, name: str) -> str:
    """Return the name of an image, `<namespace>/<image>`, in the registry: below the domain."""
    return f"{connection.domain}/{name}" if connection.domain else name


class Registry:
    """Reads the images `names` with the permissions of one account.

    Each token is for many names, because Pulp needs 0.27 s to check a password. All methods raise
    AuthenticationError for an unknown user or wrong credentials, Unreachable and LostResponse if the
    server cannot be reached, and can be called from several threads.
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
        """The number of requests sent."""
        return self._transport.count

    def is_pulp(self) -> bool:
        """Return whether this is the registry of a Pulp server, which shows its status to everybody."""
        response = self._send("GET", self._connection.url_for("status/"), {})
        return isinstance(response.content, dict) and "versions" in response.content

    def log_in(self) -> None:
        """Request a token, to check the credentials."""
        self._request_token(_Token([]))

    def drop_token(self, name: str) -> None:
        """Request a new token before the next request for an image: permissions may have changed."""
        with self._lock:
            self._tokens[image_path(self._connection, name)].expires = 0.0

    def tag_status(self, name: str, tag: str) -> tuple[int, str]:
        """Return the HTTP status and the digest of a tag, or digest, of an image.

        404: there is no such tag or image. 401 or 403: the account may not pull it, or there is no
        such image in a namespace that it may not pull from.
        """
        response = self._manifest("HEAD", name, tag)
        return response.status, response.digest

    def manifest(self, name: str, tag: str) -> dict[str, Any]:
        """Return the manifest, or the index, that a tag points to. Raises ResponseError."""
        response = self._manifest("GET", name, tag)
        if response.error:
            raise response.error
        return dict(json.loads(response.text))

    def tags(self, name: str) -> list[str]:
        """Return all tags of an image; none if it does not exist or the account may not pull it."""
        path = image_path(self._connection, name)
        url = f"{self._connection.pulp_url}/v2/{quote(path)}/tags/list"
        found: list[str] = []
        while True:
            query = urlencode({"n": _PAGE_SIZE, **({"last": found[-1]} if found else {})})
            response = self._send("GET", url, {"Authorization": self._bearer(path)}, params=query)
            content = response.content
            tags = content.get("tags") if isinstance(content, dict) else None
            page = [str(tag) for tag in tags] if isinstance(tags, list) else []
            is_repeated = bool(found and page and page[-1] == found[-1])
            found += page
            if len(page) < _PAGE_SIZE:
                return found
            if is_repeated or len(found) > _MAX_TAGS:
                raise ResponseError(
                    200, f"the list of the tags of {name} does not end: check the registry"
                )

    def _manifest(self, method: str, name: str, tag: str) -> Response:
        path = image_path(self._connection, name)
        url = f"{self._connection.pulp_url}/v2/{quote(path)}/manifests/{quote(tag, safe=':')}"
        accept = {"Accept": ", ".join(_MANIFESTS)}
        response = self._send(method, url, {"Authorization": self._bearer(path), **accept})
        if response.status in (302, 307) and response.location:
            # pulp_container 2.20 redirects to the content app; that URL is signed and takes no token.
            return self._send(method, response.target(url), accept)
        return response

    def _bearer(self, path: str) -> str:
        with self._lock:
            token = self._tokens[path]
            if time.monotonic() > token.expires - _MIN_VALIDITY:
                self._request_token(token)
            return f"Bearer {token.text}"

    def _request_token(self, token: _Token) -> None:
        """See https://distribution.github.io/distribution/spec/auth/token/"""
        connection = self._connection
        basic: dict[str, str] = {}
        if connection.username:
            basic = basic_header(connection.username, connection.password or "")
        scopes = [("scope", f"repository:{path}:pull") for path in token.names]
        query = urlencode([("service", connection.host), *scopes], safe=":/")
        started = time.monotonic()
        response = self._send("GET", f"{connection.pulp_url}/token/", basic, params=query)
        content = response.content
        if response.status in (401, 403):
            username = connection.username
            who = f"user '{username}'" if username else "a request without credentials"
            raise AuthenticationError(
                f"the registry of {connection.pulp_url} refused {who}: {error_text(content)}"
            )
        if response.error:
            raise response.error
        if not isinstance(content, dict) or "token" not in content:
            raise ResponseError(
                response.status, "the response is not that of a registry: correct pulp_url"
            )
        token.text = content["token"]
        token.expires = started + float(content.get("expires_in") or 60)

    def _send(self, method: str, url: str, headers: dict[str, str], **content: Any) -> Response:
        return send_with_retries(
            lambda: self._transport.send(method, url, headers, **content), True, self._sleep
        )


def _tokens(paths: Iterable[str]) -> Iterator[_Token]:
    """Yield as few tokens as possible for all names, none of them too long."""
    token, length = _Token([]), 0
    for path in paths:
        size = (len(path) + _BYTES_PER_SCOPE) * 4 // 3
        if token.names and length + size > _MAX_TOKEN_LENGTH:
            yield token
            token, length = _Token([]), 0
        token.names.append(path)
        length += size
    yield token
