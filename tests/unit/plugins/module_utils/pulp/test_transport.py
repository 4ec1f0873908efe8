# SPDX-License-Identifier: Apache-2.0
"""Servers that send too much: limits of size, of unpacked size, of pages and of time."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
from contextlib import contextmanager

import pytest
import urllib3

from plugins.module_utils.container.registry import Registry
from plugins.module_utils.errors import redact
from plugins.module_utils.pulp.client import PulpClient
from plugins.module_utils.pulp.connection import Connection
from plugins.module_utils.pulp.errors import PulpError, ResponseError, error_text
from plugins.module_utils.pulp.transport import MAX_BODY_SIZE, MAX_ERROR_SIZE
from plugins.module_utils.text import printable
from tests.unit.pulp_http_server import PASSWORD, USERNAME, Reply

MIB = 1024 * 1024
ACCOUNT = {"username": USERNAME, "password": PASSWORD}


@contextmanager
def raw_server(head: bytes, block: bytes = b"", repeat: int = 0, pause: float = 0):
    """A server that sends these bytes to each request, until the client closes the connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    sent = [0]

    def answer(connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(65536)
                connection.sendall(head)
                for _number in range(repeat):
                    connection.sendall(block)
                    sent[0] += len(block)
                    time.sleep(pause)
            except OSError:
                pass

    def serve() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", sent
    finally:
        listener.close()


def client_of(url: str, **options) -> PulpClient:
    return PulpClient(Connection(url, **options), sleep=lambda _seconds: None)


def head(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *headers, "", ""]).encode()


def test_a_body_without_an_end_is_refused_early():
    with raw_server(head("200 OK"), b"x" * MIB, 512) as (url, sent):
        with pytest.raises(PulpError, match="of more than 32 MiB"):
            client_of(url).get("tasks/")
        assert sent[0] < 2 * MAX_BODY_SIZE


def test_a_body_that_is_announced_as_too_large_is_not_read():
    size = "Content-Length: 99999999999"
    with raw_server(head("200 OK", size), b"x" * MIB, 512) as (url, sent):
        with pytest.raises(PulpError, match="of more than 32 MiB"):
            client_of(url).get("tasks/")
        assert sent[0] < 16 * MIB


def test_a_small_body_that_unpacks_to_gibibytes_takes_no_memory():
    bomb = gzip.compress(bytes(512 * MIB), compresslevel=9)
    with raw_server(head("200 OK", "Content-Encoding: gzip") + bomb) as (url, _sent):
        tracemalloc.start()
        try:
            with pytest.raises(PulpError, match="of more than 32 MiB"):
                client_of(url).get("tasks/")
            assert tracemalloc.get_traced_memory()[1] < 3 * MAX_BODY_SIZE
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("status", ["500 Broken", "404 Not Found", "302 Found"])
def test_only_the_beginning_of_an_error_page_is_read(status):
    with raw_server(head(status, "Location: /x"), b"why " * MIB, 64) as (url, sent):
        with pytest.raises(ResponseError) as caught:
            client_of(url).get("tasks/")
        assert sent[0] < 200 * MAX_ERROR_SIZE
        assert len(str(caught.value)) < 3000


def test_a_packed_body_is_unpacked(pulp):
    packed = gzip.compress(b'{"results": [{"name": "packed"}], "next": null}')
    size = f"Content-Length: {len(packed)}"
    with raw_server(head("200 OK", size, "Content-Encoding: gzip") + packed) as (url, _sent):
        assert client_of(url).list("tasks/") == [{"name": "packed"}]


def test_a_damaged_packed_body_is_a_broken_connection():
    damaged = head("200 OK", "Content-Encoding: gzip") + b"no gzip"
    with raw_server(damaged) as (url, _sent), pytest.raises(PulpError, match="broke"):
        client_of(url).get("tasks/")


def test_a_body_that_drips_slowly_ends_with_the_timeout():
    started = time.monotonic()
    late = pytest.raises(PulpError, match="did not answer within")
    with raw_server(head("200 OK"), b" ", 600, 0.1) as (url, _sent), late:
        client_of(url, timeout=0.5).post("tasks/")
    assert time.monotonic() - started < 10


