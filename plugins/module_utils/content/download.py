# SPDX-License-Identifier: Apache-2.0
"""Files from a Pulp, or from anywhere, into their places; what is there already stays."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Optional
from urllib.parse import unquote, urljoin, urlsplit

from ..errors import redact
from ..files import LocalFile, PartialFile
from ..pulp.connection import Connection, origin_of
from ..pulp.content_app import content_url
from ..pulp.errors import InvalidItem, LostResponse, PulpError, ResponseError, TLSError, Unreachable
from ..pulp.pool import refuse_duplicates, run_all
from ..pulp.server import Server, TransferProgress
from ..pulp.session import basic_header
from ..pulp.transport import Response, Sink, Transport
from ..report.report import Result

_MAX_REDIRECTS = 5
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

    def get(self, url: str, headers: dict[str, str], sink: Sink) -> Response:
        """GET, following redirects; `sink` is as Transport.receive takes it.

        Once a redirect led to another server, nothing that follows gets the credentials, and none
        may lead from https:// to http://.
        """
        trusted = True
        for _number in range(_MAX_REDIRECTS + 1):
            trusted = trusted and self._is_own(url)
            transport = self._own if trusted else self._others
            more = self._credentials if trusted else {}
            response = transport.receive(url, {**headers, **more}, _unless_redirected(sink))
            if response.status not in _REDIRECTS or not response.location:
                return response
            further = urljoin(url, response.location)
            if url.startswith("https:") and not further.startswith("https:"):
                raise PulpError(f"{url} redirects to {redact(further)}, which is not encrypted")
            validate_url(further)
            url = further
        raise PulpError(f"{url}: more than {_MAX_REDIRECTS} redirects, one after the other")

    def text(self, url: str, longest: int) -> str | None:
        """A small file; None where there is none. Raises ResponseError for another refusal."""
        parts: list[bytes] = []

        def take(piece: bytes) -> None:
            parts.append(piece)
            if sum(map(len, parts)) > longest:
                raise PulpError(f"{url} is longer than {longest} bytes: it is no checksum file")

        response = self.get(url, {}, lambda status, headers: take if status == 200 else None)
        if response.status == 404:
            return None
        if response.status != 200:
            raise ResponseError(response.status, f"{url}: {denial_message(response)}")
        return b"".join(parts).decode("utf-8", "replace")

    def _is_own(self, url: str) -> bool:
        return origin_of(url) == self._connection.origin


def denial_message(response: Response) -> str:
    """What an answer without the file means, in words."""
    if response.status in (401, 403):
        return "the server refuses it to this user and password, or this account may not read it"
    if response.status == 404:
        return "there is no such file, or it is not served yet"
    return " ".join(response.text.split())[:200] or "the server does not give it"


def validate_url(url: str) -> None:
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


CHECKSUM_SUFFIX = ".sha256"
_MAX_CHECKSUM_FILE_SIZE = 64 * 1024
_MAX_MANIFEST_SIZE = 16 * 1024 * 1024
_TRIES = 5
_PAUSE = 1.0
_LATER = (429, 502, 503, 504)
# As sha256sum writes it, plain or with --tag, and a bare checksum.
_LINE = re.compile(r"^\\?([0-9a-f]{64})(?:\s+\*?(.*))?$", re.IGNORECASE)
_TAGGED = re.compile(r"^SHA256 \((.*)\) = ([0-9a-f]{64})$", re.IGNORECASE)
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def checksum_in(text: str, name: str) -> str:
    """The sha256 of a file in the text of a checksum file: of its name, or the only one there.

    Raises InvalidItem when it is not told.
    """
    found: dict[str, str] = {}
    for line in map(str.strip, text.splitlines()):
        plain, tagged = _LINE.match(line), _TAGGED.match(line)
        if plain:
            found[os.path.basename(plain[2] or name)] = plain[1].lower()
        elif tagged:
            found[os.path.basename(tagged[1])] = tagged[2].lower()
    if name in found:
        return found[name]
    if len(found) == 1:
        return next(iter(found.values()))
    raise InvalidItem(f"the checksum file names no sha256 of {name}: give it as sha256")


@dataclass
class _Coming:
    """One file on its way: the bytes that arrived in this run, and what it will be in all.

    `furthest` is the largest it was: a server that begins anew each time does not get on.
    """

    url: str
    part: PartialFile
    name: str
    received: int = 0
    furthest: int = 0
    total: int | None = None


class Downloader:
    """Downloads files, several threads at once; `pause` seconds before a broken one goes on."""

    def __init__(
        self, fetcher: Fetcher, transfers: TransferProgress, pause: float = _PAUSE
    ) -> None:
        self._fetcher = fetcher
        self._transfers = transfers
        self._pause = pause

    def checksum(self, url: str, name: str) -> str:
        """The sha256 of a file as the checksum file beside it says."""
        parts = urlsplit(url)
        beside = parts._replace(path=parts.path + CHECKSUM_SUFFIX).geturl()
        try:
            there = self._patiently(lambda: self._fetcher.text(beside, _MAX_CHECKSUM_FILE_SIZE))
        except ResponseError as error:
            if not parts.query or error.status not in (401, 403):
                raise
            there = None  # who signs a link signs its path
        if there is None:
            raise InvalidItem(
                f"there is no {beside}: give sha256, or checksum: false to do without"
            )
        return checksum_in(there, name)

    def manifest(self, url: str) -> dict[str, str] | None:
        """path -> sha256 of all files, as Pulp's PULP_MANIFEST lists them; None where there is none.

        Its lines are `path,sha256,size`.
        """
        there = self._patiently(lambda: self._fetcher.text(url, _MAX_MANIFEST_SIZE))
        if there is None:
            return None
        lines = (line.rsplit(",", 2) for line in there.splitlines())
        return {line[0]: line[1].lower() for line in lines if len(line) == 3}

    def fetch(self, url: str, path: str, sha256: str, mode: int, name: str) -> int:
        """Put the file of a URL at `path`; how many bytes came over the network for it.

        Without `sha256` ("") nothing of an earlier run is used. What was begun stays beside it as
        `.part` after an error, unless it has the wrong checksum.
        """
        with PartialFile(path) as part:
            coming = _Coming(url, part, name)
            resumed = bool(part.size and sha256)
            if not resumed:
                part.discard()
            try:
                self._fetch_all(coming)
                if resumed and part.sha256() != sha256:  # the beginning of another file
                    part.discard()
                    coming.furthest = 0
                    self._fetch_all(coming)
            finally:
                self._transfers.end(name)
            there = part.sha256() if sha256 else ""
            if there != sha256:
                part.remove()
                raise PulpError(
                    f"{url} has the sha256 {there}, and {sha256} was expected: it was not kept"
                )
            part.finish(mode)
            return coming.received

    def _fetch_all(self, coming: _Coming) -> None:
        def fetch() -> None:
            coming.total = None
            response = self._fetcher.get(
                coming.url, _range(coming.part), lambda *head: self._sink(coming, *head)
            )
            if response.status == 416 and coming.part.size:
                if coming.part.size != coming.total:
                    coming.part.discard()
                    raise LostResponse(f"{coming.url} is shorter than what is here of it")
                return
            if response.status in _LATER:
                raise LostResponse(
                    f"{coming.url}: {denial_message(response)} (HTTP {response.status})"
                )
            if response.status not in (200, 206):
                raise ResponseError(response.status, f"{coming.url}: {denial_message(response)}")
            if coming.total is not None and coming.part.size != coming.total:
                raise LostResponse(f"{coming.url} ended after {coming.part.size} bytes")

        self._patiently(fetch, lambda: coming.furthest)

    def _sink(
        self, coming: _Coming, status: int, headers: Mapping[str, str]
    ) -> Optional[Callable[[bytes], None]]:
        """What takes the bytes of an answer, once it is clear where they belong."""
        part = coming.part
        if status == 416:
            size = headers.get("Content-Range", "").rpartition("/")[2]
            coming.total = int(size) if size.isdigit() else None
        if status not in (200, 206):
            return None
        length = headers.get("Content-Length", "")
        more = int(length) if length.isdigit() else None
        if status == 200:
            part.discard()
        else:
            span = _RANGE.match(headers.get("Content-Range", ""))
            if not span or int(span[1]) != part.size:
                raise PulpError(f"{coming.url}: the server sent another part than it was asked for")
        if more is not None:
            coming.total = part.size + more
            part.require_space(more)
        self._transfers.begin(coming.name, coming.total or 0, part.size)

        def take(piece: bytes) -> None:
            part.append(piece)
            coming.received += len(piece)
            coming.furthest = max(coming.furthest, part.size)
            self._transfers.add(coming.name, len(piece))

        return take

    def _patiently(
        self, request: Callable[[], Optional[str]], progress: Callable[[], int] = lambda: 0
    ) -> str | None:
        """Repeat what broke off, as long as it gets on."""
        tries_left, pause, before = _TRIES, self._pause, progress()
        while True:
            try:
                return request()
            except TLSError:
                raise
            except (LostResponse, Unreachable):
                if progress() > before:
                    tries_left, pause, before = _TRIES, self._pause, progress()
                tries_left -= 1
                if tries_left == 0:
                    raise
            time.sleep(pause)
            pause *= 2


def _range(part: PartialFile) -> dict[str, str]:
    return {"Range": f"bytes={part.size}-"} if part.size else {}


_MANIFEST = "PULP_MANIFEST"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_MODE = re.compile(r"0[0-7]{3,4}")


def download_files(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_file_download: parameters -> results, in the order of the list."""
    fetcher = Fetcher(server.client.connection)
    downloader = Downloader(fetcher, server.transfers)
    work: list[tuple[Result, Mapping[str, Any]]] = []
    for item in params["files"]:
        url = _address(server, item)
        place = _place(item["dest"], url)
        more = {"url": redact(url), "dest": place, "sha256": "", "received": 0}
        name = redact(item.get("path") or item.get("url") or "")
        work.append((Result(name, "file", more=more), item))
    refuse_duplicates(work, [result.more["dest"] for result, _item in work], "dest")

    def walk(item: Mapping[str, Any], result: Result) -> None:
        _get(server, downloader, item, result)

    results = run_all(work, walk, server.write_concurrency(), server.report)
    requests = {"requests": fetcher.request_count, "polls": 0, "tasks": 0}
    return results, {"statistics": requests}


