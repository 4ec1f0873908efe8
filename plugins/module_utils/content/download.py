# SPDX-License-Identifier: Apache-2.0
"""Download files from a Pulp or another server, verify their checksums, and resume what was
interrupted."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Optional
from urllib.parse import unquote, urlsplit

from ..errors import has_unclear_credentials, redact_url
from ..files import CHECKSUM_SUFFIX, LocalFile, PartialFile
from ..pulp.connection import Connection, origin_of
from ..pulp.content_app import content_url
from ..pulp.errors import InvalidItem, LostResponse, PulpError, ResponseError, TLSError, Unreachable
from ..pulp.pool import refuse_duplicates, run_all
from ..pulp.server import Server, TransferProgress
from ..pulp.session import basic_header
from ..pulp.transport import Response, Sink, Transport
from ..report.report import Result

# In the root directory of what a file distribution serves.
_MANIFEST = "PULP_MANIFEST"
_MAX_CHECKSUM_FILE_SIZE = 64 * 1024
_MAX_MANIFEST_SIZE = 16 * 1024 * 1024
_MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_TRIES = 5
_PAUSE = 1.0
_TRANSIENT = (429, 502, 503, 504)
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_MODE = re.compile(r"0[0-7]{3,4}")
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d+/(\d+|\*)")
# Lines of sha256sum, without and with --tag, and a checksum alone.
_PLAIN_LINE = re.compile(r"^\\?([0-9a-f]{64})(?:\s+\*?(.*))?$", re.IGNORECASE)
_TAGGED_LINE = re.compile(r"^SHA256 \((.*)\) = ([0-9a-f]{64})$", re.IGNORECASE)


def download_files(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """Carry out module pulp_file_download: the list `files` -> results, in its order."""
    fetcher = Fetcher(server.client.connection)
    downloader = Downloader(fetcher, server.transfers)
    work: list[tuple[Result, Mapping[str, Any]]] = []
    for item in params["files"]:
        url = _url(server, item)
        path = _destination(item["dest"], url)
        more = {"url": redact_url(url), "dest": path, "sha256": "", "received": 0}
        name = item.get("path") or redact_url(item.get("url") or "")
        work.append((Result(name, "file", more=more), item))
    refuse_duplicates(work, [result.more["dest"] for result, _item in work], "dest")

    def run(item: Mapping[str, Any], result: Result) -> None:
        _download(server, downloader, item, result)

    results = run_all(work, run, server.write_concurrency(), server.report)
    statistics = {"requests": fetcher.request_count, "polls": 0, "tasks": 0}
    return results, {"statistics": statistics}


def _url(server: Server, item: Mapping[str, Any]) -> str:
    url = item.get("url") or ""
    return url or content_url(server.client.connection, (item.get("path") or "").lstrip("/"))


def _destination(dest: str, url: str) -> str:
    """Return the path of the file, with links resolved; in a directory it has the name in the URL."""
    try:
        if os.path.isdir(dest) or dest.endswith("/"):
            dest = os.path.join(dest, os.path.basename(unquote(urlsplit(url).path)))
        return os.path.realpath(dest)
    except ValueError:  # an invalid URL, or a null byte; only this item fails
        return dest


def _download(
    server: Server, downloader: Downloader, item: Mapping[str, Any], result: Result
) -> None:
    url, dest = _url(server, item), result.more["dest"]
    if bool(item.get("url")) == bool(item.get("path")):
        raise InvalidItem("set either url or path")
    validate_url(url)
    if "\0" in dest:
        raise InvalidItem("dest has a null byte, which no path may have")
    directory = os.path.dirname(dest)
    if os.path.isdir(dest):
        raise InvalidItem(f"{dest} is a directory, and the URL has no file name: add one to dest")
    if not os.path.isdir(directory) and not server.check_mode:
        raise InvalidItem(f"the directory {directory} does not exist: create it first")
    wanted_mode = _wanted_mode(item)
    sha256 = _expected_sha256(server, downloader, item, url)
    result.more["sha256"] = sha256
    existing = LocalFile(dest) if os.path.lexists(dest) else None
    current = existing.sha256 if existing else ""
    mode = stat.S_IMODE(os.stat(dest).st_mode) if existing else None
    if existing and current == (sha256 or current):
        result.more["sha256"] = current
        if wanted_mode is not None and wanted_mode != mode:
            result.add_change("updated", {"mode": f"{mode:04o}"}, {"mode": f"{wanted_mode:04o}"})
            if not server.check_mode:
                _change_mode(dest, wanted_mode)
        return
    if not server.check_mode:
        kept_mode = mode if mode is not None else _default_mode()
        final_mode = wanted_mode if wanted_mode is not None else kept_mode
        result.more["received"] = downloader.fetch(url, dest, sha256, final_mode, result.name)
        result.more["sha256"] = sha256 or LocalFile(dest).sha256
    before = {"sha256": current} if existing else {}
    after = {"sha256": result.more["sha256"] or "(known after the download)"}
    result.add_change("updated" if existing else "created", before, after)


def _expected_sha256(
    server: Server, downloader: Downloader, item: Mapping[str, Any], url: str
) -> str:
    """Return the sha256 that the file must have; "" if it is unknown, and `checksum` is false."""
    given = str(item.get("sha256") or "")
    if given:
        if not _SHA256.fullmatch(given):
            raise InvalidItem(f"invalid sha256 '{given}': expected 64 hexadecimal digits")
        return given.lower()
    if item["checksum"]:
        return downloader.checksum(url, os.path.basename(unquote(urlsplit(url).path)))
    return _published_sha256(server, downloader, (item.get("path") or "").strip("/"))


def _published_sha256(server: Server, downloader: Downloader, path: str) -> str:
    """Return the sha256 of a file in the manifest of its publication, which is in the first parent
    directory that has one; "" if there is none."""
    directory, _slash, name = path.rpartition("/")
    while directory:
        url = content_url(server.client.connection, f"{directory}/{_MANIFEST}")
        published = downloader.manifest(url)
        if published is not None:
            return published.get(name, "")
        directory, _slash, last = directory.rpartition("/")
        name = f"{last}/{name}"
    return ""


def _wanted_mode(item: Mapping[str, Any]) -> int | None:
    text = item.get("mode")
    if text is None:
        return None
    if not _MODE.fullmatch(text):
        raise InvalidItem(f"invalid mode '{text}': expected a quoted octal number such as '0644'")
    return int(text, 8)


def _change_mode(path: str, mode: int) -> None:
    try:
        os.chmod(path, mode)
    except OSError as error:
        raise InvalidItem(f"the mode of {path} cannot be changed: {error.strerror}") from error


def _default_mode() -> int:
    """Return the mode of a new file."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def validate_url(url: str) -> None:
    """Raise InvalidItem for an invalid URL, and for one that contains credentials."""
    shown_url = redact_url(url)
    try:
        parts = urlsplit(url)
        is_http = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise InvalidItem(f"{shown_url} is not a valid URL") from None
    if "@" in parts.netloc or has_unclear_credentials(url):
        raise InvalidItem(
            f"{shown_url} contains credentials: set username and password instead, and pulp_url "
            "to the server"
        )
    if not is_http:
        raise InvalidItem(f"{shown_url} is not an http:// or https:// URL")


