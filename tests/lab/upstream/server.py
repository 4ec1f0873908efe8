# SPDX-License-Identifier: Apache-2.0
"""A server of a directory over HTTP on loopback, which injects faults and records requests."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .fault import Fault, Faults
from .handler import Handler

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Request:
    """One request, and the status and length of its answer; `path` is decoded, without the query.

    It is recorded before the answer is sent, so that a client that has the answer finds it.
    """

    method: str
    path: str
    query: str
    status: int
    length: int


class UpstreamServer:
    """Serves the directory `root` as a context manager, or from `start` to `stop`.

    `port` 0 means a free port. Names that begin with a dot are not served.
    """

    def __init__(self, root: Path | str, port: int = 0) -> None:
        self.root = Path(root).absolute()
        self.faults = Faults()
        self._log: list[Request] = []
        self._lock = threading.Lock()
        self._http = _Server((HOST, port), Handler)
        self._http.upstream = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> UpstreamServer:
        self.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start answering requests in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering requests, close all connections and release the port."""
        self._http.shutdown()
        self._http.server_close()
        self._http.close_connections()
        self._thread.join()

    @property
    def port(self) -> int:
        """The port in use."""
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """The URL of the root, without a trailing slash."""
        return f"http://{HOST}:{self.port}"

    def fault(self, prefix: str, **options: Any) -> None:
        """Activate a fault for a prefix or pattern; the options are the fields of `Fault`."""
        self.faults.add(Fault(prefix, **options))

    def clear(self, prefix: str | None = None) -> None:
        """Remove the faults of `prefix`, or all; recorded requests are kept."""
        self.faults.clear(prefix)

    @property
    def log(self) -> list[Request]:
        """All requests since the last `forget`, in order."""
        with self._lock:
            return list(self._log)

    @property
    def requests(self) -> Counter[str]:
        """The number of requests for each path since the last `forget`."""
        return Counter(request.path for request in self.log)

    def forget(self) -> None:
        """Discard the recorded requests."""
        with self._lock:
            self._log.clear()

    def record(self, method: str, path: str, query: str, status: int, length: int) -> None:
        """Record a request."""
        with self._lock:
            self._log.append(Request(method, path, query, status, length))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Pulp opens many connections at once.
    request_queue_size = 128
    upstream: UpstreamServer

    def __init__(self, address: tuple[str, int], handler: type[Handler]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer the requests of one connection, in a new thread."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close one connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Close all connections, because requests of a persistent connection are still answered."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do not print errors: clients that disconnect are expected."""
