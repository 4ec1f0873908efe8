# SPDX-License-Identifier: Apache-2.0
"""What a server answered to one HTTP request."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from .pulp_errors import ResponseError, words_of

__all__ = ["Answer"]


@dataclass(frozen=True)
class Answer:
    """What a server answered; `location`, `retry_after` and `digest` (Docker-Content-Digest, which
    a registry sends) are headers."""

    status: int
    body: bytes = b""
    cookies: Mapping[str, str] = field(default_factory=dict)
    location: str = ""
    retry_after: str = ""
    digest: str = ""

    @property
    def text(self) -> str:
        """The body; what is no UTF-8 in it is replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def content(self) -> Any:
        """The body as parsed JSON, as text where it is none, None where it is empty."""
        try:
            return json.loads(self.text) if self.body else None
        except ValueError:
            return self.text

    @property
    def wait(self) -> float:
        """Seconds that the server asks us to wait (RFC 9110, 10.2.3); 0 when it does not."""
        if self.retry_after.isdigit():
            return float(self.retry_after)
        try:
            return parsedate_to_datetime(self.retry_after).timestamp() - time.time()
        except (TypeError, ValueError, IndexError, OverflowError):
            return 0.0

    @property
    def session_is_over(self) -> bool:
        """401, or 403 for a stale CSRF token: in both cases the server did nothing."""
        return self.status == 401 or (self.status == 403 and "CSRF Failed" in self.text)

    @property
    def error(self) -> ResponseError | None:
        """The error that this answer is; also where it points elsewhere, as no write follows."""
        if self.location and 300 <= self.status < 400:
            words = f"the server redirects to {self.location}: correct pulp_url"
            return ResponseError(self.status, words)
        return ResponseError(self.status, words_of(self.content)) if self.status >= 300 else None
