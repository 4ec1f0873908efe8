# SPDX-License-Identifier: Apache-2.0
"""The run summary is as wide as the terminal, within limits."""

from __future__ import annotations

import pytest

from plugins.plugin_utils.run import terminal


@pytest.mark.parametrize(
    ("own", "ansible", "width"),
    [
        (0, 79, 150),  # a log
        (80, 79, 80),
        (120, 119, 120),
        (0, 119, 119),  # a task without the terminal
        (300, 299, 150),
        (20, 79, 60),
    ],
)
def test_the_width_is_that_of_the_terminal_or_of_a_log(monkeypatch, own, ansible, width):
    monkeypatch.setattr(terminal, "_WIDTH", own)
    monkeypatch.setattr(terminal.Display(), "columns", ansible, raising=False)
    assert terminal.screen_width() == width