@dataclass
class _Download:
    """One download: the bytes received in this run, and the size of the complete file.

    `largest` is the largest size of the partial file so far: a server that starts from the beginning
    each time makes no progress.
    """

    url: str
    part: PartialFile
    name: str
    received: int = 0
    largest: int = 0
    total: int | None = None


class Downloader:
    """Downloads files, in several threads; `pause`: seconds before a retry, doubled each time."""

    def __init__(
        self, fetcher: Fetcher, transfers: TransferProgress, pause: float = _PAUSE
    ) -> None:
        self._fetcher = fetcher
        self._transfers = transfers
        self._pause = pause

    def checksum(self, url: str, name: str) -> str:
        """Return the sha256 of a file from the checksum file in the same directory."""
        parts = urlsplit(url)
        checksum_url = parts._replace(path=parts.path + CHECKSUM_SUFFIX).geturl()
        try:
            text = self._with_retries(
                lambda: self._fetcher.text(checksum_url, _MAX_CHECKSUM_FILE_SIZE)
            )
        except ResponseError as error:
            if not parts.query or error.status not in (401, 403):
                raise
            text = None  # the signature of a signed URL is valid for its path only
        if text is None:
            raise InvalidItem(
                f"there is no {checksum_url}: set sha256, or checksum to false to skip the check"
            )
        return checksum_in(text, name)

    def manifest(self, url: str) -> dict[str, str] | None:
        """Return path -> sha256 of all files in Pulp's manifest; None if there is none.

        Its lines are `path,sha256,size`.
        """
        text = self._with_retries(lambda: self._fetcher.text(url, _MAX_MANIFEST_SIZE))
        if text is None:
            return None
        lines = (line.rsplit(",", 2) for line in text.splitlines())
        return {line[0]: line[1].lower() for line in lines if len(line) == 3}

    def fetch(self, url: str, path: str, sha256: str, mode: int, name: str) -> int:
        """Save the file at a URL as `path`; returns the number of bytes received.

        Without `sha256` ("") no earlier download is resumed. After an error the partial file is kept
        as `<path>.part`, unless it has the wrong checksum.
        """
        with PartialFile(path) as part:
            download = _Download(url, part, name)
            is_resumed = bool(part.size and sha256)
            if not is_resumed:
                part.discard()
            try:
                self._fetch_all(download)
                if is_resumed and part.sha256() != sha256:  # it was the part of another file
                    part.discard()
                    download.largest = 0
                    self._fetch_all(download)
            finally:
                self._transfers.end(name)
            found = part.sha256() if sha256 else ""
            if found != sha256:
                part.remove()
                raise PulpError(
                    f"{url} has the sha256 {found}, but {sha256} was expected: the file was not saved"
                )
            part.finish(mode)
            return download.received

    def _fetch_all(self, download: _Download) -> None:
        url, part = download.url, download.part

        def fetch() -> None:
            download.total = None
            headers = {"Range": f"bytes={part.size}-"} if part.size else {}
            response = self._fetcher.get(url, headers, lambda *head: self._sink(download, *head))
            if response.status == 416 and part.size:
                if part.size != download.total:
                    part.discard()
                    raise LostResponse(f"{url} is smaller than the part that was downloaded")
                return
            if response.status in _TRANSIENT:
                raise LostResponse(f"{url}: {failure_reason(response)} (HTTP {response.status})")
            if response.status not in (200, 206):
                raise ResponseError(response.status, f"{url}: {failure_reason(response)}")
            if download.total is not None and part.size != download.total:
                raise LostResponse(f"{url} ended after {part.size} bytes")

        self._with_retries(fetch, lambda: download.largest)

    def _sink(
        self, download: _Download, status: int, headers: Mapping[str, str]
    ) -> Optional[Callable[[bytes], None]]:
        """Return the function that saves the body of a response, None to ignore it."""
        part = download.part
        if status == 416:
            size = headers.get("Content-Range", "").rpartition("/")[2]
            download.total = int(size) if size.isdecimal() else None
        if status not in (200, 206):
            return None
        text = headers.get("Content-Length", "")
        length = int(text) if text.isdecimal() else None
        if status == 200:
            part.discard()
        else:
            content_range = _CONTENT_RANGE.match(headers.get("Content-Range", ""))
            if not content_range or int(content_range[1]) != part.size:
                raise PulpError(f"{download.url}: the server sent another range than requested")
        if length is not None:
            download.total = part.size + length
            part.require_space(length)
        self._transfers.begin(download.name, download.total or 0, part.size)

        def save(block: bytes) -> None:
            part.append(block)
            download.received += len(block)
            download.largest = max(download.largest, part.size)
            self._transfers.add(download.name, len(block))

        return save

    def _with_retries(
        self, request: Callable[[], Optional[str]], progress: Callable[[], int] = lambda: 0
    ) -> str | None:
        """Repeat a request after transient failures, without a limit while there is progress."""
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


