# SPDX-License-Identifier: Apache-2.0
"""Known causes of failures, recognized by the error texts of Pulp, of skopeo and of our client."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """A known cause of failures.

    `pattern`: regular expression of its error texts, case-insensitive; `advice`: what to do, in
    one line; `transient`: whether a retry may succeed.
    """

    name: str
    pattern: str
    advice: str
    transient: bool = False


# The first match wins. Pulp quotes errors of upstream in the form of aiohttp, "404,
# message='Not Found', url='...'", or as "404 - Not Found"; errors of the Pulp API end in
# "(HTTP 404)".
CAUSES = (
    Cause(
        "local disk full",
        r"\bnot enough space in |the disk is full: ",
        "free up space in the target directory and run it again: the download is resumed",
    ),
    Cause(
        "file not found",
        r"^there is no https?://",
        "correct the path or the version; content that is not promoted is not served to clients",
    ),
    Cause(
        "source image cannot be read",
        r"the source \S+ cannot be read",
        "check that the image exists with this name and tag on the host that pushes it",
    ),
    Cause(
        "registry rejects the account",
        r"the registry of \S+ refused|may not push",
        "check the password, and that the group of the account may push to the namespace",
    ),
    Cause(
        "Pulp worker lost",
        r"gone missing|Aborted during worker shutdown",
        "check the workers of this Pulp and their memory; the next run retries the item",
        transient=True,
    ),
    Cause(
        "Pulp storage full",
        r"No space left on device|Errno 28\b|could not extend file|disk (is )?full",
        "free up space in the storage of Pulp, or enlarge it, and run it again",
    ),
    Cause(
        "Pulp task exceeds task_timeout",
        r"after task_timeout",
        "the task continues on the server, and the next run waits for it; else raise task_timeout",
    ),
    Cause(
        "Pulp server unreachable",
        r"\(HTTP 50[0234]\)| cannot be reached: |the connection to \S+ broke|did not answer within",
        "check that this Pulp server runs, and its URL in the inventory",
        transient=True,
    ),
    Cause(
        "Pulp credentials rejected",
        r"\(HTTP 40[13]\)",
        "check user and password of this Pulp server in the inventory",
    ),
    Cause(
        "upstream credentials rejected",
        r"\b40[137](, message=| - )|Unauthorized|Forbidden",
        "check user and password, or the client certificate, of the item",
    ),
    Cause(
        "404 from upstream",
        r"\b(404|410)(, message=| - | Not Found)",
        "check the URL in a browser and correct it; upstream may also require credentials",
    ),
    Cause(
        "upstream rate limit",
        r"\b429\b",
        "retry later, or set rate_limit or download_concurrency of the item",
        transient=True,
    ),
    Cause(
        "upstream server error",
        r"\b5\d\d(, message=| - )|\b50[0234]\b",
        "upstream reports an error of its own: retry later",
        transient=True,
    ),
    Cause(
        "certificate not trusted",
        r"certificate verify failed|CERTIFICATE_VERIFY|SSLCertVerification|self.signed certificate",
        "set ca_cert of the item to its CA certificate, or correct the url",
    ),
    Cause(
        "upstream timed out",
        r"timed? ?out|TimeoutError",
        "retry later, or raise total_timeout or sock_read_timeout of the item",
        transient=True,
    ),
    Cause(
        "upstream unreachable",
        r"cannot connect|Temporary failure|Name or service not known|Connection refused",
        "check the host name of the URL, and that Pulp can reach it: network, firewall, proxy",
        transient=True,
    ),
    Cause(
        "upstream closed the connection",
        r"payload is not completed|ContentLengthError|ClientPayloadError|disconnected|"
        r"connection (was )?(reset|lost|closed)",
        "retry later",
        transient=True,
    ),
    Cause(
        "upstream metadata and packages are inconsistent",
        r"checksum|DigestValidation|SizeValidation|size did not match|validation due to",
        "a half-synced mirror serves packages that do not match its metadata: retry later, or set "
        "url to one mirror",
        transient=True,
    ),
    Cause(
        "metadata incompatible with mirror",
        r"incompatible with .?mirror",
        "set sync_policy: mirror_content_only in the item",
    ),
    Cause(
        "upstream metadata invalid",
        r"not well-formed|no element found|XML|Parsing|ParseError|No such file or directory|"
        r"Compressed file ended|Release file.*(not|could)",
        "upstream serves truncated metadata or another document: check the URL, retry later",
    ),
    Cause(
        "name already in use",
        r"must be unique|already exists|taken by",
        "another object in Pulp has this name or base path: rename one of them",
    ),
    Cause("task canceled", r"\bcancel+ed\b", "the task was canceled in Pulp: run it again"),
)
_KNOWN = [(re.compile(cause.pattern, re.IGNORECASE), cause) for cause in CAUSES]


def cause_of(error: str) -> Cause | None:
    """Return the cause of an error text, None when it is not known."""
    return next((cause for pattern, cause in _KNOWN if pattern.search(error)), None)


def is_transient(error: str) -> bool:
    """Return whether an error text has a transient cause, so that a retry may succeed."""
    cause = cause_of(error)
    return cause is not None and cause.transient
