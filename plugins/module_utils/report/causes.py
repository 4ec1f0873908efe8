# SPDX-License-Identifier: Apache-2.0
"""Causes of failures, recognized by the structure of the error texts of Pulp and of skopeo.

First come phrases of this collection, then Pulp's error code, then the HTTP status that Pulp states,
then words. None of them is looked for in a URL, a path or a file name: these may contain anything.
"""

from __future__ import annotations

import re

from .cause_table import CAUSES, Cause

_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://[^\s'\"<>]*[^\s'\"<>.:,;)\]]", re.IGNORECASE)
_TOKEN = re.compile(r"[^\s'\"<>(){}\[\],;]+")
# A dot inside: file names, versions, host names. A hyphen and a digit: packages, builds, tags.
_DOT_INSIDE = re.compile(r"\w\.\w")
_CODE = re.compile(r"\[([A-Z]{3}\d{4})\]")
_OWN_STATUS = re.compile(r"\(HTTP (\d{3})\)")
# aiohttp: "404, message='Not Found', url='...'"; pulp_rpm: "'<url>': 404 - Not Found" or "raised an
# error '404: Not Found'"; pulpcore: "HTTP error 404 when downloading"; skopeo: the others.
_STATUS = re.compile(
    r"(?<![\w.-])(?:HTTP (?:error|status(?: code)?):? |status code from registry |StatusCode: )"
    r"(\d{3})\b|(?<![\w.-])(\d{3})(?:, message=| - |: Not Found|: Forbidden)"
)

_PHRASES = [(re.compile(one.phrase, re.IGNORECASE), one) for one in CAUSES if one.phrase]
_CODES = {code: one for one in CAUSES for code in one.codes}
_OWN_STATUSES = {status: one for one in CAUSES for status in one.own_statuses}
_STATUSES = {status: one for one in CAUSES for status in one.statuses}
_WORDS = [(re.compile(one.words, re.IGNORECASE), one) for one in CAUSES if one.words]
# Causes whose error code is less precise than the words after it.
_REFINED = frozenset({"PLP0026"})


def without_names(text: str) -> str:
    """Return a text with each URL replaced by URL, and each path, file name and version by NAME."""
    return _TOKEN.sub(lambda found: _hide_name(found[0]), _URL.sub("URL", text))


def cause_of(error: str) -> Cause | None:
    """Return the cause of an error text, None when it is not known."""
    no_urls = _URL.sub("URL", error)
    for pattern, cause in _PHRASES:
        if pattern.search(no_urls):
            return cause
    text = without_names(no_urls)
    return _by_code(text) or _by_status(text) or _by_words(text) or _by_code(text, refined=True)


def is_transient(error: str) -> bool:
    """Return whether an error text has a transient cause, so that a retry may succeed."""
    cause = cause_of(error)
    return cause is not None and cause.transient


def _hide_name(token: str) -> str:
    has_digit = any(letter.isdigit() for letter in token)
    is_name = "/" in token or _DOT_INSIDE.search(token) or ("-" in token[1:] and has_digit)
    return "NAME" if is_name else token


def _by_code(text: str, refined: bool = False) -> Cause | None:
    found = _CODE.search(text)
    if not found or (found[1] in _REFINED) is not refined:
        return None
    return _CODES.get(found[1])


def _by_status(text: str) -> Cause | None:
    own = _OWN_STATUS.search(text)
    if own and int(own[1]) in _OWN_STATUSES:
        return _OWN_STATUSES[int(own[1])]
    found = _STATUS.search(text)
    return _STATUSES.get(int(found[1] or found[2])) if found else None


def _by_words(text: str) -> Cause | None:
    return next((cause for pattern, cause in _WORDS if pattern.search(text)), None)
