# SPDX-License-Identifier: Apache-2.0
"""When a server is ready, and which errors are waited for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from plugins.module_utils.objects import status as pulp_status
from plugins.module_utils.pulp.errors import (
    InvalidItem,
    LostResponse,
    ResponseError,
    TLSError,
    Unreachable,
)

READY: dict[str, Any] = {
    "database_connection": {"connected": True},
    "online_workers": [{"name": "1"}, {"name": "2"}],
    "online_content_apps": [{"name": "3"}],
}


@pytest.fixture(autouse=True)
def _no_time_passes(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(pulp_status.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(
        pulp_status.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds)
    )


def responses(*parts: Any) -> Any:
    """Return a reader that returns or raises the parts in order, and then repeats the last one."""
    remaining: Iterator[Any] = iter([*parts, *[parts[-1]] * 1000])

    def read() -> Any:
        part = next(remaining)
        if isinstance(part, Exception):
            raise part
        return part

    return read


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, ""),
        ({"online_workers": [{"name": "1"}]}, "1 of 2 workers online"),
        ({"online_workers": None}, "0 of 2 workers online"),
        ({"online_content_apps": []}, "no content app online"),
        ({"database_connection": {"connected": False}}, "no connection to its database"),
    ],
)
def test_the_missing_parts_of_a_server_are_reported(changes, message):
    assert pulp_status.missing_parts({**READY, **changes}, 2) == message


def test_waiting_ends_as_soon_as_the_server_is_ready():
    starting = {**READY, "online_workers": []}
    read = responses(Unreachable("down"), ResponseError(502, "bad gateway"), starting, READY)
    assert pulp_status.wait_until_ready(read, 2, 60) == READY


def test_waiting_ends_with_the_timeout_and_reports_the_last_status():
    starting = {**READY, "online_workers": []}
    assert pulp_status.wait_until_ready(responses(starting), 2, 10) == starting
    with pytest.raises(Unreachable, match="still down"):
        pulp_status.wait_until_ready(responses(starting, Unreachable("still down")), 2, 10)


def test_without_a_timeout_the_status_is_read_once():
    with pytest.raises(Unreachable, match="down"):
        pulp_status.wait_until_ready(responses(Unreachable("down"), READY), 2, 0)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Unreachable("refused"), True),
        (LostResponse("cut off"), True),
        (ResponseError(503, "starting"), True),
        (ResponseError(404, "proxy without server"), True),
        (ResponseError(302, "redirected"), False),
        (TLSError("unknown authority"), False),
        (InvalidItem("no URL"), False),
    ],
)
def test_only_errors_of_a_starting_server_are_waited_for(error, expected):
    assert pulp_status.is_starting(error) is expected
