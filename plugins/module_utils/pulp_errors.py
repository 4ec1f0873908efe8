# SPDX-License-Identifier: Apache-2.0
"""What can go wrong when talking to Pulp, each with a message for the operator."""

from __future__ import annotations

import re
from typing import Any

__all__ = [
    "AuthenticationError",
    "InvalidItem",
    "LostAnswer",
    "PulpError",
    "Refused",
    "ResponseError",
    "TaskFailed",
    "TaskTimeout",
    "Unreachable",
    "redact",
    "words_of",
]

_URL_CREDENTIALS = re.compile(r"(?<=://)[^/@\s'\"]+(?=@)")
_MARKUP = re.compile(r"<(script|style).*?</\1>|<[^>]+>", re.DOTALL | re.IGNORECASE)
_LONGEST_ANSWER = 2000


class PulpError(Exception):
    """Base of all errors of this layer; its text is fit to be shown to an operator."""

    def __init__(self, message: str) -> None:
        super().__init__(redact(message))


class Unreachable(PulpError):
    """No answer from the server: connection refused, unknown host, untrusted certificate."""


class LostAnswer(PulpError):
    """The request may or may not have been carried out: the connection broke after sending."""


class AuthenticationError(PulpError):
    """The server knows the user not, or not with these credentials."""


class ResponseError(PulpError):
    """The server answered with an error; `status` is the HTTP status, `words` what it said."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"{words} (HTTP {status})")
        self.status = status
        self.words = redact(words)


class TaskFailed(PulpError):
    """A Pulp task ended as failed or canceled; `href` names it."""

    def __init__(self, href: str, words: str, worker_lost: bool = False) -> None:
        super().__init__(f"{words} (task {href})")
        self.href = href
        self.words = redact(words)
        self.worker_lost = worker_lost


class TaskTimeout(PulpError):
    """A Pulp task did not end in time; it goes on on the server and a later run joins it."""


class Refused(PulpError):
    """We refuse to do what was asked for, because something that is served would break."""


class InvalidItem(PulpError):
    """An item that cannot be carried out as it is written."""


def redact(text: str) -> str:
    """Return `text` with the user information of every URL replaced by asterisks."""
    return _URL_CREDENTIALS.sub("***", text)


def words_of(answer: Any) -> str:
    """Return Pulp's error answer (parsed JSON, HTML or text) as one line of plain words.

    Django REST framework answers `{"detail": text}`, `{field: [text, ...]}` or a list of these.
    """
    if isinstance(answer, dict):
        if set(answer) == {"detail"}:
            return words_of(answer["detail"])
        pairs = ((key, words_of(value)) for key, value in answer.items())
        return "; ".join(
            words if key == "non_field_errors" else f"{key}: {words}" for key, words in pairs
        )
    if isinstance(answer, list):
        return ", ".join(words_of(value) for value in answer)
    text = str(answer)
    if "<" in text:
        text = _MARKUP.sub(" ", text)
    return " ".join(text.split())[:_LONGEST_ANSWER]
