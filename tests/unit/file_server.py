# SPDX-License-Identifier: Apache-2.0
"""A small HTTP server for files, with errors that a test can configure."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FileServer:
    """The content and the behaviour of the server, and the requests that it received.

    `cuts`: after how many bytes of each next answer the connection ends. `statuses`: what the next
    requests are answered instead. `ranges`: whether parts may be asked for. `lengths`: whether the
    length of a file is sent.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.cuts: list[int] = []
        self.statuses: list[int] = []
        self.ranges = True
        self.lengths = True
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    def headers(self, name: str) -> list[str | None]:
        """Return a header of each request."""
        return [headers.get(name) for _path, headers in self.requests]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: FileServer

    def log_message(self, format: str, *args: Any) -> None:
        """Do not log requests."""

    def do_GET(self) -> None:
        served, path = self.served, self.path
        served.requests.append((path, dict(self.headers)))
        if served.statuses:
            self._respond(served.statuses.pop(0), b"not now", {})
        elif path in served.redirects:
            self._respond(302, b"", {"Location": served.redirects[path]})
        elif path not in served.files:
            self._respond(404, b"404: Not Found", {})
        else:
            self._send(served.files[path])

    def _send(self, content: bytes) -> None:
        span = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if not span or not self.served.ranges:
            self._respond(200, content, {})
        elif int(span[1]) >= len(content):
            self._respond(416, b"", {"Content-Range": f"bytes */{len(content)}"})
        else:
            first, last, size = int(span[1]), len(content) - 1, len(content)
            part = {"Content-Range": f"bytes {first}-{last}/{size}"}
            self._respond(206, content[first:], part)

    def _respond(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        if self.served.lengths:
            headers = {**headers, "Content-Length": str(len(body))}
        else:
            self.close_connection = True
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if status in (200, 206) and self.served.cuts:
            body = body[: self.served.cuts.pop(0)]
            self.close_connection = True
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore connections that a client closes, as some tests do."""


@contextmanager
def file_server() -> Iterator[FileServer]:
    """Run a server on the loopback interface."""
    served = FileServer()
    server = _Server(("127.0.0.1", 0), type("Bound", (_Handler,), {"served": served}))
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
