# SPDX-License-Identifier: Apache-2.0
"""A loopback proxy in front of a server, which cuts connections or calls a function."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

HOST = "127.0.0.1"
_CHUNK_SIZE = 16384


class FaultyProxy:
    """Forwards bytes to the server at `target` (a URL) while it is used as a context manager.

    When a client has sent `after` bytes over one connection, or the bytes `after`, the proxy calls
    `meanwhile` and cuts the connection. This happens `times` times in total. If `cut` is false, the
    proxy only calls the function and then continues to forward.
    """

    def __init__(
        self,
        target: str,
        after: int | bytes,
        times: int = 1,
        cut: bool = True,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or HOST, parts.port or 80)
        self._after, self._cut, self._meanwhile = after, cut, meanwhile
        self.times_left = times
        self._lock = threading.Lock()
        self._listener = socket.create_server((HOST, 0))
        self.url = f"{parts.scheme}://{HOST}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> FaultyProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._target) as server:
            responses = threading.Thread(target=_forward, args=(server, client), daemon=True)
            responses.start()
            with contextlib.suppress(OSError):
                self._forward_requests(client, server)
            _shut_down(server)
            responses.join()

    def _forward_requests(self, client: socket.socket, server: socket.socket) -> None:
        seen = 0
        while chunk := client.recv(_CHUNK_SIZE):
            before, seen = seen, seen + len(chunk)
            after = self._after
            due = after in chunk if isinstance(after, bytes) else before <= after < seen
            if due and self._count_down():
                self._meanwhile()
                if self._cut:
                    _shut_down(client)
                    return
            server.sendall(chunk)

    def _count_down(self) -> bool:
        with self._lock:
            self.times_left -= 1
            return self.times_left >= 0


def _forward(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK_SIZE):
            target.sendall(chunk)
    _shut_down(target)


def _shut_down(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
