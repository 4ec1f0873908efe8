# SPDX-License-Identifier: Apache-2.0
"""The root of all errors that are meant for the operator, whichever layer raises them."""

from __future__ import annotations

import re

__all__ = ["OperatorError", "redact"]

# Greedy, because a password that nobody encoded may hold an "@" of its own.
_URL_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]*@")


class OperatorError(Exception):
    """An error whose text is fit to be shown: it needs no traceback and holds no credentials."""

    def __init__(self, message: str) -> None:
        super().__init__(redact(message))


def redact(text: str) -> str:
    """Return `text` with the user information of every URL replaced by asterisks."""
    return _URL_CREDENTIALS.sub("***@", text)
