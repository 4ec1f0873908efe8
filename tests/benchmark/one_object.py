# SPDX-License-Identifier: Apache-2.0
"""See to one object in a process of its own, as one Ansible task of existing content does.

Usage: ``one_object.py OBJECT`` with an item and the connection as JSON on stdin. Basic
authentication on every request, no login; look-up by name; a write if it is missing; its task is
asked for once a second.
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
    def __init__(self, order: dict[str, Any]) -> None:
        self.url = order["url"]
        self.session = requests.Session()
        self.session.auth = (order["username"], order["password"])

    def call(self, method: str, path: str, **content: Any) -> Any:
        address = path if path.startswith("/") else f"/pulp/api/v3/{path}"
        response = self.session.request(method, self.url + address, timeout=60, **content)
        response.raise_for_status()
        return response.json()

    def first(self, path: str, **asked: Any) -> Optional[dict[str, Any]]:
        results = self.call("GET", path, params={**asked, "limit": 1})["results"]
        return dict(results[0]) if results else None

    def there(self, path: str, **asked: Any) -> dict[str, Any]:
        found = self.first(path, **asked)
        if found is None:
            raise SystemExit(f"nothing in {path} fits {asked}")
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


def carry_out(pulp: Pulp, kind: str, order: dict[str, Any]) -> None:
    item = order["item"]
    name = item["name"]
    if kind == "repository":
        if not pulp.first(RPM, name=name):
            pulp.write(RPM, name=name)
        return
    if kind == "remote":
        if not pulp.first(REMOTE, name=f"{name}-remote"):
            pulp.write(REMOTE, name=f"{name}-remote", url=item["url"], policy="immediate")
        return
    repository = pulp.there(RPM, name=name)
    if kind == "sync":
        remote = pulp.there(REMOTE, name=f"{name}-remote")["pulp_href"]
        address = f"{repository['pulp_href']}sync/"
        pulp.write(address, remote=remote, sync_policy="mirror_complete")
        return
    # The sync made the publication; what is left to do is to see that.
    version = repository["latest_version_href"]
    publication = pulp.there(PUBLICATION, repository_version=version)["pulp_href"]
    full_name = item["distribution_name"] + order["stamp"]
    if kind == "distribution" and not pulp.first(DISTRIBUTION, name=full_name):
        guard = pulp.there("contentguards/", name=order["guard"])["pulp_href"]
        pulp.write(
            DISTRIBUTION,
            name=full_name,
            base_path=item["base_path"] + order["stamp"],
            content_guard=guard,
            publication=publication,
        )


def main() -> None:
    order = json.load(sys.stdin)
    carry_out(Pulp(order), sys.argv[1], order)


if __name__ == "__main__":
    main()