def _address(server: Server, item: Mapping[str, Any]) -> str:
    url = item.get("url") or ""
    return url or content_url(server.client.connection, (item.get("path") or "").lstrip("/"))


def _place(dest: str, url: str) -> str:
    """Where the file goes: into a folder under its own name, whatever a link points at."""
    if os.path.isdir(dest) or dest.endswith("/"):
        dest = os.path.join(dest, os.path.basename(unquote(urlsplit(url).path)))
    return os.path.realpath(dest)


def _get(server: Server, downloader: Downloader, item: Mapping[str, Any], result: Result) -> None:
    url, dest = _address(server, item), result.more["dest"]
    if bool(item.get("url")) == bool(item.get("path")):
        raise InvalidItem("give either url or path: which file is meant?")
    validate_url(url)
    directory = os.path.dirname(dest)
    if os.path.isdir(dest):
        raise InvalidItem(f"the URL names no file: give a dest that does, {dest} is a folder")
    if not os.path.isdir(directory) and not server.check_mode:
        raise InvalidItem(f"the folder {directory} does not exist: make it first")
    wanted_mode = _mode(item)
    sha256 = _expected(server, downloader, item, url)
    result.more["sha256"] = sha256
    there = LocalFile(dest) if os.path.lexists(dest) else None
    held = there.sha256 if there else ""
    mode = stat.S_IMODE(os.stat(dest).st_mode) if there else None
    if there and held == (sha256 or held):
        result.more["sha256"] = held
        if wanted_mode is not None and wanted_mode != mode:
            result.add_change("updated", {"mode": f"{mode:04o}"}, {"mode": f"{wanted_mode:04o}"})
            if not server.check_mode:
                _change_mode(dest, wanted_mode)
        return
    before = {"sha256": held} if there else {}
    if not server.check_mode:
        kept = mode if mode is not None else _usual_mode()
        final = wanted_mode if wanted_mode is not None else kept
        result.more["received"] = downloader.fetch(url, dest, sha256, final, result.name)
        result.more["sha256"] = sha256 or LocalFile(dest).sha256
    after = {"sha256": result.more["sha256"] or "as it comes"}
    result.add_change("updated" if there else "created", before, after)


