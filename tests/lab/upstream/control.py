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
    """Return the status and the JSON text that answer one control request.

    - `GET status`: `{"pid", "url", "root"}`
    - `GET faults`: the faults in force; `POST`: add one, with the fields of `Fault`; `DELETE`: end
      those of `{"prefix": ...}`, or all
    - `GET requests`: `{path: count}`; `DELETE`: forget them
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
            return 405, json.dumps({"error": f"{method} {noun} is not offered"})
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

    Raises UpstreamError if there is no server, or if it refuses.
    """
    body = json.dumps(fields).encode() if fields else None
    request = urllib.request.Request(f"{url}{CONTROL}{noun}", data=body, method=method)
    # A proxy of the environment is not asked for loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise UpstreamError(f"The upstream server refuses: {error.read().decode()}") from None
    # A server that is being stopped breaks off anywhere.
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise UpstreamError(f"No upstream server answers at {url}: {error}") from None
