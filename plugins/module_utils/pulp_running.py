# SPDX-License-Identifier: Apache-2.0
"""Sync tasks that are under way on the server, whoever started them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from .pulp_server import Server

__all__ = ["RunningSyncs"]

_FRESH_SECONDS = 10.0


class RunningSyncs:
    """Sync tasks that wait or run, by repository; the server is asked for them now and then."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._asked = float("-inf")
        self._by_repository: dict[str, str] = {}

    def of(self, repository: Mapping[str, Any], fresh: bool = False) -> str | None:
        """The href of a sync task that holds this repository, if there is one; told once."""
        with self._lock:
            if fresh or time.monotonic() - self._asked > _FRESH_SECONDS:
                self._by_repository = self._read()
                self._asked = time.monotonic()
            # Tasks name what they hold by href, or by PRN on later servers.
            names = (repository.get("prn"), repository["pulp_href"])
            found = [self._by_repository.pop(name, None) for name in names if name]
            return next((href for href in found if href), None)

    def _read(self) -> dict[str, str]:
        asked = {
            "state__in": "waiting,running",
            "name__contains": "synchroniz",
            "fields": "pulp_href,reserved_resources_record",
        }
        return {
            resource: task["pulp_href"]
            for task in self._server.client.list("tasks/", asked)
            for resource in task.get("reserved_resources_record") or []
            if not resource.startswith("shared:")
        }