def _expected(server: Server, downloader: Downloader, item: Mapping[str, Any], url: str) -> str:
    """The sha256 that the file must have; empty where nobody says it, and the user does without."""
    given = str(item.get("sha256") or "")
    if given:
        if not _SHA256.fullmatch(given):
            raise InvalidItem(f"sha256 '{given}' is none: it has 64 hexadecimal digits")
        return given.lower()
    if item["checksum"]:
        return downloader.checksum(url, os.path.basename(unquote(urlsplit(url).path)))
    return _published(server, downloader, (item.get("path") or "").strip("/"))


def _published(server: Server, downloader: Downloader, path: str) -> str:
    """The sha256 of a file of a Pulp as its publication lists it, at the root of what is served."""
    directory, _slash, name = path.rpartition("/")
    while directory:
        listed = downloader.manifest(
            content_url(server.client.connection, f"{directory}/{_MANIFEST}")
        )
        if listed is not None:
            return listed.get(name, "")
        directory, _slash, last = directory.rpartition("/")
        name = f"{last}/{name}"
    return ""


def _mode(item: Mapping[str, Any]) -> int | None:
    text = item.get("mode")
    if text is None:
        return None
    if not _MODE.fullmatch(text):
        raise InvalidItem(f"mode '{text}' is none: write it in quotes, such as '0644'")
    return int(text, 8)


def _change_mode(path: str, mode: int) -> None:
    try:
        os.chmod(path, mode)
    except OSError as error:
        raise InvalidItem(f"the mode of {path} cannot be changed: {error.strerror}") from error


def _usual_mode() -> int:
    """What a new file gets."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
