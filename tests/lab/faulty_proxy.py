# SPDX-License-Identifier: Apache-2.0
"""A proxy on loopback before a server, which cuts connections, or calls somebody, on the way."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

HOST = "127.0.0.1"
_PIECE = 16384


class FaultyProxy:
    """Passes bytes on to the server at `target` (a URL) while it is used as a context manager.

    `after` bytes that a client sent over one connection, or before a piece with the text `after`,
    `meanwhile` is called, and the connection is cut; both the first `times` times only. `cut` false
    leaves it at the call.
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
            back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                self._pass_on(client, server)
            _shut(server)
            back.join()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        seen = 0
        while piece := client.recv(_PIECE):
            before, seen = seen, seen + len(piece)
            after = self._after
            due = after in piece if isinstance(after, bytes) else before <= after < seen
            if due and self._take_turn():
                self._meanwhile()
                if self._cut:
                    _shut(client)
                    return
            server.sendall(piece)

    def _take_turn(self) -> bool:
        with self._lock:
            self.times_left -= 1
            return self.times_left >= 0


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    _shut(target)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
