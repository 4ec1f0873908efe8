# SPDX-License-Identifier: Apache-2.0
"""What we are compared with: a bare script that sends Pulp the same requests, and plans nothing.

Reads an order on stdin, ``{"url", "username", "password", "verb", "items", "stamp", "guard"}``, and
prints ``{"seconds": wall time}``. One requests session with one login; 4 threads; everything is
sent in the order of the items. Rounds: send what can be sent, then ask for all tasks under way in
one request, at most once a second and for the first time as soon as everything is sent. An item
whose task has ended takes its next step in the next round; no step waits for all items.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional
from urllib.parse import quote_plus

import requests

THREADS = 4
POLL_SECONDS = 1.0
LONGEST_QUERY = 3700
RPM = "repositories/rpm/rpm/"
REMOTE = "remotes/rpm/rpm/"
PUBLICATION = "publications/rpm/rpm/"
DISTRIBUTION = "distributions/rpm/rpm/"
CONTAINER = "repositories/container/container/"
TASK_FIELDS = "pulp_href,state,error,created_resources"

Order = dict[str, Any]
# The steps of one item: gives hrefs of tasks to wait for, and is sent the tasks that ended.
Walk = Generator[str, dict[str, Any], None]


class Pulp:
    """One session with one login."""

    def __init__(self, order: Order) -> None:
        self.url = order["url"]
        self.api = f"{self.url}/pulp/api/v3/"
        self.session = requests.Session()
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=THREADS)
        self.session.mount(self.url, adapter)
        login = (order["username"], order["password"])
        self.session.post(f"{self.api}login/", auth=login, timeout=60).raise_for_status()
        token = self.session.cookies["csrftoken"]
        self.session.headers.update({"X-CSRFToken": token, "Referer": f"{self.url}/"})

    def call(self, method: str, path: str, **content: Any) -> Any:
        address = self.url + path if path.startswith("/") else self.api + path
        response = self.session.request(method, address, timeout=60, **content)
        if not response.ok:
            raise SystemExit(f"{method} {path}: {response.status_code} {response.text}")
        return response.json()

    def get(self, path: str, **params: Any) -> Any:
        return self.call("GET", path, params=params)

    def post(self, path: str, **body: Any) -> Any:
        return self.call("POST", path, json=body)

    def read(self, path: str, fields: str, **asked: list[str]) -> dict[str, dict[str, Any]]:
        """Objects by the values of one filter, in requests that Pulp's request line has room for;
        what comes back is keyed by the first of the fields."""
        found = {}
        ((filter_name, values),) = asked.items()
        room = LONGEST_QUERY // max(len(quote_plus(value)) + 3 for value in values)
        for start in range(0, len(values), room):
            chunk = ",".join(values[start : start + room])
            page = self.get(path, limit=5000, fields=fields, **{filter_name: chunk})
            found.update({one[fields.split(",")[0]]: one for one in page["results"]})
        return found


def walk_all(pulp: Pulp, walks: Iterable[Walk]) -> None:
    """Take all items through their steps, in rounds."""
    ready: list[tuple[Walk, Optional[dict[str, Any]]]] = [(walk, None) for walk in walks]
    waiting: dict[str, Walk] = {}
    polled = float("-inf")
    with ThreadPoolExecutor(THREADS) as pool:
        while ready or waiting:
            for href, walk in pool.map(step, ready):
                if href:
                    waiting[href] = walk
            ready = []
            if waiting:
                time.sleep(max(0.0, polled + POLL_SECONDS - time.monotonic()))
                polled = time.monotonic()
                ready = [(waiting.pop(task["pulp_href"]), task) for task in ended(pulp, waiting)]


def step(item: tuple[Walk, Optional[dict[str, Any]]]) -> tuple[Optional[str], Walk]:
    """Let one item send what comes next; the task it then waits for, None at its end."""
    walk, task = item
    try:
        return (next(walk) if task is None else walk.send(task)), walk
    except StopIteration:
        return None, walk


def ended(pulp: Pulp, hrefs: Iterable[str]) -> list[dict[str, Any]]:
    tasks = pulp.read("tasks/", TASK_FIELDS, pulp_id__in=list(map(identifier, hrefs))).values()
    failed = [task for task in tasks if task["state"] in ("failed", "canceled")]
    if failed:
        raise SystemExit(f"a task failed: {failed[0]['error']}")
    return [task for task in tasks if task["state"] == "completed"]


def identifier(href: str) -> str:
    return href.rstrip("/").rsplit("/", 1)[-1]


def snapshot(pulp: Pulp, order: Order) -> None:
    """First snapshot: repository, remote, sync, what the sync brought, distribution."""
    guard = guard_href(pulp, order)

    def walk(item: dict[str, Any]) -> Walk:
        repository = pulp.post(RPM, name=item["name"])
        remote = pulp.post(
            REMOTE, name=f"{item['name']}-remote", url=item["url"], policy="immediate"
        )
        task = yield sync(pulp, repository, remote)
        created = task["created_resources"]
        pulp.get(next(href for href in created if "/versions/" in href), fields="content_summary")
        answer = pulp.post(
            DISTRIBUTION,
            name=item["distribution_name"] + order["stamp"],
            base_path=item["base_path"] + order["stamp"],
            content_guard=guard,
            publication=next(href for href in created if "/publications/" in href),
        )
        yield answer["task"]

    walk_all(pulp, [walk(item) for item in order["items"]])


def again(pulp: Pulp, order: Order) -> None:
    """The same, upstream unchanged: read what is there, and which snapshot is newest; sync."""
    names = [item["name"] for item in order["items"]]
    guard_href(pulp, order)
    repositories = pulp.read(RPM, "name,pulp_href,latest_version_href", name__in=names)
    remote_names = [f"{name}-remote" for name in names]
    remotes = pulp.read(REMOTE, "name,pulp_href,url,policy", name__in=remote_names)

    def newest(item: dict[str, Any]) -> str:
        pattern = f"^{re.escape(item['distribution_name'])}[0-9]{{8}}T[0-9]{{6}}$"
        asked = {"name__regex": pattern, "ordering": "-name", "limit": 1}
        page = pulp.get(DISTRIBUTION, fields="name,publication", **asked)
        return str(page["results"][0]["publication"])

    with ThreadPoolExecutor(THREADS) as pool:
        served = [identifier(href) for href in pool.map(newest, order["items"])]
    pulp.read(PUBLICATION, "pulp_href,repository_version", pulp_id__in=served)

    def walk(name: str) -> Walk:
        task = yield sync(pulp, repositories[name], remotes[f"{name}-remote"])
        if task["created_resources"]:
            raise SystemExit(f"upstream of {name} has changed")

    walk_all(pulp, [walk(name) for name in names])


def promote(pulp: Pulp, order: Order) -> None:
    """Read the snapshots, give each the guard, read them back."""
    guard = guard_href(pulp, order)
    names = [item["distribution_name"] + order["stamp"] for item in order["items"]]
    fields = "name,pulp_href,publication,content_guard"
    there = pulp.read(DISTRIBUTION, fields, name__in=names)

    def walk(name: str) -> Walk:
        body = {"content_guard": guard}
        yield pulp.call("PATCH", there[name]["pulp_href"], json=body)["task"]

    walk_all(pulp, [walk(name) for name in names])
    now = pulp.read(DISTRIBUTION, fields, name__in=names)
    if any(one["content_guard"] != guard for one in now.values()):
        raise SystemExit("the guard is not the one that was written")


def copy(pulp: Pulp, order: Order) -> None:
    """Read the repositories, copy the tags of each, read the repositories and their tags back."""
    items = order["items"]
    names = [name for item in items for name in (item["name"], item["source"])]
    fields = "name,pulp_href,latest_version_href"
    there = pulp.read(CONTAINER, fields, name__in=names)

    def walk(item: dict[str, Any]) -> Walk:
        version = there[item["source"]]["latest_version_href"]
        address = f"{there[item['name']]['pulp_href']}copy_tags/"
        yield pulp.post(address, source_repository_version=version, names=item["tags"])["task"]

    walk_all(pulp, [walk(item) for item in items])
    now = pulp.read(CONTAINER, fields, name__in=[item["name"] for item in items])

    def look(item: dict[str, Any]) -> int:
        asked = {"repository_version": now[item["name"]]["latest_version_href"], "fields": "name"}
        return int(pulp.get("content/container/tags/", **asked)["count"])

    with ThreadPoolExecutor(THREADS) as pool:
        if list(pool.map(look, items)) != [len(item["tags"]) for item in items]:
            raise SystemExit("tags are missing")


def guard_href(pulp: Pulp, order: Order) -> str:
    page = pulp.get("contentguards/", name__in=order["guard"], fields="name,pulp_href")
    return str(page["results"][0]["pulp_href"])


def sync(pulp: Pulp, repository: dict[str, Any], remote: dict[str, Any]) -> str:
    address = f"{repository['pulp_href']}sync/"
    answer = pulp.post(address, remote=remote["pulp_href"], sync_policy="mirror_complete")
    return str(answer["task"])


VERBS: dict[str, Callable[[Pulp, Order], None]] = {
    "snapshot": snapshot,
    "again": again,
    "promote": promote,
    "copy": copy,
}


def main() -> None:
    order = json.load(sys.stdin)
    began = time.monotonic()
    VERBS[order["verb"]](Pulp(order), order)
    print(json.dumps({"seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main()
