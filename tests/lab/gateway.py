# SPDX-License-Identifier: Apache-2.0
"""A reverse proxy before a Pulp, over loopback, that can fail as gateways do."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

_OWN_HEADERS = ("connection", "transfer-encoding", "content-length", "keep-alive")


class Gateway(ThreadingHTTPServer):
    """As a context, listens at `url` and hands requests on to the server at `target`.

    `on_change(number)` is called before each PATCH, the first is number 1; a status that it returns
    is the answer. `down_until`: the time (monotonic) until which the answer to everything is 502.
    """

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        parts = urlsplit(target)
        self.target = (str(parts.hostname), int(parts.port or 80))
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.on_change: Callable[[int], int | None] = lambda number: None
        self.down_until = 0.0
        self.changes = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Gateway:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown()
        self.server_close()

    def go_down(self, seconds: float) -> None:
        """Answer everything with 502 for some time."""
        self.down_until = time.monotonic() + seconds

    def refusal(self, method: str) -> int | None:
        """Return the status to answer with instead of the server, if any."""
        if time.monotonic() < self.down_until:
            return 502
        if method != "PATCH":
            return None
        with self._lock:
            self.changes += 1
            number = self.changes
        return self.on_change(number)


class _Handler(BaseHTTPRequestHandler):
    """Hands one request on."""

    protocol_version = "HTTP/1.1"
    server: Gateway

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status = self.server.refusal(self.command)
        if status:
            self._answer(status, [("Content-Type", "text/plain")], b"Bad Gateway")
            return
        connection = http.client.HTTPConnection(*self.server.target, timeout=120)
        try:
            connection.request(self.command, self.path, body or None, dict(self.headers.items()))
            response = connection.getresponse()
            self._answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _pass_on

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _OWN_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Print nothing."""
