# SPDX-License-Identifier: Apache-2.0
"""The base class of all errors shown to the operator, and redaction of credentials in texts."""

from __future__ import annotations

import re

from .text import printable_lines

# Greedy, because a password that is not percent-encoded may contain an "@".
_URL_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]*@")
# Signed links of object stores, and API keys. Two expressions, because one that searches a name for
# a word needs quadratic time.
_QUERY_VALUE = re.compile(r"([?&;])([\w.%-]*)=([^&#\s'\"]+)")
_SECRET_NAME = re.compile(
    r"sig|credential|token|secret|passw|key|auth|hdnts",
    re.IGNORECASE,
)


class OperatorError(Exception):
    """An error that is shown without a traceback.

    Credentials in its message are redacted, and control characters, which a server may have sent to
    the terminal, are escaped.
    """

    def __init__(self, message: str) -> None:
        super().__init__(shown(message))


class InvalidArguments(OperatorError):
    """Arguments of a module were refused. One may be a secret under a misspelt name: show none."""


def shown(text: str) -> str:
    """Return a text from outside as it may be shown: redacted, and without control characters."""
    return printable_lines(redact(text))


def credentials_in(text: str) -> list[str]:
    """Return the user information (`user:password@`) of every URL in a text."""
    return _URL_CREDENTIALS.findall(text)


def redact(text: str) -> str:
    """Return `text` with the user information and the secret query values of URLs masked."""
    return _QUERY_VALUE.sub(_masked, _URL_CREDENTIALS.sub("***@", text))


def _masked(found: re.Match[str]) -> str:
    separator, name, _value = found.groups()
    return f"{separator}{name}=***" if _SECRET_NAME.search(name) else found[0]
