# SPDX-License-Identifier: Apache-2.0
"""One connection to the server: answers with files, and the effects of faults on them."""

from __future__ import annotations

import base64
import html
import io
import os
import re
import socket
import struct
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from .control import CONTROL, answer_control
from .fault import Fault

if TYPE_CHECKING:
    from .server import UpstreamServer

CHUNK = 65536
TYPES = {".xml": "text/xml", ".html": "text/html; charset=utf-8", ".txt": "text/plain"}


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD with files below the root, and `/_control/` with `answer_control`."""

    protocol_version = "HTTP/1.1"
    server_version = "upstream"
    sys_version = ""
    # With Nagle's algorithm a body that follows its header waits for the client's delayed ACK.
    disable_nagle_algorithm = True
    timeout = 300

    def do_GET(self) -> None:
        """Answer one request."""
        self._answer()

    do_HEAD = do_POST = do_DELETE = do_GET

    def log_message(self, *_arguments: object) -> None:
        """Print nothing: requests are recorded."""

    @property
    def upstream(self) -> UpstreamServer:
        """The server of this connection."""
        return self.server.upstream  # type: ignore[attr-defined,no-any-return]

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        self.route, self.query = unquote(parts.path), parts.query
        if self.route.startswith(CONTROL):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, text = answer_control(self.upstream, self.command, self.route, body)
            self._send_text(status, text, {"Content-Type": "application/json"})
            return
        required = self.upstream.faults.credentials(self.route)
        if required and not self._has_credentials(required):
            challenge = {"WWW-Authenticate": 'Basic realm="upstream"'}
            self._send_text(401, "Unauthorized\n", challenge)
            return
        fault = self.upstream.faults.use(self.route)
        time.sleep(fault.delay)
        if fault.status is not None:
            self._send_text(fault.status, f"Fault {fault.status}\n")
        elif self.command not in ("GET", "HEAD"):
            self._send_text(405, "Method not allowed\n")
        else:
            self._send_path(fault)

    def _has_credentials(self, required: Fault) -> bool:
        wanted = f"{required.username}:{required.password}"
        scheme, _space, given = self.headers.get("Authorization", "").partition(" ")
        try:
            sent = base64.b64decode(given)
        except ValueError:
            return False
        # RFC 7617 does not define the encoding: curl sends UTF-8, Pulp's aiohttp sends Latin-1.
        known = [wanted.encode(), wanted.encode("latin-1", "ignore")]
        return scheme.lower() == "basic" and sent in known

    def _send_path(self, fault: Fault) -> None:
        names = [name for name in self.route.split("/") if name]
        path = self.upstream.root.joinpath(*names)
        if any(name.startswith(".") for name in names):
            self._send_text(404, "Not found\n")
        elif path.is_dir() and not self.route.endswith("/"):
            self._send_text(301, "", {"Location": urlsplit(self.path).path + "/"})
        elif path.is_dir():
            self._send_text(200, _listing(path), {"Content-Type": TYPES[".html"]})
        else:
            try:
                with path.open("rb") as handle:
                    self._send_file(handle, path, fault)
            except (FileNotFoundError, NotADirectoryError):
                self._send_text(404, "Not found\n")

    def _send_file(self, handle: BinaryIO, path: Path, fault: Fault) -> None:
        # Of the open file, because the state can be replaced at any time.
        modified = formatdate(int(os.fstat(handle.fileno()).st_mtime), usegmt=True)
        size = handle.seek(0, io.SEEK_END)
        if fault.truncate is not None:
            size = min(size, fault.truncate)
        headers = {
            "Content-Type": TYPES.get(path.suffix, "application/octet-stream"),
            "Last-Modified": modified,
            "Accept-Ranges": "bytes",
        }
        # Only if equal, like nginx: a client with a newer file gets this one.
        if self.headers.get("If-Modified-Since") == modified and "Range" not in self.headers:
            self._send_head(304, headers, 0)
            return
        fresh = self.headers.get("If-Range") in (None, modified)
        span = _span(self.headers.get("Range", ""), size) if fresh else None
        start, end = span or (0, size)
        if span and start >= end:
            self._send_text(416, "", {"Content-Range": f"bytes */{size}"})
            return
        if span:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        status = 206 if span else 200
        self._send_head(status, headers, end - start)
        if self.command == "GET":
            handle.seek(start)
            self._send_body(handle, end - start, fault)

    def _send_body(self, handle: BinaryIO, length: int, fault: Fault) -> None:
        """Send up to `length` bytes, as many and as fast as the fault allows."""
        stops = [stop for stop in (fault.cut, fault.close) if stop is not None]
        allowed = min([length, *stops])
        chunk = CHUNK if fault.rate is None else max(1, min(CHUNK, fault.rate // 10))
        sent = 0
        while sent < allowed:
            block = handle.read(min(chunk, allowed - sent))
            if not block:
                break
            if fault.flip is not None and 0 <= fault.flip - handle.tell() + len(block) < len(block):
                block = _flipped(block, fault.flip - handle.tell() + len(block))
            self.wfile.write(block)
            sent += len(block)
            if fault.rate:
                time.sleep(len(block) / fault.rate)
        if stops:
            self.close_connection = True
            if fault.cut is not None:
                # A linger time of zero makes the close below a reset.
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()

    def _send_text(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        body = text.encode()
        if self.command not in ("GET", "HEAD"):
            # The body of the request is possibly not read yet.
            self.close_connection = True
        self._send_head(status, {"Content-Type": "text/plain", **(headers or {})}, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send_head(self, status: int, headers: dict[str, str], length: int) -> None:
        if not self.route.startswith(CONTROL):
            self.upstream.record(self.command, self.route, self.query, status, length)
        self.send_response(status)
        lengths = {} if status == 304 else {"Content-Length": str(length)}
        closing = {"Connection": "close"} if self.close_connection else {}
        for name, value in {**headers, **lengths, **closing}.items():
            self.send_header(name, value)
        self.end_headers()


def _span(header: str, size: int) -> tuple[int, int] | None:
    """Return the half-open span of a Range header; empty if it is outside the file.

    None means the whole file: without a header, with several ranges, or with an invalid header
    (RFC 9110 allows a server to ignore it).
    """
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    if not match or match[0] == "bytes=-":
        return None
    if not match[1]:
        return max(0, size - int(match[2])), size
    return int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)


def _flipped(block: bytes, index: int) -> bytes:
    return block[:index] + bytes([block[index] ^ 1]) + block[index + 1 :]


def _listing(directory: Path) -> str:
    names = sorted(
        html.escape(path.name + ("/" if path.is_dir() else ""))
        for path in directory.iterdir()
        if not path.name.startswith(".")
    )
    return "".join(f'<a href="{name}">{name}</a><br>\n' for name in names)
