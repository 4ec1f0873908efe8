# SPDX-License-Identifier: Apache-2.0
"""Files from a Pulp, or from anywhere, into their places; what is there already stays."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from .errors import redact
from .local_file import LocalFile
from .pulp_content import content_url
from .pulp_download import Downloader
from .pulp_errors import InvalidItem
from .pulp_fetch import Fetcher, refuse_address
from .pulp_pipeline import refuse_duplicates, run_all
from .pulp_report import Result
from .pulp_server import Server

__all__ = ["download_files"]

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

    results = run_all(work, walk, server.writes_at_once(), server.report)
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
    refuse_address(url)
    folder = os.path.dirname(dest)
    if os.path.isdir(dest):
        raise InvalidItem(f"the URL names no file: give a dest that does, {dest} is a folder")
    if not os.path.isdir(folder) and not server.check_mode:
        raise InvalidItem(f"the folder {folder} does not exist: make it first")
    wanted_mode = _mode(item)
    sha256 = _expected(server, downloader, item, url)
    result.more["sha256"] = sha256
    there = LocalFile(dest) if os.path.lexists(dest) else None
    held = there.sha256 if there else ""
    mode = stat.S_IMODE(os.stat(dest).st_mode) if there else None
    if there and held == (sha256 or held):
        result.more["sha256"] = held
        if wanted_mode is not None and wanted_mode != mode:
            result.note("updated", {"mode": f"{mode:04o}"}, {"mode": f"{wanted_mode:04o}"})
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
    result.note("updated" if there else "created", before, after)


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
    folder, _slash, name = path.rpartition("/")
    while folder:
        listed = downloader.manifest(content_url(server.client.connection, f"{folder}/{_MANIFEST}"))
        if listed is not None:
            return listed.get(name, "")
        folder, _slash, last = folder.rpartition("/")
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
