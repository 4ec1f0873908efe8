# SPDX-License-Identifier: Apache-2.0
"""Text from elsewhere on somebody's terminal: what would steer the terminal is made visible."""

from __future__ import annotations

import re

__all__ = ["printable"]

# C0 and C1 controls but for the tab, other ends of lines, and what turns the direction of text.
_STEERS = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def printable(line: str) -> str:
    """One line with each such character as Python writes it: `\\x1b`."""
    return _STEERS.sub(lambda found: found[0].encode("unicode_escape").decode(), line)
