# SPDX-License-Identifier: Apache-2.0
"""A Pulp in memory that takes files in chunks, as far as the engine needs one."""

from __future__ import annotations

import hashlib
import itertools
import re
import threading
from typing import Any

from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import ResponseError
from plugins.module_utils.pulp.server import Server
from plugins.module_utils.report.report import Report

REPOSITORY = "/repositories/1/"


class FileShelf:
    """`faults`: what the next chunks meet, an error before or, with "late", after they arrived.

    `versions`: the content units of the one repository, which is called "images".
    """

    request_count = 0
    uses_basic_auth = False

    def __init__(self, version: str = "3.123.1") -> None:
        self.connection = Connection("http://pulp.example.com", "admin", "secret")
        self.version = version
        self.uploads: dict[str, dict[str, Any]] = {}
        self.units: dict[str, dict[str, Any]] = {}
        self.artifacts: dict[str, str] = {}
        self.versions: list[list[str]] = [[]]
        self.faults: list[tuple[str, Exception]] = []
        self.arrived: list[tuple[int, int]] = []
        self.posted: list[tuple[str, Any]] = []
        self.falsify = False
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def server(self, check_mode: bool = False) -> Server:
        """A server of the engine that talks to this shelf."""
        return Server(self, Report(), check_mode)  # type: ignore[arg-type]

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        if path == "status/":
            return {"versions": [{"component": "core", "version": self.version}]}
        if path == REPOSITORY:
            return {"latest_version_href": f"{REPOSITORY}versions/{len(self.versions) - 1}/"}
        if path in self.units:
            return self.units[path]
        if path not in self.uploads:
            raise ResponseError(404, "Not found.")
        upload = self.uploads[path]
        chunks = [{"offset": offset, "size": len(data)} for offset, data in upload["chunks"]]
        return {"size": upload["size"], "chunks": chunks}

    def list(self, path: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        asked = params or {}
        if path.startswith("repositories/"):
            latest = f"{REPOSITORY}versions/{len(self.versions) - 1}/"
            there = {"name": "images", "pulp_href": REPOSITORY, "latest_version_href": latest}
            return [there] if "images" in asked["name__in"] else []
        if path == "artifacts/":
            return [{"pulp_href": href} for href in [self.artifacts.get(asked["sha256"])] if href]
        found = list(self.units.values())
        if "repository_version" in asked:
            number = int(asked["repository_version"].rstrip("/").rsplit("/", 1)[1])
            found = [self.units[href] for href in self.versions[number]]
        keys = [key for key in ("sha256", "relative_path") if key in asked]
        return [one for one in found if all(one[key] == asked[key] for key in keys)]

    def post(self, path: str, body: Any = None) -> Any:
        self.posted.append((path, body))
        if path == "uploads/":
            href = f"/uploads/{next(self._numbers)}/"
            self.uploads[href] = {"size": body["size"], "chunks": []}
            return {"pulp_href": href}
        if path.endswith("modify/"):
            return self._modify(body)
        return {"pulp_href": self._make(body)}

    def put(self, path: str, body: Any, headers: Any) -> Any:
        sent = b"".join(body)
        assert len(sent) == len(body)
        boundary = headers["Content-Type"].partition("boundary=")[2].encode()
        parts = [part.partition(b"\r\n\r\n") for part in sent.split(b"--" + boundary)[1:-1]]
        data, sha256 = (content[:-2] for _head, _gap, content in parts)
        span = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", headers["Content-Range"])
        assert span
        assert int(span[2]) - int(span[1]) + 1 == len(data)
        assert hashlib.sha256(data).hexdigest().encode() == sha256
        with self._lock:
            late, fault = self.faults.pop(0) if self.faults else ("", None)
            if fault is None or late:
                self.uploads[path]["chunks"].append((int(span[1]), data))
                self.arrived.append((int(span[1]), len(data)))
        if fault:
            raise fault
        return {}

    def delete(self, path: str) -> Any:
        self.uploads.pop(path, None)

    def _make(self, body: dict[str, Any]) -> str:
        if "upload" in body:
            chunks = self.uploads.pop(body["upload"])["chunks"]
            sha256 = hashlib.sha256(b"".join(data for _at, data in sorted(chunks))).hexdigest()
            sha256 = "0" * 64 if self.falsify else sha256
            self.artifacts.setdefault(sha256, f"/artifacts/{next(self._numbers)}/")
        else:
            hrefs = {href: sha256 for sha256, href in self.artifacts.items()}
            sha256 = hrefs[body["artifact"]]
        href = f"/content/{next(self._numbers)}/"
        self.units[href] = {
            "pulp_href": href,
            "sha256": sha256,
            "artifact": self.artifacts[sha256],
            "relative_path": body.get("relative_path") or href,
            "architecture": "amd64",
        }
        return href

    def _modify(self, body: dict[str, Any]) -> Any:
        coming = body["add_content_units"]
        paths = {self.units[href]["relative_path"] for href in coming}
        gone = {*body["remove_content_units"], *coming}
        stay = [
            href
            for href in self.versions[-1]
            if href not in gone and self.units[href]["relative_path"] not in paths
        ]
        self.versions.append([*stay, *coming])
        return {}
