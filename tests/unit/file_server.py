# SPDX-License-Identifier: Apache-2.0
"""A small HTTP server of files that misbehaves when a test tells it to."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FileServer:
    """`files`: path -> bytes; `redirects`: path -> address; `asked`: (path, headers) in order.

    `cuts`: after how many bytes of each next answer the connection ends. `statuses`: what the next
    requests are answered instead. `ranges`: whether parts may be asked for.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.cuts: list[int] = []
        self.statuses: list[int] = []
        self.ranges = True
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    def headers(self, name: str) -> list[str | None]:
        """One header of each request."""
        return [headers.get(name) for _path, headers in self.asked]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: FileServer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        served, path = self.served, self.path
        served.asked.append((path, dict(self.headers)))
        if served.statuses:
            self._answer(served.statuses.pop(0), b"not now", {})
        elif path in served.redirects:
            self._answer(302, b"", {"Location": served.redirects[path]})
        elif path not in served.files:
            self._answer(404, b"404: Not Found", {})
        else:
            self._send(served.files[path])

    def _send(self, content: bytes) -> None:
        span = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if not span or not self.served.ranges:
            self._answer(200, content, {})
        elif int(span[1]) >= len(content):
            self._answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
        else:
            first, last, size = int(span[1]), len(content) - 1, len(content)
            part = {"Content-Range": f"bytes {first}-{last}/{size}"}
            self._answer(206, content[first:], part)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
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
        """A client that breaks a connection is what some tests are about."""


@contextmanager
def file_server() -> Iterator[FileServer]:
    """A running server on loopback."""
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
