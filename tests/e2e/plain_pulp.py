# SPDX-License-Identifier: Apache-2.0
"""Pulp's API as a script calls it: one object at a time, nothing clever."""

from __future__ import annotations

import time
from typing import Any

import requests

from tests.lab.demo.site import Pulp

API = "/pulp/api/v3/"
RPM = "rpm/rpm"
PATIENCE = 120.0


class PlainPulp:
    """Calls on behalf of one account; endpoints are paths below the API root, or hrefs."""

    def __init__(self, pulp: Pulp) -> None:
        self._url = pulp.url
        self._session = requests.Session()
        self._session.verify = pulp.ca_path or True
        self._session.auth = (pulp.username.encode(), pulp.password.encode())
        login = self._session.post(f"{self._url}{API}login/", timeout=60)
        # Pulp 3.43 has no login; there each request carries the password.
        if login.ok:
            self._session.auth = None
            token = self._session.cookies["csrftoken"]
            self._session.headers.update({"X-CSRFToken": token, "Referer": f"{self._url}/"})

    def call(self, method: str, path: str, **content: Any) -> requests.Response:
        """Send one request and return its answer, whatever it is."""
        address = self._url + (path if path.startswith("/") else API + path)
        return self._session.request(method, address, timeout=120, **content)

    def get(self, path: str, **filters: Any) -> dict[str, Any]:
        """Return what is at an endpoint."""
        return self._ask("GET", path, params=filters)

    def list(self, path: str, **filters: Any) -> list[dict[str, Any]]:
        """Return all objects that the filters let through."""
        return list(self.get(path, limit=1000, **filters)["results"])

    def find(self, path: str, name: str) -> dict[str, Any]:
        """Return the one object of this name."""
        (found,) = self.list(path, name=name)
        return found

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Create or start something; return what was created, or the task if it created nothing."""
        answer = self._ask("POST", path, json=body)
        if set(answer) != {"task"}:
            return answer
        task = self.ended(answer["task"])
        assert task["state"] == "completed", task
        made = task["created_resources"]
        return self.get(made[-1]) if made else task

    def patch(self, path: str, **body: Any) -> None:
        """Write some fields of an object."""
        answer = self._ask("PATCH", path, json=body)
        if set(answer) == {"task"}:
            assert self.ended(answer["task"])["state"] == "completed"

    def delete(self, path: str) -> None:
        """Delete an object."""
        answer = self._ask("DELETE", path)
        if answer:
            assert self.ended(answer["task"])["state"] == "completed"

    def ended(self, task: str) -> dict[str, Any]:
        """Return a task when it has ended."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            there = self.get(task)
            if there["state"] not in ("waiting", "running", "canceling"):
                return there
            time.sleep(0.2)
        raise AssertionError(f"still {there['state']}: {there['name']}")

    def publications(self, repository: str) -> list[dict[str, Any]]:
        """Return the publications of the RPM repository of this name."""
        href = self.find(f"repositories/{RPM}/", repository)["pulp_href"]
        return self.list(f"publications/{RPM}/", repository=href)

    def snapshots(self, prefix: str) -> list[dict[str, Any]]:
        """Return the RPM and Deb distributions whose names begin with a prefix."""
        return [
            found
            for plugin in (RPM, "deb/apt")
            for found in self.list(f"distributions/{plugin}/", name__startswith=prefix)
        ]

    def _ask(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        answer = self.call(method, path, **content)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return dict(answer.json()) if answer.content else {}
