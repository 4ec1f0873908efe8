# SPDX-License-Identifier: Apache-2.0
"""Read the status of a Pulp server, and wait until it is ready."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..pulp.client import PulpClient
from ..pulp.errors import LostResponse, PulpError, ResponseError, TLSError, Unreachable
from ..pulp.server import Server
from ..report.report import Result

_FIRST_PAUSE = 0.5
_MAX_PAUSE = 3.0
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024

Status = Mapping[str, Any]


def read_status(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """Carry out module pulp_status: one result for the server, and its status."""
    connection = server.client.connection
    # The status page is public; a wrong password would be refused.
    client = PulpClient(replace(connection, username=None, password=None))
    result = Result(connection.pulp_url, "server")
    started = time.monotonic()
    status = wait_until_ready(lambda: client.get("status/"), params["workers"], params["wait"] or 0)
    missing = missing_parts(status, params["workers"])
    result.seconds = time.monotonic() - started
    if missing and params["wait"] is not None:
        result.action = "failed"
        result.error = f"not ready after {params['wait']:g} s: {missing}"
    server.report.finish(result)
    return [result], {"ready": not missing, "missing": missing, **_details(status)}


def wait_until_ready(read: Callable[[], Status], workers: int, seconds: float) -> Status:
    """Read the status until the server is ready, at most for these seconds; returns the last one.

    Raises PulpError if the last request failed, or for an error that no starting server causes.
    """
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        try:
            status = read()
            if not missing_parts(status, workers) or time.monotonic() + pause > deadline:
                return status
        except PulpError as error:
            if not is_starting(error) or time.monotonic() + pause > deadline:
                raise
        time.sleep(pause)
        pause = min(_MAX_PAUSE, pause * 1.5)


def is_starting(error: PulpError) -> bool:
    """Whether a server that is starting can cause an error: no response, or one of its proxy."""
    if isinstance(error, ResponseError):
        return error.status >= 400
    return isinstance(error, (LostResponse, Unreachable)) and not isinstance(error, TLSError)


def missing_parts(status: Status, workers: int) -> str:
    """Return what is missing until the server can work; "" if it is ready."""
    online = len(status.get("online_workers") or [])
    found = []
    if not (status.get("database_connection") or {}).get("connected"):
        found.append("no connection to its database")
    if online < workers:
        found.append(f"{online} of {workers} workers online")
    if not status.get("online_content_apps"):
        found.append("no content app online")
    return ", ".join(found)


def _details(status: Status) -> dict[str, Any]:
    names = {
        key: sorted(process["name"] for process in status.get(f"online_{key}") or [])
        for key in ("workers", "content_apps", "api_apps")
    }
    versions = {entry["component"]: entry["version"] for entry in status.get("versions") or []}
    return {
        "version": versions.get("core"),
        "versions": versions,
        **names,
        "domain_enabled": bool(status.get("domain_enabled")),
    }


def read_storage(server: Server, limit: float) -> dict[str, Any]:
    """Return the `total`, `used` and `free` bytes of the server's storage, and whether it is `low`:
    less than `limit` percent are free. Empty if the server does not report it (object storage)."""
    storage = server.client.get("status/").get("storage") or {}
    total, free = storage.get("total"), storage.get("free")
    if not total or free is None:
        return {}
    return {
        "total": total,
        "used": storage.get("used") or 0,
        "free": free,
        "low": free * 100 < limit * total,
    }


class StorageChange:
    """The storage of a server before and after a cleanup.

    Reads the used bytes when it is created, and when the line is made.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._before = self._read()
        self._after: int | None = None

    def line(self, has_deleted: bool) -> str:
        """Return a line for users, after a cleanup with the freed space."""
        if self._before is None:
            return "Pulp does not report its storage: the freed space is unknown"
        self._after = self._read() if has_deleted else None
        used = size_text(self._before)
        if self._after is None:
            return f"Pulp's storage: {used} used"
        freed = self._before - self._after
        # Other runs may have written meanwhile.
        change = (
            f"{size_text(freed)} freed"
            if freed >= 0
            else f"{size_text(-freed)} more, by other runs"
        )
        return f"Pulp's storage: {used} used before, {size_text(self._after)} after, {change}"

    def as_dict(self) -> dict[str, int | None]:
        """Return the used bytes; None if they are unknown, or nothing was deleted."""
        return {"used_before": self._before, "used_after": self._after}

    def _read(self) -> int | None:
        try:
            # The limit of free space does not matter here.
            return read_storage(self._server, 0).get("used")
        except PulpError:
            return None


def size_text(number: int) -> str:
    size, units = float(number), list(_UNITS)
    while size >= _STEP and len(units) > 1:
        size, units = size / _STEP, units[1:]
    return f"{size:.1f} {units[0]}" if units[0] != "B" else f"{number} B"
