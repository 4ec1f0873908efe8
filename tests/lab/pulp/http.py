# SPDX-License-Identifier: Apache-2.0
"""Ask a Pulp how it is, and wait for an existing one that was named in the environment."""

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
    """The Pulp that RELEASE_TRAIN_<NAME>_URL names, in the shape of ``status --json``, or None."""
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
    """Pulp's own status; raises OSError (URLError included) when it does not answer with JSON."""
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
            raise OSError(f"{url} answered something else than JSON") from error


def wait_until(what_is_missing: Callable[[], str], seconds: float) -> None:
    """Poll until ``what_is_missing`` gives an empty text; raises LabError with the last one."""
    deadline = time.monotonic() + seconds
    while True:
        missing = what_is_missing()
        if not missing:
            return
        if time.monotonic() > deadline:
            raise LabError(f"gave up after {seconds:.0f} s: {missing}")
        time.sleep(0.3)


def what_existing_lacks(name: str) -> str:
    """Why the existing server is not ready yet, empty when it is."""
    server = existing_server(name)
    if not server or not server["running"]:
        return "the server named in the environment does not answer"
    return "" if server["workers"] else "the server named in the environment has no worker online"
