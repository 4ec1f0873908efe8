# SPDX-License-Identifier: Apache-2.0
"""The upstream server in the background: it stops under load, and broken responses are errors."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.upstream import control, daemon
from tests.lab.upstream.tools import UpstreamError


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test its own server, and stop it afterwards."""
    monkeypatch.setenv("RELEASE_TRAIN_CACHE", str(tmp_path))
    yield
    daemon.stop()


@pytest.fixture(params=[b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", b"gone"])
def broken_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the address of a server that closes the connection within its response."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def respond() -> None:
            connection, _client = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(request.param)

        thread = threading.Thread(target=respond)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_an_incomplete_response_is_an_error(broken_server: str) -> None:
    with pytest.raises(UpstreamError, match="No upstream server answers at http://127"):
        control.call_control(broken_server, "status")


def test_a_server_stops_and_frees_its_port_under_load() -> None:
    ports = set()
    for _time in range(3):
        running = daemon.start()
        ports.add(running["url"])
        ended = threading.Event()

        def poll(ended: threading.Event = ended) -> None:
            while not ended.is_set():
                daemon.status()

        clients = [threading.Thread(target=poll) for _number in range(4)]
        for client in clients:
            client.start()
        try:
            assert daemon.stop()
        finally:
            ended.set()
            for client in clients:
                client.join()
        stat = Path(f"/proc/{running['pid']}/stat")
        assert not stat.exists() or ") Z " in stat.read_text(encoding="utf-8")
    assert len(ports) == 1
    assert not daemon.stop()
