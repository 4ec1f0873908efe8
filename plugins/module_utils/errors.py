# SPDX-License-Identifier: Apache-2.0
"""The base class of all errors shown to the operator, and redaction of credentials in texts."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .text import printable_lines

# Greedy, because a password that is not percent-encoded may contain an "@".
_URL_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]*@")
# A password that is not percent-encoded: what follows the first colon is no port. The number of
# characters is limited, so that the expression needs linear time.
_RAW_CREDENTIALS = re.compile(
    r"(?<=://)(?!\[)(?![^/?#\s]*@)[^/?#\s@:]*:(?!\d{0,5}(?:[/\s:,;.)'\"\]>]|$))"
    r"(?:(?!://)[^\n]){1,256}@"
)
# Signed links of object stores, and API keys. Two expressions, because one that searches a name for
# a word needs quadratic time.
_QUERY_VALUE = re.compile(r"([?&;])([\w.%-]*)=([^&#\s'\"]+)")
_SECRET_NAME = re.compile(
    r"sig|credential|token|secret|passw|key|auth|hdnts",
    re.IGNORECASE,
)

_QUERY = re.compile(r"\?[^#\s'\"]+")
# A shorter value would be masked within other words.
_MIN_SECRET_LENGTH = 8


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


def redact(text: str) -> str:
    """Return `text` with the user information and the secret query values of URLs masked."""
    text = _URL_CREDENTIALS.sub("***@", _RAW_CREDENTIALS.sub("***@", text))
    return _QUERY_VALUE.sub(_masked, text)


def has_unclear_credentials(url: str) -> bool:
    """Return whether a URL has an "@" and cannot be parsed.

    It may have a password with special characters that are not percent-encoded.
    """
    if "@" not in url:
        return False
    try:
        parts = urlsplit(url)
        is_complete = parts.scheme == "file" or (parts.scheme and parts.hostname)
        parts.port  # noqa: B018 - it raises ValueError
    except ValueError:
        return True
    return not is_complete or bool(re.search(r"\s", parts.netloc)) or "@" in parts.fragment


def redact_url(url: str) -> str:
    """Return a URL as it may be shown; of one that cannot be parsed all before the last "@" is masked."""
    return f"***@{url.rpartition('@')[2]}" if has_unclear_credentials(url) else redact(url)


def secrets_in(url: str) -> list[str]:
    """Return the user information (`user:password@`) and the secret query values of a URL."""
    found = _URL_CREDENTIALS.findall(url) + _RAW_CREDENTIALS.findall(url)
    if has_unclear_credentials(url):
        found.append(url[: url.rindex("@") + 1])
    for _separator, name, value in _QUERY_VALUE.findall(url):
        if _SECRET_NAME.search(name) and len(value) >= _MIN_SECRET_LENGTH:
            found.append(value)
    return found


def without_query(text: str) -> str:
    """Return a text with the queries of its URLs masked as a whole, and with `redact_url`."""
    return _QUERY.sub("?***", redact_url(text)) if "://" in text else text


def _masked(found: re.Match[str]) -> str:
    separator, name, _value = found.groups()
    return f"{separator}{name}=***" if _SECRET_NAME.search(name) else found[0]
