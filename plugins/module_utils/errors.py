# SPDX-License-Identifier: Apache-2.0
"""The root of all errors that are meant for the operator, whichever layer raises them."""

from __future__ import annotations

import re

# Greedy, because a password that nobody encoded may hold an "@" of its own.
_URL_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]*@")
# Signed links of object stores, and keys of an API.
_URL_SECRETS = re.compile(
    r"([?&;][\w.%-]*(?:sig|credential|token|secret|passw|key|auth|hdnts)[\w.%-]*=)[^&#\s'\"]+",
    re.IGNORECASE,
)


class OperatorError(Exception):
    """An error whose text is fit to be shown: it needs no traceback and holds no credentials."""

    def __init__(self, message: str) -> None:
        super().__init__(redact(message))


def credentials_in(text: str) -> list[str]:
    """The user information of every URL in a text."""
    return _URL_CREDENTIALS.findall(text)


def redact(text: str) -> str:
    """Return `text` with asterisks for the user information of URLs, and for secrets in queries."""
    return _URL_SECRETS.sub(r"\1***", _URL_CREDENTIALS.sub("***@", text))