def test_a_list_whose_pages_never_end_is_an_error(pulp):
    pages = {"count": 100, "next": "http://again", "results": [{"name": "a"}] * 5000}
    pulp.answer("GET", "tasks/", pages)
    with pytest.raises(ResponseError, match="does not end: the server sent 10000 entries"):
        client_of(pulp.url, **ACCOUNT).list("tasks/")


def test_a_list_that_grows_while_it_is_read_is_complete(pulp):
    def page(request):
        offset = int(request.query["offset"])
        names = [{"name": str(number)} for number in range(offset, min(offset + 2, 7))]
        return Reply(body={"count": 5, "results": names, "next": offset + 2 < 7 or None})

    pulp.routes["GET", "tasks/"] = page
    assert len(client_of(pulp.url, **ACCOUNT).list("tasks/", {"limit": 2})) == 7


def test_deeply_nested_json_is_an_answer_of_another_server(pulp):
    pulp.routes["GET", "tasks/"] = lambda _request: Reply(body="[" * 200_000)
    with pytest.raises(ResponseError, match="not from a Pulp server"):
        client_of(pulp.url, **ACCOUNT).get("tasks/")


def test_the_tags_of_a_registry_that_repeats_a_page_are_an_error(pulp):
    page = {"token": "t", "tags": [str(number) for number in range(1000)]}
    pulp.reply = lambda _request: Reply(body=page)
    registry = Registry(Connection(pulp.url), ["a/b"], sleep=lambda _seconds: None)
    with pytest.raises(ResponseError, match="does not end"):
        registry.tags("a/b")


def nested(depth: int) -> list:
    answer: list = ["deep"]
    for _level in range(depth):
        answer = [answer]
    return answer


def test_a_deeply_nested_error_has_a_text():
    assert error_text(nested(5000)) == "..."
    assert len(error_text({"a" * 900: ["b" * 900] * 1000})) == 2000


@pytest.mark.parametrize(
    "expand",
    [
        lambda size: "<script>" * size,
        lambda size: "<script " * size + "</script>",
        lambda size: "<a" * size,
        lambda size: "<!" * size,
        lambda size: "</" * size,
        lambda size: "?" + "sig" * size,
        lambda size: "?a=sig&" * size,
        lambda size: "http://" * size,
        lambda size: "http://a:b" * size,
        lambda size: "http://" + "a:" * size,
        lambda size: "://" + "a" * size + "@" * size,
        lambda size: "\x1b" * size,
    ],
)
@pytest.mark.parametrize(
    "function", [error_text, redact, printable, lambda text: str(PulpError(text))]
)
def test_the_time_for_a_hostile_text_grows_with_its_length(function, expand):
    def seconds(size: int) -> float:
        text = expand(size)
        began = time.thread_time()
        function(text)
        return time.thread_time() - began

    small = max(min(seconds(4_000) for _try in range(3)), 0.0005)
    # 8 times the length: a quadratic expression needs 64 times as long.
    assert min(seconds(32_000) for _try in range(3)) < 32 * small


@pytest.fixture
def _older_urllib3(monkeypatch):
    """urllib3 before 2.1, which has no way to read what has arrived."""
    for kind in urllib3.HTTPResponse.__mro__:
        if "read1" in vars(kind):
            monkeypatch.delattr(kind, "read1")


@pytest.mark.usefixtures("_older_urllib3")
def test_the_limits_hold_with_an_older_urllib3(pulp):
    packed = gzip.compress(b'{"results": [{"name": "packed"}], "next": null}')
    with raw_server(head("200 OK", "Content-Encoding: gzip") + packed) as (url, _sent):
        assert client_of(url).list("tasks/") == [{"name": "packed"}]
    with raw_server(head("200 OK"), b"x" * MIB, 512) as (url, sent):
        with pytest.raises(PulpError, match="of more than 32 MiB"):
            client_of(url).get("tasks/")
        assert sent[0] < 2 * MAX_BODY_SIZE
