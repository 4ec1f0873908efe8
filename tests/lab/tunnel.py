# SPDX-License-Identifier: Apache-2.0
"""A way to a server, over loopback, that can be slow, break, or alter what goes along it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType
from urllib.parse import urlsplit

_BLOCK = 64 * 1024


class Tunnel:
    """As a context, listens at `url` and hands everything on to the server at `target`, as bytes.

    `rate`: bytes a second towards the server, on each connection; `rate_back`: from there. `cut`:
    when so many bytes went there in all, every connection is cut, and every further one. `flip`:
    after so many bytes one is altered, once. `sent` counts bytes towards the server.
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
        """Wait until what a dead client sent has gone its way."""
        before = -1
        while before != self.sent:
            before = self.sent
            time.sleep(0.5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = self._listener.accept()
                far = socket.create_connection(self._target)
                for pair in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, outward: bool) -> None:
        with contextlib.suppress(OSError):
            while True:
                block = source.recv(_BLOCK)
                if not block:
                    break
                if outward:
                    block = self._worked_on(block)
                    if not block:
                        _reset(source)
                        break
                elif self.rate_back:
                    time.sleep(len(block) / self.rate_back)
                sink.sendall(block)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _worked_on(self, block: bytes) -> bytes:
        """What is handed on of a block; nothing when the connection is to be cut."""
        with self._lock:
            if self.cut is not None and self.sent + len(block) > self.cut:
                return b""
            self.sent += len(block)
            # A full block lies within a body: what is altered is no header.
            if self.flip is not None and self.sent > self.flip and len(block) == _BLOCK:
                self.flip = None
                block = bytes([block[0] ^ 1]) + block[1:]
        if self.rate:
            time.sleep(len(block) / self.rate)
        return block


def _reset(connection: socket.socket) -> None:
    """Break a connection off: the other side gets a reset, not an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00" + bytes(4))
    connection.close()
