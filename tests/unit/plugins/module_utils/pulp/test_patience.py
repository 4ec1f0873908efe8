# SPDX-License-Identifier: Apache-2.0
"""Requests are repeated while the server is down, but not without an end."""

from __future__ import annotations

import pytest

from plugins.module_utils.pulp.errors import (
    AuthenticationError,
    LostResponse,
    PulpError,
    ResponseError,
    TLSError,
    Unreachable,
)
from plugins.module_utils.pulp.patience import Patience
from plugins.module_utils.pulp.tasks import PollIntervals


class Server:
    """Raises these errors, one after the other, and then answers. Each request takes a second."""

    def __init__(self, monkeypatch, *errors: PulpError) -> None:
        self.errors = list(errors)
        self.requests = 0
        self.now = 0.0
        self.patience = Patience(PollIntervals(longest=2, outage=10), self.sleep)
        monkeypatch.setattr("time.monotonic", lambda: self.now)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def answer(self) -> str:
        self.requests += 1
        self.now += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


@pytest.mark.parametrize(
    "error", [ResponseError(502, "Bad Gateway"), Unreachable("down"), LostResponse("broke")]
)
def test_an_outage_is_waited_for(monkeypatch, error):
    server = Server(monkeypatch, error, error, error)
    assert server.patience.call(server.answer) == "answer"


@pytest.mark.parametrize(
    "error", [ResponseError(404, "not there"), TLSError("untrusted"), AuthenticationError("who")]
)
def test_a_permanent_error_is_raised_at_once(monkeypatch, error):
    server = Server(monkeypatch, error)
    with pytest.raises(type(error)):
        server.patience.call(server.answer)
    assert server.requests == 1


def test_all_requests_share_the_time_of_one_outage(monkeypatch):
    server = Server(monkeypatch, *[Unreachable("down")] * 100)
    with pytest.raises(Unreachable):
        server.patience.call(server.answer)
    assert 10 < server.now < 15
    server.requests = 0
    with pytest.raises(Unreachable):
        server.patience.call(server.answer)
    assert server.requests == 1


def test_the_next_outage_gets_the_whole_time_again(monkeypatch):
    server = Server(monkeypatch, *[Unreachable("down")] * 3)
    server.patience.call(server.answer)
    server.now += 60
    server.errors = [Unreachable("down")] * 3
    assert server.patience.call(server.answer) == "answer"
