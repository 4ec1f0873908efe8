# SPDX-License-Identifier: Apache-2.0
"""The upstream server in the background: it ends for good, whatever it is asked meanwhile."""

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
    """Give a test a server of its own, and end it."""
    monkeypatch.setenv("RELEASE_TRAIN_CACHE", str(tmp_path))
    yield
    daemon.stop()


@pytest.fixture(params=[b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", b"gone"])
def dying(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the address of a server that dies in the middle of its answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _client = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(request.param)

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_an_answer_that_breaks_off_is_no_answer(dying: str) -> None:
    with pytest.raises(UpstreamError, match="No upstream server answers at http://127"):
        control.call_control(dying, "status")


def test_a_server_that_is_asked_again_and_again_ends_and_gives_its_port_back() -> None:
    ports = set()
    for _time in range(3):
        running = daemon.start()
        ports.add(running["url"])
        ended = threading.Event()

        def ask(ended: threading.Event = ended) -> None:
            while not ended.is_set():
                daemon.status()

        askers = [threading.Thread(target=ask) for _number in range(4)]
        for asker in askers:
            asker.start()
        try:
            assert daemon.stop()
        finally:
            ended.set()
            for asker in askers:
                asker.join()
        stat = Path(f"/proc/{running['pid']}/stat")
        assert not stat.exists() or ") Z " in stat.read_text(encoding="utf-8")
    assert len(ports) == 1
    assert not daemon.stop()
