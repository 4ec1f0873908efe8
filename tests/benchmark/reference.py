# SPDX-License-Identifier: Apache-2.0
"""The bare script of the comparison: it sends Pulp the same requests and plans nothing.

Reads a job on stdin, ``{"url", "username", "password", "verb", "items", "stamp", "guard"}``, and
prints ``{"seconds": wall time}``. It uses one session with one login and 4 threads, and sends all
requests in the sequence of the items. It works in rounds: a round sends all requests that can be
sent, then polls all running tasks in one request, at most once a second, and for the first time as
soon as everything is sent. An item whose task has ended continues in the next round; no step waits
for all items.
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

Job = dict[str, Any]
# The steps of one item: yields the href of each task to wait for, and receives the ended task.
Steps = Generator[str, dict[str, Any], None]


class Pulp:
    """One session with one login."""

    def __init__(self, job: Job) -> None:
        self.url = job["url"]
        self.api = f"{self.url}/pulp/api/v3/"
        self.session = requests.Session()
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=THREADS)
        self.session.mount(self.url, adapter)
        login = (job["username"], job["password"])
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

    def read(self, path: str, fields: str, **filters: list[str]) -> dict[str, dict[str, Any]]:
        """Return objects by the values of one filter, keyed by the first field, in as few requests
        as the length of Pulp's request line allows."""
        found = {}
        ((filter_name, values),) = filters.items()
        room = LONGEST_QUERY // max(len(quote_plus(value)) + 3 for value in values)
        for start in range(0, len(values), room):
            chunk = ",".join(values[start : start + room])
            page = self.get(path, limit=5000, fields=fields, **{filter_name: chunk})
            found.update({one[fields.split(",")[0]]: one for one in page["results"]})
        return found


def run_rounds(pulp: Pulp, items: Iterable[Steps]) -> None:
    """Run the steps of all items, in rounds."""
    ready: list[tuple[Steps, Optional[dict[str, Any]]]] = [(steps, None) for steps in items]
    waiting: dict[str, Steps] = {}
    polled = float("-inf")
    with ThreadPoolExecutor(THREADS) as pool:
        while ready or waiting:
            for href, steps in pool.map(next_step, ready):
                if href:
                    waiting[href] = steps
            ready = []
            if waiting:
                time.sleep(max(0.0, polled + POLL_SECONDS - time.monotonic()))
                polled = time.monotonic()
                ready = [
                    (waiting.pop(task["pulp_href"]), task)
                    for task in completed_tasks(pulp, waiting)
                ]


def next_step(item: tuple[Steps, Optional[dict[str, Any]]]) -> tuple[Optional[str], Steps]:
    """Run the next step of an item; return the task to wait for, None after the last step."""
    steps, task = item
    try:
        return (next(steps) if task is None else steps.send(task)), steps
    except StopIteration:
        return None, steps


def completed_tasks(pulp: Pulp, hrefs: Iterable[str]) -> list[dict[str, Any]]:
    tasks = pulp.read("tasks/", TASK_FIELDS, pulp_id__in=list(map(identifier, hrefs))).values()
    failed = [task for task in tasks if task["state"] in ("failed", "canceled")]
    if failed:
        raise SystemExit(f"a task failed: {failed[0]['error']}")
    return [task for task in tasks if task["state"] == "completed"]


def identifier(href: str) -> str:
    return href.rstrip("/").rsplit("/", 1)[-1]


def snapshot(pulp: Pulp, job: Job) -> None:
    """First snapshot: repository, remote, sync, content of the new version, distribution."""
    guard = guard_href(pulp, job)

    def steps(item: dict[str, Any]) -> Steps:
        repository = pulp.post(RPM, name=item["name"])
        remote = pulp.post(
            REMOTE, name=f"{item['name']}-remote", url=item["url"], policy="immediate"
        )
        task = yield sync(pulp, repository, remote)
        created = task["created_resources"]
        pulp.get(next(href for href in created if "/versions/" in href), fields="content_summary")
        answer = pulp.post(
            DISTRIBUTION,
            name=item["distribution_name"] + job["stamp"],
            base_path=item["base_path"] + job["stamp"],
            content_guard=guard,
            publication=next(href for href in created if "/publications/" in href),
        )
        yield answer["task"]

    run_rounds(pulp, [steps(item) for item in job["items"]])


