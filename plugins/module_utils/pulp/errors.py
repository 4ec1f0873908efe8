# SPDX-License-Identifier: Apache-2.0
"""What can go wrong when talking to Pulp, each with a message for the operator."""

from __future__ import annotations

import html
import re
from typing import Any

from ..errors import OperatorError, redact
from ..text import printable

_MARKUP = re.compile(r"<(script|style).*?</\1>|</?[a-z!][^>]*>", re.DOTALL | re.IGNORECASE)
_MAX_ERROR_LENGTH = 2000

# What Python raises when an answer has another shape than Pulp's.
UNEXPECTED_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


class PulpError(OperatorError):
    """Base of all errors of this layer."""


class Unreachable(PulpError):
    """No answer from the server, and nothing was done: connection refused, unknown host."""


class TLSError(Unreachable):
    """No secure connection to the server; trying again would not help."""


class LostResponse(PulpError):
    """The request may or may not have been carried out: the connection broke after sending."""


class AuthenticationError(PulpError):
    """The server knows the user not, or not with these credentials."""


class ResponseError(PulpError):
    """The server answered with an error; `status` is the HTTP status, `words` what it said."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{detail} (HTTP {status})")
        self.status = status
        self.detail = redact(detail)


class TaskFailed(PulpError):
    """A Pulp task ended as failed or canceled; `href` names it."""

    def __init__(self, href: str, detail: str, worker_lost: bool = False) -> None:
        super().__init__(f"{detail} (task {href})")
        self.href = href
        self.detail = redact(detail)
        self.worker_lost = worker_lost


class TaskTimeout(PulpError):
    """A Pulp task did not end in time; it goes on on the server and a later run joins it."""


class Conflict(PulpError):
    """We refuse to do what was asked for, because something that is served would break."""


class InvalidItem(PulpError):
    """An item or option that cannot be carried out as it is written."""


def unexpected_error(error: BaseException) -> str:
    """One line for what nobody foresaw, such as an answer that is not Pulp's: what, and where."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = ""
    if trace:
        name = trace.tb_frame.f_code.co_filename.replace("\\", "/").rsplit("/", 1)[-1]
        place = f" at {name}:{trace.tb_lineno}"
    detail = redact(f"{type(error).__name__}: {error}")
    return f"this was not foreseen, please report it: {detail}{place}"


def error_text(answer: Any) -> str:
    """Return Pulp's error answer (parsed JSON, HTML or text) as one line of plain words.

    Django REST framework answers `{"detail": text}`, `{field: [text, ...]}` or a list of these.
    """
    if isinstance(answer, dict):
        if set(answer) == {"detail"}:
            return error_text(answer["detail"])
        pairs = ((key, error_text(value)) for key, value in answer.items())
        return "; ".join(
            detail if key == "non_field_errors" else f"{key}: {detail}" for key, detail in pairs
        )
    if isinstance(answer, list):
        return ", ".join(error_text(value) for value in answer)
    text = str(answer)
    if "<" in text:
        text = html.unescape(_MARKUP.sub(" ", text))
    return printable(" ".join(text.split())[:_MAX_ERROR_LENGTH])
