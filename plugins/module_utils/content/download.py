# SPDX-License-Identifier: Apache-2.0
"""Download files from a Pulp or another server, verify their checksums, and resume what was
interrupted."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from ..errors import redact_url
from ..files import CHECKSUM_SUFFIX, DiskFull, LocalFile, PartialFile
from ..pulp.content_app import ContentApp
from ..pulp.errors import InvalidItem, LostResponse, PulpError, ResponseError, TLSError, Unreachable
from ..pulp.pool import refuse_invalid_names, run_all
from ..pulp.server import Server, TransferProgress
from ..report.report import Result
from .fetcher import Fetcher, failure_reason, validate_url

# In the root directory of what a file distribution serves.
_MANIFEST = "PULP_MANIFEST"
_MAX_CHECKSUM_FILE_SIZE = 64 * 1024
_MAX_MANIFEST_SIZE = 16 * 1024 * 1024
_TRIES = 5
_PAUSE = 1.0
_TRANSIENT = (429, 502, 503, 504)
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_MODE = re.compile(r"0[0-7]{3,4}")
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d+/(\d+|\*)")
# Lines of sha256sum, without and with --tag, and a checksum alone.
_PLAIN_LINE = re.compile(r"^\\?([0-9a-f]{64})(?:\s+\*?(.*))?$", re.IGNORECASE)
_TAGGED_LINE = re.compile(r"^SHA256 \((.*)\) = ([0-9a-f]{64})$", re.IGNORECASE)
_Answer = TypeVar("_Answer")


def download_files(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """Carry out module pulp_file_download: the list `files` -> results, in its order."""
    fetcher = Fetcher(server.client.connection)
    downloader = Downloader(fetcher, server.transfers)
    app = ContentApp(server.client.connection)
    work: list[tuple[Result, Mapping[str, Any]]] = []
    for item in params["files"]:
        url = _url(app, item)
        path = _destination(item["dest"], url)
        more = {"url": redact_url(url), "dest": path, "sha256": "", "received": 0}
        name = item.get("path") or redact_url(item.get("url") or "")
        work.append((Result(name, "file", more=more), item))
    refuse_invalid_names(work, [result.more["dest"] for result, _item in work], "dest")

    def run(item: Mapping[str, Any], result: Result) -> None:
        _download(server, downloader, app, item, result)

    results = run_all(work, run, server.write_concurrency(), server.report)
    statistics = {"requests": fetcher.request_count + app.request_count, "polls": 0, "tasks": 0}
    return results, {"statistics": statistics}


def _url(app: ContentApp, item: Mapping[str, Any]) -> str:
    url = item.get("url") or ""
    return url or app.url((item.get("path") or "").lstrip("/"))


def _destination(dest: str, url: str) -> str:
    """Return the path of the file, with links resolved; in a directory it has the name in the URL."""
    try:
        if os.path.isdir(dest) or dest.endswith("/"):
            dest = os.path.join(dest, os.path.basename(unquote(urlsplit(url).path)))
        return os.path.realpath(dest)
    except ValueError:  # an invalid URL, or a null byte; only this item fails
        return dest


def _download(
    server: Server,
    downloader: Downloader,
    app: ContentApp,
    item: Mapping[str, Any],
    result: Result,
) -> None:
    url, dest = _url(app, item), result.more["dest"]
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
    sha256, size = _expected(downloader, app, item, url)
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
        wanted = WantedFile(dest, sha256, size, final_mode)
        result.more["received"] = downloader.fetch(url, wanted, result.name)
        result.more["sha256"] = sha256 or LocalFile(dest).sha256
    before = {"sha256": current} if existing else {}
    after = {"sha256": result.more["sha256"] or "(known after the download)"}
    result.add_change("updated" if existing else "created", before, after)


def _expected(
    downloader: Downloader, app: ContentApp, item: Mapping[str, Any], url: str
) -> tuple[str, int | None]:
    """Return the sha256 and the size that the file must have, as far as they are known.

    The sha256 is "" if it is unknown, and `checksum` is false.
    """
    given = str(item.get("sha256") or "")
    if given:
        if not _SHA256.fullmatch(given):
            raise InvalidItem(f"invalid sha256 '{given}': expected 64 hexadecimal digits")
        return given.lower(), None
    if item["checksum"]:
        return downloader.checksum(url, os.path.basename(unquote(urlsplit(url).path))), None
    return _published(downloader, app, (item.get("path") or "").strip("/"))


def _published(downloader: Downloader, app: ContentApp, path: str) -> tuple[str, int | None]:
    """Return the sha256 and the size of a file in the manifest of its publication, which is in the
    first parent directory that has one; "" and None if there is none."""
    directory, _slash, name = path.rpartition("/")
    while directory:
        url = app.url(f"{directory}/{_MANIFEST}")
        published = downloader.manifest(url)
        if published is not None:
            return published.get(name, ("", None))
        directory, _slash, last = directory.rpartition("/")
        name = f"{last}/{name}"
    return "", None


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


@dataclass(frozen=True)
class WantedFile:
    """The file that a download becomes; without `sha256` ("") and `size` any content is accepted."""

    path: str
    sha256: str
    size: int | None
    mode: int


@dataclass
class _Download:
    """One download: the bytes received in this run, and the size of the complete file.

    `largest` is the largest size of the partial file so far: a server that starts from the beginning
    each time makes no progress.
    """

    url: str
    part: PartialFile
    name: str
    size: int | None
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
            if not parts.query and not self._with_retries(lambda: self._fetcher.exists(url)):
                raise InvalidItem(f"there is no {redact_url(url)}")
            raise InvalidItem(
                f"{name} has no {name}{CHECKSUM_SUFFIX} beside it: set sha256, or checksum to false "
                "(image_checksum=false) to skip the check"
            )
        return checksum_in(text, name)

    def manifest(self, url: str) -> dict[str, tuple[str, int | None]] | None:
        """Return path -> sha256 and size of all files in Pulp's manifest; None if there is none.

        Its lines are `path,sha256,size`.
        """
        text = self._with_retries(lambda: self._fetcher.text(url, _MAX_MANIFEST_SIZE))
        if text is None:
            return None
        lines = (line.rsplit(",", 2) for line in text.splitlines())
        return {
            line[0]: (line[1].lower(), int(line[2]) if line[2].isdecimal() else None)
            for line in lines
            if len(line) == 3
        }

    def fetch(self, url: str, wanted: WantedFile, name: str) -> int:
        """Save the file at a URL; returns the number of bytes received.

        Without `sha256` no earlier download is resumed. After an error the partial file is kept as
        `<path>.part`, unless it has the wrong checksum, or fills the disk and cannot be resumed.
        """
        sha256 = wanted.sha256
        with PartialFile(wanted.path) as part:
            download = _Download(url, part, name, wanted.size)
            is_resumed = bool(part.size and sha256)
            if not is_resumed:
                part.discard()
            try:
                self._fetch_all(download)
                if is_resumed and part.sha256() != sha256:  # it was the part of another file
                    part.discard()
                    download.largest = 0
                    self._fetch_all(download)
            except DiskFull as error:
                if sha256 and download.total is not None:
                    raise
                part.discard()
                raise DiskFull(
                    f"the disk is full: {wanted.path} was not downloaded, and nothing of it is kept, "
                    f"because {url} announces no size or has no known sha256. Free up space"
                ) from error
            finally:
                self._transfers.end(name)
            found = part.sha256() if sha256 else ""
            if found != sha256:
                part.remove()
                raise PulpError(
                    f"{url} has the sha256 {found}, but {sha256} was expected: the file was not saved"
                )
            if wanted.size not in (None, part.size):
                part.remove()
                raise _other_size(download)
            part.finish(wanted.mode)
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
    ) -> Callable[[bytes], None] | None:
        """Return the function that saves the body of a response, None to ignore it."""
        part = download.part
        if status == 416:
            end = headers.get("Content-Range", "").rpartition("/")[2]
            download.total = int(end) if end.isdecimal() else None
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
        size = download.size
        if size is not None and length not in (None, size - part.size):
            raise _other_size(download)
        if length is not None or size is not None:
            download.total = part.size + length if length is not None else size
            part.require_space((download.total or 0) - part.size)
        self._transfers.begin(download.name, download.total or 0, part.size)

        def save(block: bytes) -> None:
            if size is not None and part.size + len(block) > size:
                part.discard()
                raise _other_size(download)
            part.append(block)
            download.received += len(block)
            download.largest = max(download.largest, part.size)
            self._transfers.add(download.name, len(block))

        return save

    def _with_retries(
        self, request: Callable[[], _Answer], progress: Callable[[], int] = lambda: 0
    ) -> _Answer:
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


def _other_size(download: _Download) -> PulpError:
    return PulpError(
        f"{download.url} does not have the {download.size} bytes that the manifest of its publication "
        "announces: the file was not saved. Check the proxies in front of the server"
    )


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
