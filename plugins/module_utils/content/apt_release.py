# SPDX-License-Identifier: Apache-2.0
"""Release files of apt repositories: their paths, and the time until which apt accepts them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from .fetcher import Fetcher

NEVER = "never"
"""The result of read_expiry for Release files without Valid-Until."""

# The fields of a Release file come before its list of files.
_HEAD_SIZE = 16 * 1024
_VALID_UNTIL = re.compile(r"^Valid-Until:[ \t]*(\S[^\r\n]{0,60})", re.IGNORECASE | re.MULTILINE)


def release_paths(suite: str) -> list[str]:
    """Return the paths of a suite's Release files, of which at least one exists.

    A suite that ends in a slash is a directory of its own, without `dists`.
    """
    directory = suite.strip("/.") if suite.endswith("/") else f"dists/{suite}"
    return [f"{directory}/{file}".lstrip("/") for file in ("Release", "InRelease")]


def valid_until(text: str) -> datetime | None:
    """Return the time (UTC) in the field Valid-Until of a Release file; None without a valid one."""
    match = _VALID_UNTIL.search(text)
    if not match:
        return None
    try:
        time = parsedate_to_datetime(match[1])
        return time.replace(tzinfo=time.tzinfo or timezone.utc).astimezone(timezone.utc)
    except (TypeError, ValueError, OverflowError):
        return None


def read_expiry(fetcher: Fetcher, url: str, suites: Sequence[str]) -> str:
    """Return when the first of the suites below a URL expires, such as `2026-12-05T12:00:00Z`.

    NEVER if they do not expire, "" if they have no Release files. Raises PulpError.
    """
    texts = []
    for suite in suites:
        for path in release_paths(suite):
            text = fetcher.beginning(f"{url}/{path}", _HEAD_SIZE)
            if text is not None:
                texts.append(text)
                break
    if not texts:
        return ""
    times = [time for time in map(valid_until, texts) if time]
    return f"{min(times):%Y-%m-%dT%H:%M:%SZ}" if times else NEVER
