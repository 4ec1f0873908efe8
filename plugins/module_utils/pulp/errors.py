# SPDX-License-Identifier: Apache-2.0
"""Errors of requests to Pulp and of its tasks, and the texts of error responses."""

from __future__ import annotations

import html
import re
from itertools import islice
from typing import Any

from ..errors import OperatorError, shown
from ..text import printable

# No expression here may need more than linear time: the texts are those of any server.
_INVISIBLE = re.compile(r"<(?:script|style)\b", re.IGNORECASE)
_INVISIBLE_END = re.compile(r"</(?:script|style)\b", re.IGNORECASE)
_MARKUP = re.compile(r"</?[a-z!][^<>]*>", re.IGNORECASE)
_MAX_ERROR_LENGTH = 2000
_MAX_PAGE_LENGTH = 64 * 1024
_MAX_ENTRIES = 100
_MAX_DEPTH = 8

# Raised by Python when a response has an unexpected structure.
UNEXPECTED_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


class PulpError(OperatorError):
    """Base class of the errors of this directory."""


class Unreachable(PulpError):
    """The server is unreachable and did nothing: connection refused, unknown host."""


class TLSError(Unreachable):
    """No secure connection to the server; a retry would fail too."""


class LostResponse(PulpError):
    """The connection broke after sending: the request may or may not have been executed."""


class AuthenticationError(PulpError):
    """Unknown user or wrong credentials."""


class ResponseError(PulpError):
    """An error response; `status` is the HTTP status, `detail` the text of the server."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{detail} (HTTP {status})")
        self.status = status
        self.detail = shown(detail)


class TaskFailed(PulpError):
    """A Pulp task failed or was canceled; `href` is its href, `detail` the error of Pulp.

    `worker_lost`: whether the worker died or was stopped during the task.
    """

    def __init__(self, href: str, detail: str, worker_lost: bool = False) -> None:
        super().__init__(f"{detail} (task {href})")
        self.href = href
        self.detail = shown(detail)
        self.worker_lost = worker_lost


class TaskTimeout(PulpError):
    """A Pulp task did not end in time. It continues on the server, and the next run waits for it."""


class Conflict(PulpError):
    """A change that would break content that is served, or undo the change of another run."""


class InvalidItem(PulpError):
    """An invalid item or option."""


def is_outage(error: BaseException) -> bool:
    """Return whether a request may succeed later, because the server is down or unreachable."""
    if isinstance(error, ResponseError):
        return error.status >= 500
    return isinstance(error, (LostResponse, Unreachable)) and not isinstance(error, TLSError)


def unexpected_error(error: BaseException) -> str:
    """Return a one-line message for an unexpected error, with its file and line."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = ""
    if trace:
        name = trace.tb_frame.f_code.co_filename.replace("\\", "/").rsplit("/", 1)[-1]
        place = f" at {name}:{trace.tb_lineno}"
    detail = printable(shown(f"{type(error).__name__}: {error}"))
    return f"unexpected error, please report it: {detail}{place}"


def error_text(answer: Any) -> str:
    """Return the body of an error response (parsed JSON, HTML or text) as one line of text.

    Django REST framework returns `{"detail": text}`, `{field: [text, ...]}` or a list of these.
    """
    return _error_text(answer, 0)[:_MAX_ERROR_LENGTH]


def _error_text(answer: Any, depth: int) -> str:
    if isinstance(answer, (dict, list)) and depth > _MAX_DEPTH:
        return "..."
    if isinstance(answer, dict):
        if set(answer) == {"detail"}:
            return _error_text(answer["detail"], depth + 1)
        pairs = [
            (str(key), _error_text(value, depth + 1))
            for key, value in islice(answer.items(), _MAX_ENTRIES)
        ]
        return "; ".join(
            detail if key == "non_field_errors" else f"{key}: {detail}" for key, detail in pairs
        )
    if isinstance(answer, list):
        return ", ".join(_error_text(value, depth + 1) for value in answer[:_MAX_ENTRIES])
    text = str(answer)[:_MAX_PAGE_LENGTH]
    if "<" in text:
        text = html.unescape(_MARKUP.sub(" ", _without_scripts(text)))
    return printable(" ".join(text.split())[:_MAX_ERROR_LENGTH])


def _without_scripts(text: str) -> str:
    """Return HTML without its scripts and style sheets."""
    kept: list[str] = []
    start = 0
    for found in _INVISIBLE.finditer(text):
        if found.start() < start:
            continue
        kept.append(text[start : found.start()])
        end = _INVISIBLE_END.search(text, found.end())
        start = end.start() if end else len(text)
    return " ".join([*kept, text[start:]])
