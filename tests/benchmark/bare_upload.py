# SPDX-License-Identifier: Apache-2.0
"""Upload a file as a script with curl does: chunks that lie ready, four at once, then a content
unit and a version of the repository.

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

AT_ONCE = "4"
POLL = 0.5


def main() -> None:
    order = json.load(sys.stdin)
    began = time.monotonic()
    session = requests.Session()
    login = (order["username"], order["password"])
    session.post(f"{order['url']}/pulp/api/v3/login/", auth=login).raise_for_status()
    token = session.cookies["csrftoken"]
    session.headers.update({"X-CSRFToken": token, "Referer": f"{order['url']}/"})
    upload = _call(session, order, "uploads/", {"size": order["size"]})["pulp_href"]
    _send(session, order, upload)
    body = {"upload": upload, "relative_path": order["name"]}
    task = _ended(session, order, _call(session, order, "content/file/files/", body)["task"])
    unit = next(href for href in task["created_resources"] if "/content/" in href)
    added = _call(session, order, f"{order['repository']}modify/", {"add_content_units": [unit]})
    _ended(session, order, added["task"])
    print(json.dumps({"seconds": time.monotonic() - began}))


def _send(session: requests.Session, order: dict[str, Any], upload: str) -> None:
    """Let one curl send all chunks, each by a request of its own."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)
    requests_of = []
    for chunk in order["chunks"]:
        last = chunk["offset"] + chunk["size"] - 1
        lines = {
            "url": [f"{order['url']}{upload}"],
            "request": ["PUT"],
            "cookie": [cookies],
            "header": [
                f"X-CSRFToken: {session.headers['X-CSRFToken']}",
                f"Content-Range: bytes {chunk['offset']}-{last}/{order['size']}",
            ],
            "form": [f"file=@{chunk['path']}", f"sha256={chunk['sha256']}"],
            "output": [os.devnull],
        }
        requests_of.append(
            "\n".join(f'{name} = "{value}"' for name, values in lines.items() for value in values)
        )
    # Of mode 0600: it has the session.
    with tempfile.NamedTemporaryFile("w", suffix=".curl") as config:
        config.write("\nnext\n".join(requests_of) + "\n")
        config.flush()
        curl = ["curl", "--no-progress-meter", "--fail-early", "--parallel"]
        subprocess.run([*curl, "--parallel-max", AT_ONCE, "--config", config.name], check=True)


def _call(
    session: requests.Session, order: dict[str, Any], path: str, body: dict[str, Any]
) -> dict[str, Any]:
    address = path if path.startswith("/") else f"/pulp/api/v3/{path}"
    response = session.post(order["url"] + address, json=body)
    response.raise_for_status()
    return dict(response.json())


def _ended(session: requests.Session, order: dict[str, Any], href: str) -> dict[str, Any]:
    while True:
        task = session.get(order["url"] + href).json()
        if task["state"] == "completed":
            return dict(task)
        if task["state"] in ("failed", "canceled"):
            sys.exit(f"a task failed: {task['error']}")
        time.sleep(POLL)


if __name__ == "__main__":
    main()
