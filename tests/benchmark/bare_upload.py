# SPDX-License-Identifier: Apache-2.0
"""Upload a file like a script with curl: prepared chunks, four in parallel, then a content unit
and a version of the repository.

Reads ``{"url", "username", "password", "repository", "name", "size", "chunks"}`` on stdin, each
chunk ``{"path", "offset", "size", "sha256"}``, and prints ``{"seconds"}``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

import requests

PARALLEL = "4"
POLL = 0.5


def main() -> None:
    job = json.load(sys.stdin)
    began = time.monotonic()
    session = requests.Session()
    login = (job["username"], job["password"])
    session.post(f"{job['url']}/pulp/api/v3/login/", auth=login).raise_for_status()
    token = session.cookies["csrftoken"]
    session.headers.update({"X-CSRFToken": token, "Referer": f"{job['url']}/"})
    upload = _call(session, job, "uploads/", {"size": job["size"]})["pulp_href"]
    _send(session, job, upload)
    body = {"upload": upload, "relative_path": job["name"]}
    task = _wait_for_task(session, job, _call(session, job, "content/file/files/", body)["task"])
    unit = next(href for href in task["created_resources"] if "/content/" in href)
    added = _call(session, job, f"{job['repository']}modify/", {"add_content_units": [unit]})
    _wait_for_task(session, job, added["task"])
    print(json.dumps({"seconds": time.monotonic() - began}))


def _send(session: requests.Session, job: dict[str, Any], upload: str) -> None:
    """Send all chunks with one curl process, one request for each chunk."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)
    requests_of = []
    for chunk in job["chunks"]:
        last = chunk["offset"] + chunk["size"] - 1
        lines = {
            "url": [f"{job['url']}{upload}"],
            "request": ["PUT"],
            "cookie": [cookies],
            "header": [
                f"X-CSRFToken: {session.headers['X-CSRFToken']}",
                f"Content-Range: bytes {chunk['offset']}-{last}/{job['size']}",
            ],
            "form": [f"file=@{chunk['path']}", f"sha256={chunk['sha256']}"],
            "output": [os.devnull],
        }
        requests_of.append(
            "\n".join(f'{name} = "{value}"' for name, values in lines.items() for value in values)
        )
    # Its mode is 0600, because it has the session cookie.
    with tempfile.NamedTemporaryFile("w", suffix=".curl") as config:
        config.write("\nnext\n".join(requests_of) + "\n")
        config.flush()
        curl = ["curl", "--no-progress-meter", "--fail-early", "--parallel"]
        subprocess.run([*curl, "--parallel-max", PARALLEL, "--config", config.name], check=True)


def _call(
    session: requests.Session, job: dict[str, Any], path: str, body: dict[str, Any]
) -> dict[str, Any]:
    address = path if path.startswith("/") else f"/pulp/api/v3/{path}"
    response = session.post(job["url"] + address, json=body)
    response.raise_for_status()
    return dict(response.json())


def _wait_for_task(session: requests.Session, job: dict[str, Any], href: str) -> dict[str, Any]:
    while True:
        task = session.get(job["url"] + href).json()
        if task["state"] == "completed":
            return dict(task)
        if task["state"] in ("failed", "canceled"):
            sys.exit(f"a task failed: {task['error']}")
        time.sleep(POLL)


if __name__ == "__main__":
    main()
