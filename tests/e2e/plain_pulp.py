# SPDX-License-Identifier: Apache-2.0
"""A minimal client of Pulp's API, to prepare and to check servers."""

from __future__ import annotations

import time
from typing import Any

import requests

from tests.lab.demo.site import Pulp

API = "/pulp/api/v3/"
RPM = "rpm/rpm"
TASK_TIMEOUT = 120.0


class PlainPulp:
    """Requests of one account; endpoints are paths below the API root, or hrefs."""

    def __init__(self, pulp: Pulp) -> None:
        self._url = pulp.url
        self._session = requests.Session()
        self._session.verify = pulp.ca_path or True
        self._session.auth = (pulp.username.encode(), pulp.password.encode())
        login = self._session.post(f"{self._url}{API}login/", timeout=60)
        # Pulp 3.43 has no login endpoint: each request sends the password.
        if login.ok:
            self._session.auth = None
            token = self._session.cookies["csrftoken"]
            self._session.headers.update({"X-CSRFToken": token, "Referer": f"{self._url}/"})

    def call(self, method: str, path: str, **content: Any) -> requests.Response:
        """Send one request and return the response, whatever its status."""
        address = self._url + (path if path.startswith("/") else API + path)
        return self._session.request(method, address, timeout=120, **content)

    def get(self, path: str, **filters: Any) -> dict[str, Any]:
        """Return the content of an endpoint."""
        return self._send("GET", path, params=filters)

    def list(self, path: str, **filters: Any) -> list[dict[str, Any]]:
        """Return all objects that match the filters."""
        return list(self.get(path, limit=1000, **filters)["results"])

    def find(self, path: str, name: str) -> dict[str, Any]:
        """Return the one object of this name."""
        (found,) = self.list(path, name=name)
        return found

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Create an object or start a task; return the object, or a task that created nothing."""
        response = self._send("POST", path, json=body)
        if set(response) != {"task"}:
            return response
        task = self.wait_for(response["task"])
        assert task["state"] == "completed", task
        created = task["created_resources"]
        return self.get(created[-1]) if created else task

    def patch(self, path: str, **body: Any) -> None:
        """Change some fields of an object."""
        response = self._send("PATCH", path, json=body)
        if set(response) == {"task"}:
            assert self.wait_for(response["task"])["state"] == "completed"

    def delete(self, path: str) -> None:
        """Delete an object."""
        response = self._send("DELETE", path)
        if response:
            assert self.wait_for(response["task"])["state"] == "completed"

    def wait_for(self, task: str) -> dict[str, Any]:
        """Wait until a task has ended, and return it."""
        deadline = time.monotonic() + TASK_TIMEOUT
        while time.monotonic() < deadline:
            found = self.get(task)
            if found["state"] not in ("waiting", "running", "canceling"):
                return found
            time.sleep(0.2)
        raise AssertionError(f"still {found['state']}: {found['name']}")

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

    def _send(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        response = self.call(method, path, **content)
        assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
        return dict(response.json()) if response.content else {}
