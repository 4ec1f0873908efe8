# SPDX-License-Identifier: Apache-2.0
"""What a Pulp server says of itself, and waiting until it is ready for work."""

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

Status = Mapping[str, Any]


def read_status(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_status: one result, the server, and what it says of itself."""
    connection = server.client.connection
    # The status page is for everybody: no wrong password may hide what it says.
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
    return [result], {"ready": not missing, "missing": missing, **_shown(status)}


def wait_until_ready(read: Callable[[], Status], workers: int, seconds: float) -> Status:
    """Read the status until nothing is lacking or the seconds are over; the last one read.

    Raises what the last reading raised, at once when waiting cannot help.
    """
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        try:
            status = read()
            if not missing_parts(status, workers) or time.monotonic() + pause > deadline:
                return status
        except PulpError as error:
            if not is_transient(error) or time.monotonic() + pause > deadline:
                raise
        time.sleep(pause)
        pause = min(_MAX_PAUSE, pause * 1.5)


def is_transient(error: PulpError) -> bool:
    """Whether an error is one of a server that only starts: no answer, or one of its proxy."""
    if isinstance(error, ResponseError):
        return error.status >= 400
    return isinstance(error, (LostResponse, Unreachable)) and not isinstance(error, TLSError)


def missing_parts(status: Status, workers: int) -> str:
    """What a server still lacks before it can work, in words; empty when it is ready."""
    online = len(status.get("online_workers") or [])
    found = []
    if not (status.get("database_connection") or {}).get("connected"):
        found.append("no connection to its database")
    if online < workers:
        found.append(f"{online} of {workers} workers online")
    if not status.get("online_content_apps"):
        found.append("no content app online")
    return ", ".join(found)


def _shown(status: Status) -> dict[str, Any]:
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
    """`total`, `used` and `free` bytes of the server's storage now, and whether it is `low`: less
    than `limit` percent are free. Empty where the server cannot tell, as with object storage."""
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
