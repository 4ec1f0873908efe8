# SPDX-License-Identifier: Apache-2.0
"""Get one file into its place: the rest of it where some is there, checked before it counts."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Optional
from urllib.parse import urlsplit

from .partial_file import PartialFile
from .pulp_errors import InvalidItem, LostAnswer, NotTrusted, PulpError, ResponseError, Unreachable
from .pulp_fetch import Fetcher, refusal
from .pulp_transfer import Transfers

__all__ = ["CHECKSUM_SUFFIX", "Downloader", "checksum_in"]

CHECKSUM_SUFFIX = ".sha256"
_LONGEST_CHECKSUM_FILE = 64 * 1024
_LONGEST_MANIFEST = 16 * 1024 * 1024
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

    def __init__(self, fetcher: Fetcher, transfers: Transfers, pause: float = _PAUSE) -> None:
        self._fetcher = fetcher
        self._transfers = transfers
        self._pause = pause

    def checksum(self, url: str, name: str) -> str:
        """The sha256 of a file as the checksum file beside it says."""
        parts = urlsplit(url)
        beside = parts._replace(path=parts.path + CHECKSUM_SUFFIX).geturl()
        try:
            there = self._patiently(lambda: self._fetcher.text(beside, _LONGEST_CHECKSUM_FILE))
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
        there = self._patiently(lambda: self._fetcher.text(url, _LONGEST_MANIFEST))
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
                part.begin_anew()
            try:
                self._fetch_all(coming)
                if resumed and part.sha256() != sha256:  # the beginning of another file
                    part.begin_anew()
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
            answer = self._fetcher.get(
                coming.url, _range(coming.part), lambda *head: self._sink(coming, *head)
            )
            if answer.status == 416 and coming.part.size:
                if coming.part.size != coming.total:
                    coming.part.begin_anew()
                    raise LostAnswer(f"{coming.url} is shorter than what is here of it")
                return
            if answer.status in _LATER:
                raise LostAnswer(f"{coming.url}: {refusal(answer)} (HTTP {answer.status})")
            if answer.status not in (200, 206):
                raise ResponseError(answer.status, f"{coming.url}: {refusal(answer)}")
            if coming.total is not None and coming.part.size != coming.total:
                raise LostAnswer(f"{coming.url} ended after {coming.part.size} bytes")

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
            part.begin_anew()
        else:
            span = _RANGE.match(headers.get("Content-Range", ""))
            if not span or int(span[1]) != part.size:
                raise PulpError(f"{coming.url}: the server sent another part than it was asked for")
        if more is not None:
            coming.total = part.size + more
            part.require_room(more)
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
            except NotTrusted:
                raise
            except (LostAnswer, Unreachable):
                if progress() > before:
                    tries_left, pause, before = _TRIES, self._pause, progress()
                tries_left -= 1
                if tries_left == 0:
                    raise
            time.sleep(pause)
            pause *= 2


def _range(part: PartialFile) -> dict[str, str]:
    return {"Range": f"bytes={part.size}-"} if part.size else {}
