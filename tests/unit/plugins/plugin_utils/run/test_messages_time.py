# SPDX-License-Identifier: Apache-2.0
"""The time for the error of an item grows with their length, not with its square."""

from __future__ import annotations

import time

import pytest

from plugins.plugin_utils.run.messages import item_message, module_message

SHORT, TIMES = 1_000, 8


def seconds(function, text):
    """Return the shortest time of some calls."""
    times = []
    for _attempt in range(2):
        start = time.perf_counter()
        function(text)
        times.append(time.perf_counter() - start)
    return min(times)


PARTS = [
    "a",
    "tmp",
    "-tmp",
    "tmp12345678",
    "\n",
    "(task /",
    "task /",
    "/tasks/",
    "Origin: ",
    "Error while resolving value for '",
    "Error was a <class '",
    "' is undefined ",
    "'",
]


@pytest.mark.parametrize("function", [item_message])
@pytest.mark.parametrize("part", PARTS)
def test_long_texts_take_time_in_proportion_to_their_length(function, part):
    # Not stripped: text is around it.
    short, long = (f"x{part * (size // len(part))}x" for size in (SHORT, SHORT * TIMES))
    # A square would be 64 times as long; very short times are not compared.
    assert seconds(function, long) < TIMES * 3 * max(seconds(function, short), 0.002)


@pytest.mark.parametrize("part", PARTS)
def test_the_time_for_the_error_of_a_task_is_limited(part):
    medium, long = (f"x{part * (size // len(part))}x" for size in (20_000, 2_000_000))
    assert seconds(module_message, long) < 3 * seconds(module_message, medium) + 0.1
