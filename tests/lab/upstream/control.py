# SPDX-License-Identifier: Apache-2.0
"""The control endpoint of a server, `/_control/`, and how to call it from another process."""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.request
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .tools import UpstreamError

if TYPE_CHECKING:
    from .server import UpstreamServer

CONTROL = "/_control/"


def answer_control(server: UpstreamServer, method: str, path: str, body: bytes) -> tuple[int, str]:
    """Return the HTTP status and the JSON text for one control request.

    - `GET status`: `{"pid", "url", "root"}`
    - `GET faults`: the active faults; `POST`: add one, with the fields of `Fault`; `DELETE`:
      remove those of `{"prefix": ...}`, or all
    - `GET requests`: `{path: count}`; `DELETE`: discard them
    """
    noun = path[len(CONTROL) :]
    try:
        sent = json.loads(body) if body else {}
        if (method, noun) == ("POST", "faults"):
            server.fault(**sent)
        elif (method, noun) == ("DELETE", "faults"):
            server.clear(sent.get("prefix"))
        elif (method, noun) == ("DELETE", "requests"):
            server.forget()
        elif method != "GET":
            return 405, json.dumps({"error": f"{method} {noun} is not supported"})
    except (TypeError, ValueError) as error:
        return 400, json.dumps({"error": str(error)})
    answers: dict[str, Any] = {
        "status": {"pid": os.getpid(), "url": server.url, "root": str(server.root)},
        "faults": [asdict(fault) for fault in server.faults.active()],
        "requests": dict(server.requests),
    }
    if noun not in answers:
        return 404, json.dumps({"error": f"no control called '{noun}'"})
    return 200, json.dumps(answers[noun])


def call_control(url: str, noun: str, method: str = "GET", **fields: Any) -> Any:
    """Call the control endpoint of the server at `url` and return its answer.

    Raises UpstreamError if there is no server, or if it rejects the request.
    """
    body = json.dumps(fields).encode() if fields else None
    request = urllib.request.Request(f"{url}{CONTROL}{noun}", data=body, method=method)
    # Do not use the environment's proxy for loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise UpstreamError(
            f"The upstream server rejected the request: {error.read().decode()}"
        ) from None
    # A server that is being stopped can close the connection at any time.
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise UpstreamError(f"No upstream server answers at {url}: {error}") from None
