# SPDX-License-Identifier: Apache-2.0
"""Read from any URL; credentials go to one server only, wherever that one points."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from .errors import redact
from .pulp_answer import Answer
from .pulp_connection import Connection, origin_of
from .pulp_errors import InvalidItem, PulpError, ResponseError
from .pulp_login import basic_header
from .pulp_transport import Sink, Transport

__all__ = ["Fetcher", "refuse_address"]

_MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)


class Fetcher:
    """GETs for several threads. `connection` says where its username, password, client certificate
    and authority are good for; all other servers are asked as a stranger does."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._own = Transport(connection)
        # Their certificates are other authorities' business than ours.
        strangers = replace(
            connection, username=None, password=None, client_cert=None, client_key=None
        )
        self._others = Transport(replace(strangers, ca_path=None))
        self._credentials = (
            basic_header(connection.username, connection.password or "")
            if connection.username
            else {}
        )

    @property
    def request_count(self) -> int:
        """How many requests were sent."""
        return self._own.count + self._others.count

    def get(self, url: str, headers: dict[str, str], sink: Sink) -> Answer:
        """GET, following redirects; `sink` is as Transport.receive takes it.

        Once a redirect led to another server, nothing that follows gets the credentials, and none
        may lead from https:// to http://.
        """
        trusted = True
        for _number in range(_MOST_REDIRECTS + 1):
            trusted = trusted and self._is_own(url)
            transport = self._own if trusted else self._others
            more = self._credentials if trusted else {}
            answer = transport.receive(url, {**headers, **more}, _unless_redirected(sink))
            if answer.status not in _REDIRECTS or not answer.location:
                return answer
            further = urljoin(url, answer.location)
            if url.startswith("https:") and not further.startswith("https:"):
                raise PulpError(f"{url} redirects to {redact(further)}, which is not encrypted")
            refuse_address(further)
            url = further
        raise PulpError(f"{url}: more than {_MOST_REDIRECTS} redirects, one after the other")

    def text(self, url: str, longest: int) -> str | None:
        """A small file; None where there is none. Raises ResponseError for another refusal."""
        parts: list[bytes] = []

        def take(piece: bytes) -> None:
            parts.append(piece)
            if sum(map(len, parts)) > longest:
                raise PulpError(f"{url} is longer than {longest} bytes: it is no checksum file")

        answer = self.get(url, {}, lambda status, headers: take if status == 200 else None)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise ResponseError(answer.status, f"{url}: {refusal(answer)}")
        return b"".join(parts).decode("utf-8", "replace")

    def _is_own(self, url: str) -> bool:
        return origin_of(url) == self._connection.origin


def refusal(answer: Answer) -> str:
    """What an answer without the file means, in words."""
    if answer.status in (401, 403):
        return "the server refuses it to this user and password, or this account may not read it"
    if answer.status == 404:
        return "there is no such file, or it is not served yet"
    return " ".join(answer.text.split())[:200] or "the server does not give it"


def refuse_address(url: str) -> None:
    """Raise InvalidItem for what is no address, or holds credentials."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise InvalidItem(f"{redact(url)} is no URL") from None
    if "@" in parts.netloc:
        raise InvalidItem(
            f"{redact(url)} holds credentials: give them as username and password, and the server "
            "as pulp_url"
        )
    if not usable:
        raise InvalidItem(f"{url} is not an http:// or https:// URL")


def _unless_redirected(sink: Sink) -> Sink:
    return lambda status, headers: None if status in _REDIRECTS else sink(status, headers)
