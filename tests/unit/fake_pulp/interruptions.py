# SPDX-License-Identifier: Apache-2.0
"""Interrupt a run at each of its requests in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import Any

from plugins.module_utils.pulp.errors import LostResponse, ResponseError, Unreachable

from .pulp import FakePulp

INTERRUPTIONS: dict[str, dict[str, Any]] = {
    "the request is refused": {"raises": ResponseError(400, "refused")},
    "the request does not arrive": {"raises": Unreachable("unreachable")},
    "the response is lost": {"raises": LostResponse("broke"), "carried_out": True},
    "the task fails": {"fails": "out of order"},
    "the run is killed": {"raises": Unreachable("killed"), "times": inf},
    "the run is killed after the request": {
        "raises": LostResponse("killed"),
        "carried_out": True,
        "times": inf,
    },
}
"""Name of an interruption -> the rule for `FakePulp.on`."""


def interrupted(
    prepare: Callable[[], FakePulp], run: Callable[[FakePulp], str], interruption: str
) -> Iterator[tuple[FakePulp, str]]:
    """Prepare a Pulp and run once for each request of a run, and interrupt this request.

    Yield the Pulp, without the interruption, and the error of `run`.
    """
    uninterrupted = prepare()
    assert run(uninterrupted) == ""
    for number in range(len(uninterrupted.requests)):
        pulp = prepare()
        pulp.on("", "", skip=number, **INTERRUPTIONS[interruption])
        error = run(pulp)
        pulp.rules.clear()
        yield pulp, error
