# SPDX-License-Identifier: Apache-2.0
"""The Pulp servers of the benchmark: started by the lab, prepared with API calls; their requests
are counted in the access log."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import requests

from ..lab.pulp.settings import DEFAULT_HASHER

CLONE = Path(__file__).resolve().parents[2]
DISTRIBUTION = "distributions/rpm/rpm/"
_REQUEST = re.compile(r'"(?P<method>[A-Z]+) (?P<path>/\S*) HTTP')
_API = "/pulp/api/v3/"
# Metadata in the content app, tags in the registry, its tokens.
_CONTENT = ("/pulp/content/", "/v2/", "/token/")
# One request for many tasks, or a request for one.
_POLL = re.compile(r"tasks/(\?(.*&)?pulp_(id|href)__in=|[0-9a-f-]{36}/)")


@dataclass(frozen=True)
class Traffic:
    """Requests of one run. `reads` includes the login, `writes` are POST, PATCH, DELETE.

    content: requests to the content app, to the registry, and for its tokens.
    """

    reads: int
    writes: int
    polls: int
    content: tuple[int, int, int] = (0, 0, 0)

    @property
    def requests(self) -> int:
        """The number of requests without polls."""
        return self.reads + self.writes

    @property
    def all(self) -> int:
        """The number of requests with polls."""
        return self.requests + self.polls


def lab(program: str, *arguments: str, may_fail: bool = False) -> str:
    """Run a program of the lab; return its output, nothing if it fails and `may_fail` is set."""
    command = [sys.executable, "-m", f"tests.lab.{program}", *arguments]
    env = {**os.environ, DEFAULT_HASHER: "1"}  # logins take as long as on a real Pulp
    done = subprocess.run(
        command, cwd=CLONE, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    if done.returncode and may_fail:
        return ""
    if done.returncode:
        sys.exit(f"{program} {' '.join(arguments)} failed: {done.stdout}")
    return done.stdout


class Server:
    """One server of the lab, with an administrator's session for what is not measured."""

    def __init__(self, name: str) -> None:
        state = json.loads(lab("pulp", "status", "--json", name))[name]
        if state["external"]:
            sys.exit(f"{name} must be a server of the lab: requests are counted in its access log")
        self.name = name
        self.url: str = state["url"]
        self.workers: int = state["workers"]
        self.login = {"username": state["username"], "password": state["password"]}
        self._log = Path(state["log"]) / "access.log"
        self._session = requests.Session()
        login = (state["username"], state["password"])
        self._session.post(f"{self.url}/pulp/api/v3/login/", auth=login).raise_for_status()

    @property
    def connection(self) -> dict[str, Any]:
        """The connection options of a module."""
        return {"pulp_url": self.url, **self.login}

    def log_size(self) -> int:
        """Return the current size of the access log."""
        return self._log.stat().st_size

    def traffic_since(self, size: int) -> Traffic:
        """Return the requests that were logged since the access log had this size."""
        with self._log.open("rb") as stream:
            stream.seek(size)
            text = stream.read().decode()
        reads = writes = polls = 0
        requested = list(_REQUEST.finditer(text))
        for found in requested:
            if not found["path"].startswith(_API):
                continue
            login = found["path"].endswith("/login/")
            if _POLL.search(found["path"]):
                polls += 1
            elif found["method"] == "GET" or login:
                reads += 1
            else:
                writes += 1
        content, tags, tokens = (
            sum(found["path"].startswith(prefix) for found in requested) for prefix in _CONTENT
        )
        return Traffic(reads, writes, polls, (content, tags, tokens))

    def wait_until_idle(self) -> None:
        """Wait until no task is waiting or running."""
        while self._call("GET", "tasks/", params={"state__in": "waiting,running"})["count"]:
            time.sleep(0.2)

    def count(self, path: str) -> int:
        """Return the number of objects of an endpoint."""
        return int(self._call("GET", path, params={"limit": 1})["count"])

    def versions_of(self, names: Iterable[str]) -> list[str]:
        """Return the latest versions of RPM repositories."""
        filters = {"limit": 5000, "fields": "name,latest_version_href"}
        found = self._call("GET", "repositories/rpm/rpm/", params=filters)["results"]
        by_name = {one["name"]: one["latest_version_href"] for one in found}
        return [by_name[name] for name in names]

    def ensure_guards(self, *names: str) -> None:
        """Create missing content guards."""
        for name in names:
            if not self._find("contentguards/", name):
                self._call("POST", "contentguards/core/rbac/", json={"name": name})

    def guard_distributions(self, names: Iterable[str], guard: Optional[str]) -> None:
        """Set or remove the content guard of distributions; this is not measured."""
        found = self._find("contentguards/", guard) if guard else None
        href = found["pulp_href"] if found else None
        listed = self._call("GET", DISTRIBUTION, params={"limit": 5000, "name__startswith": "b"})
        existing = {one["name"]: one for one in listed["results"]}
        for name in names:
            if existing[name]["content_guard"] != href:
                self._call("PATCH", existing[name]["pulp_href"], json={"content_guard": href})

    def file_repository(self, name: str) -> str:
        """Return the href of a file repository, which is created if it is missing."""
        path = "repositories/file/file/"
        existing = self._find(path, name) or self._call("POST", path, json={"name": name})
        return str(existing["pulp_href"])

    def _find(self, path: str, name: str) -> Optional[dict[str, Any]]:
        results = self._call("GET", path, params={"name": name})["results"]
        return dict(results[0]) if results else None

    def _call(self, method: str, path: str, **content: Any) -> Any:
        address = path if path.startswith("/") else f"/pulp/api/v3/{path}"
        headers = {"X-CSRFToken": self._session.cookies["csrftoken"], "Referer": f"{self.url}/"}
        response = self._session.request(
            method, self.url + address, headers=headers, timeout=120, **content
        )
        response.raise_for_status()
        return response.json()
