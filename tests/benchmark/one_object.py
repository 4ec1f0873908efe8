# SPDX-License-Identifier: Apache-2.0
"""Create one object, if it is missing, in its own process, like one task of other Ansible content.

Usage: ``one_object.py OBJECT`` with an item and the connection as JSON on stdin. It uses Basic
authentication for each request and no login, looks the object up by name, creates it if it is
missing, and polls the task once a second.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Optional

import requests

OBJECTS = ("repository", "remote", "sync", "publication", "distribution")
POLL_SECONDS = 1.0
RPM = "repositories/rpm/rpm/"
REMOTE = "remotes/rpm/rpm/"
PUBLICATION = "publications/rpm/rpm/"
DISTRIBUTION = "distributions/rpm/rpm/"


class Pulp:
    def __init__(self, job: dict[str, Any]) -> None:
        self.url = job["url"]
        self.session = requests.Session()
        self.session.auth = (job["username"], job["password"])

    def call(self, method: str, path: str, **content: Any) -> Any:
        address = path if path.startswith("/") else f"/pulp/api/v3/{path}"
        response = self.session.request(method, self.url + address, timeout=60, **content)
        response.raise_for_status()
        return response.json()

    def first(self, path: str, **filters: Any) -> Optional[dict[str, Any]]:
        results = self.call("GET", path, params={**filters, "limit": 1})["results"]
        return dict(results[0]) if results else None

    def existing(self, path: str, **filters: Any) -> dict[str, Any]:
        found = self.first(path, **filters)
        if found is None:
            raise SystemExit(f"no object of {path} matches {filters}")
        return found

    def write(self, path: str, **body: Any) -> None:
        answer = self.call("POST", path, json=body)
        while "task" in answer:
            task = self.call("GET", answer["task"])
            if task["state"] == "completed":
                return
            if task["state"] in ("failed", "canceled"):
                raise SystemExit(f"a task failed: {task['error']}")
            time.sleep(POLL_SECONDS)


def ensure_object(pulp: Pulp, kind: str, job: dict[str, Any]) -> None:
    item = job["item"]
    name = item["name"]
    if kind == "repository":
        if not pulp.first(RPM, name=name):
            pulp.write(RPM, name=name)
        return
    if kind == "remote":
        if not pulp.first(REMOTE, name=f"{name}-remote"):
            pulp.write(REMOTE, name=f"{name}-remote", url=item["url"], policy="immediate")
        return
    repository = pulp.existing(RPM, name=name)
    if kind == "sync":
        remote = pulp.existing(REMOTE, name=f"{name}-remote")["pulp_href"]
        address = f"{repository['pulp_href']}sync/"
        pulp.write(address, remote=remote, sync_policy="mirror_complete")
        return
    # The sync created the publication, so it only has to be found.
    version = repository["latest_version_href"]
    publication = pulp.existing(PUBLICATION, repository_version=version)["pulp_href"]
    full_name = item["distribution_name"] + job["stamp"]
    if kind == "distribution" and not pulp.first(DISTRIBUTION, name=full_name):
        guard = pulp.existing("contentguards/", name=job["guard"])["pulp_href"]
        pulp.write(
            DISTRIBUTION,
            name=full_name,
            base_path=item["base_path"] + job["stamp"],
            content_guard=guard,
            publication=publication,
        )


def main() -> None:
    job = json.load(sys.stdin)
    ensure_object(Pulp(job), sys.argv[1], job)


if __name__ == "__main__":
    main()