class Fetcher:
    """GET requests from several threads.

    The username, password, client certificate and CA bundle of `connection` are used for its own
    server only.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._own = Transport(connection)
        others = replace(
            connection, username=None, password=None, client_cert=None, client_key=None
        )
        self._others = Transport(replace(others, ca_path=None))
        self._credentials = (
            basic_header(connection.username, connection.password or "")
            if connection.username
            else {}
        )

    @property
    def request_count(self) -> int:
        """The number of requests sent."""
        return self._own.count + self._others.count

    def get(self, url: str, headers: dict[str, str], sink: Sink) -> Response:
        """GET, following redirects; `sink` is that of Transport.receive.

        After a redirect to another server no request has credentials. Redirects from https:// to
        http:// are refused.
        """
        trusted = True
        for _number in range(_MAX_REDIRECTS + 1):
            trusted = trusted and origin_of(url) == self._connection.origin
            transport = self._own if trusted else self._others
            credentials = self._credentials if trusted else {}
            response = transport.receive(url, {**headers, **credentials}, _skip_redirects(sink))
            if response.status not in _REDIRECTS or not response.location:
                return response
            target = response.target(url)
            if url.startswith("https:") and not target.startswith("https:"):
                raise PulpError(f"{url} redirects to {redact_url(target)}, which is not encrypted")
            validate_url(target)
            url = target
        raise PulpError(f"{url}: more than {_MAX_REDIRECTS} redirects")

    def text(self, url: str, max_size: int) -> str | None:
        """Return a small file; None if it does not exist (404). Raises PulpError."""
        body = bytearray()

        def add(block: bytes) -> None:
            body.extend(block)
            if len(body) > max_size:
                raise PulpError(f"{url} is not a checksum file: it has more than {max_size} bytes")

        response = self.get(url, {}, lambda status, headers: add if status == 200 else None)
        if response.status == 404:
            return None
        if response.status != 200:
            raise ResponseError(response.status, f"{url}: {failure_reason(response)}")
        return body.decode("utf-8", "replace")


def _skip_redirects(sink: Sink) -> Sink:
    return lambda status, headers: None if status in _REDIRECTS else sink(status, headers)


def failure_reason(response: Response) -> str:
    """Return why the server sent no file."""
    if response.status in (401, 403):
        return "unknown user, wrong password, or no permission to read it"
    if response.status == 404:
        return "the file does not exist, or is not served yet"
    return " ".join(response.text.split())[:200] or "the server sent no file"


def checksum_in(text: str, name: str) -> str:
    """Return the sha256 of a file in the text of a checksum file: by its name, or the only one.

    Raises InvalidItem if there is none.
    """
    found: dict[str, str] = {}
    for line in map(str.strip, text.splitlines()):
        plain, tagged = _PLAIN_LINE.match(line), _TAGGED_LINE.match(line)
        if plain:
            found[os.path.basename(plain[2] or name)] = plain[1].lower()
        elif tagged:
            found[os.path.basename(tagged[1])] = tagged[2].lower()
    if name in found:
        return found[name]
    if len(found) == 1:
        return next(iter(found.values()))
    raise InvalidItem(f"the checksum file has no sha256 of {name}: set sha256")
