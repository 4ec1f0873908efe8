# SPDX-License-Identifier: Apache-2.0
"""A loopback tunnel to a server that can be slow, break connections, or alter bytes."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType
from urllib.parse import urlsplit

_BLOCK = 64 * 1024


class Tunnel:
    """Listens at `url` while used as a context manager, and forwards bytes to the server `target`.

    `rate` limits the bytes per second to the server on each connection, `rate_back` those from the
    server. After `cut` bytes to the server in total, each connection that sends more is reset.
    After `flip` bytes, one byte is altered, once. `sent` counts the bytes to the server.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (str(parts.hostname), int(parts.port or 80))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.sent = 0
        self.rate: int | None = None
        self.rate_back: int | None = None
        self.cut: int | None = None
        self.flip: int | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Tunnel:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()

    def drain(self) -> None:
        """Wait until everything that a killed client sent is forwarded."""
        before = -1
        while before != self.sent:
            before = self.sent
            time.sleep(0.5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                server = socket.create_connection(self._target)
                for pair in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, to_server: bool) -> None:
        with contextlib.suppress(OSError):
            while True:
                block = source.recv(_BLOCK)
                if not block:
                    break
                if to_server:
                    block = self._process(block)
                    if not block:
                        _reset(source)
                        break
                elif self.rate_back:
                    time.sleep(len(block) / self.rate_back)
                sink.sendall(block)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _process(self, block: bytes) -> bytes:
        """Return the bytes to forward of a block; none if the connection must be reset."""
        with self._lock:
            if self.cut is not None and self.sent + len(block) > self.cut:
                return b""
            self.sent += len(block)
            # A full block is part of a body: headers are never altered.
            if self.flip is not None and self.sent > self.flip and len(block) == _BLOCK:
                self.flip = None
                block = bytes([block[0] ^ 1]) + block[1:]
        if self.rate:
            time.sleep(len(block) / self.rate)
        return block


def _reset(connection: socket.socket) -> None:
    """Close a connection with a reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00" + bytes(4))
    connection.close()
