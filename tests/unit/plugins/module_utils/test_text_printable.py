# SPDX-License-Identifier: Apache-2.0
"""Text of others cannot control a terminal."""

from __future__ import annotations

import pytest

from plugins.module_utils.text import printable


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("\x1b[2J\x1b]0;title\x07gone", r"\x1b[2J\x1b]0;title\x07gone"),
        ("a\r\nb\x9b31m\x7f", r"a\r\nb\x9b31m\x7f"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("Zürich\t日本 …", "Zürich\t日本 …"),
    ],
)
def test_control_characters_are_escaped_and_the_rest_is_kept(line, shown):
    assert printable(line) == shown
