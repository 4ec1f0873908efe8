# SPDX-License-Identifier: Apache-2.0
"""Read the status of a Pulp, and wait for an existing Pulp that the environment names."""

from __future__ import annotations

import json
import os
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Optional

from ..paths import LabError


def existing_server(name: str) -> Optional[dict[str, Any]]:
    """Return the Pulp of RELEASE_TRAIN_<NAME>_URL as ``status --json`` shows it, or None."""
    prefix = f"RELEASE_TRAIN_{name.upper().replace('-', '_')}_"
    url = os.environ.get(f"{prefix}URL")
    if not url:
        return None
    url = url.rstrip("/")
    ca_path = os.environ.get(f"{prefix}CA_PATH") or None
    try:
        answer = status(url, ca_path)
    except OSError:
        answer = {}
    return {
        "url": url,
        "username": os.environ.get(f"{prefix}USERNAME", "admin"),
        "password": os.environ.get(f"{prefix}PASSWORD", ""),
        "ca_path": ca_path,
        "generation": None,
        "workers": len(answer.get("online_workers", [])),
        "worker_pids": [],
        "running": bool(answer),
        "port": None,
        "external": True,
    }


def status(url: str, ca_path: Optional[str]) -> dict[str, Any]:
    """Return Pulp's status; raise OSError, such as URLError, unless the answer is JSON."""
    handlers: list[urllib.request.BaseHandler] = []
    if "//127.0.0.1" in url or "//localhost" in url:
        handlers.append(urllib.request.ProxyHandler({}))
    if url.startswith("https"):
        context = ssl.create_default_context(cafile=ca_path)
        handlers.append(urllib.request.HTTPSHandler(context=context))
    opener = urllib.request.build_opener(*handlers)
    with opener.open(f"{url}/pulp/api/v3/status/", timeout=10) as response:
        try:
            return dict(json.load(response))
        except ValueError as error:
            raise OSError(f"the answer of {url} is not JSON") from error


def wait_until_ready(why_not_ready: Callable[[], str], seconds: float) -> None:
    """Poll until ``why_not_ready`` returns an empty text; raise LabError with the last one."""
    deadline = time.monotonic() + seconds
    while True:
        reason = why_not_ready()
        if not reason:
            return
        if time.monotonic() > deadline:
            raise LabError(f"not ready after {seconds:.0f} s: {reason}")
        time.sleep(0.3)


def why_existing_not_ready(name: str) -> str:
    """Return why an existing server is not ready yet, empty if it is."""
    server = existing_server(name)
    if not server or not server["running"]:
        return "the server named in the environment does not answer"
    return "" if server["workers"] else "the server named in the environment has no worker online"