def again(pulp: Pulp, job: Job) -> None:
    """The same with an unchanged upstream: read the objects and the newest snapshot; sync."""
    names = [item["name"] for item in job["items"]]
    guard_href(pulp, job)
    repositories = pulp.read(RPM, "name,pulp_href,latest_version_href", name__in=names)
    remote_names = [f"{name}-remote" for name in names]
    remotes = pulp.read(REMOTE, "name,pulp_href,url,policy", name__in=remote_names)

    def newest(item: dict[str, Any]) -> str:
        pattern = f"^{re.escape(item['distribution_name'])}[0-9]{{8}}T[0-9]{{6}}$"
        filters = {"name__regex": pattern, "ordering": "-name", "limit": 1}
        page = pulp.get(DISTRIBUTION, fields="name,publication", **filters)
        return str(page["results"][0]["publication"])

    with ThreadPoolExecutor(THREADS) as pool:
        served = [identifier(href) for href in pool.map(newest, job["items"])]
    pulp.read(PUBLICATION, "pulp_href,repository_version", pulp_id__in=served)

    def steps(name: str) -> Steps:
        task = yield sync(pulp, repositories[name], remotes[f"{name}-remote"])
        if task["created_resources"]:
            raise SystemExit(f"upstream of {name} has changed")

    run_rounds(pulp, [steps(name) for name in names])


def promote(pulp: Pulp, job: Job) -> None:
    """Read the snapshots, set the guard of each, read them back."""
    guard = guard_href(pulp, job)
    names = [item["distribution_name"] + job["stamp"] for item in job["items"]]
    fields = "name,pulp_href,publication,content_guard"
    existing = pulp.read(DISTRIBUTION, fields, name__in=names)

    def steps(name: str) -> Steps:
        body = {"content_guard": guard}
        yield pulp.call("PATCH", existing[name]["pulp_href"], json=body)["task"]

    run_rounds(pulp, [steps(name) for name in names])
    now = pulp.read(DISTRIBUTION, fields, name__in=names)
    if any(one["content_guard"] != guard for one in now.values()):
        raise SystemExit("a snapshot does not have the guard that was set")


def copy(pulp: Pulp, job: Job) -> None:
    """Read the repositories, copy the tags of each, read the repositories and their tags back."""
    items = job["items"]
    names = [name for item in items for name in (item["name"], item["source"])]
    fields = "name,pulp_href,latest_version_href"
    existing = pulp.read(CONTAINER, fields, name__in=names)

    def steps(item: dict[str, Any]) -> Steps:
        version = existing[item["source"]]["latest_version_href"]
        address = f"{existing[item['name']]['pulp_href']}copy_tags/"
        yield pulp.post(address, source_repository_version=version, names=item["tags"])["task"]

    run_rounds(pulp, [steps(item) for item in items])
    now = pulp.read(CONTAINER, fields, name__in=[item["name"] for item in items])

    def count_tags(item: dict[str, Any]) -> int:
        filters = {"repository_version": now[item["name"]]["latest_version_href"], "fields": "name"}
        return int(pulp.get("content/container/tags/", **filters)["count"])

    with ThreadPoolExecutor(THREADS) as pool:
        if list(pool.map(count_tags, items)) != [len(item["tags"]) for item in items]:
            raise SystemExit("tags are missing")


def guard_href(pulp: Pulp, job: Job) -> str:
    page = pulp.get("contentguards/", name__in=job["guard"], fields="name,pulp_href")
    return str(page["results"][0]["pulp_href"])


def sync(pulp: Pulp, repository: dict[str, Any], remote: dict[str, Any]) -> str:
    address = f"{repository['pulp_href']}sync/"
    answer = pulp.post(address, remote=remote["pulp_href"], sync_policy="mirror_complete")
    return str(answer["task"])


VERBS: dict[str, Callable[[Pulp, Job], None]] = {
    "snapshot": snapshot,
    "again": again,
    "promote": promote,
    "copy": copy,
}


def main() -> None:
    job = json.load(sys.stdin)
    began = time.monotonic()
    VERBS[job["verb"]](Pulp(job), job)
    print(json.dumps({"seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main()
