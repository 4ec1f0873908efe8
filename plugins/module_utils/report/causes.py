# SPDX-License-Identifier: Apache-2.0
"""Why something failed, in plain words: told from what Pulp, or our own client, said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """A known cause. `pattern`: how it is told; `advice`: what to do, in one line; `passes`:
    whether it may be gone when it is tried again."""

    name: str
    pattern: str
    advice: str
    transient: bool = False


# The first that fits counts. What upstream answered is quoted by Pulp as aiohttp words it:
# "404, message='Not Found', url='...'", or "404 - Not Found"; an answer of Pulp's own ends in
# "(HTTP 404)".
CAUSES = (
    Cause(
        "our disk is full",
        r"\bhas no room: |the disk is full: ",
        "make room where the file is to be, and run it again: it goes on where it ended",
    ),
    Cause(
        "no such file",
        r"^there is no https?://",
        "correct the path or the version; what was not promoted yet is not served to clients",
    ),
    Cause(
        "source of the image",
        r"the source \S+ cannot be read",
        "look whether the image is there, under this name and tag, on the host that pushes",
    ),
    Cause(
        "registry refuses the account",
        r"the registry of \S+ refused|may not push",
        "check its password, and whether its group may push to the namespace",
    ),
    Cause(
        "our Pulp: worker lost",
        r"gone missing|Aborted during worker shutdown",
        "look at the workers of this Pulp, and at its memory; the next run does it again",
        transient=True,
    ),
    Cause(
        "our Pulp: disk full",
        r"No space left on device|Errno 28\b|could not extend file|disk (is )?full",
        "free space on Pulp's storage, or enlarge it, and run it again",
    ),
    Cause(
        "our Pulp: task_timeout",
        r"after task_timeout",
        "it goes on on the server: the next run joins it; raise task_timeout if that is usual",
    ),
    Cause(
        "our Pulp cannot be reached",
        r"\(HTTP 50[0234]\)| cannot be reached: |the connection to \S+ broke|did not answer within",
        "look whether this Pulp runs, and at its address",
        transient=True,
    ),
    Cause(
        "credentials of our Pulp",
        r"\(HTTP 40[13]\)",
        "check the user and the password of this Pulp in the inventory",
    ),
    Cause(
        "our credentials",
        r"\b40[137](, message=| - )|Unauthorized|Forbidden",
        "upstream refuses our user and password, or our certificate: check those of the item",
    ),
    Cause(
        "404 from upstream",
        r"\b(404|410)(, message=| - | Not Found)",
        "upstream has nothing at this URL, or not yet, or not for us: look there, correct the url",
    ),
    Cause(
        "too many requests for upstream",
        r"\b429\b",
        "try it later, or give rate_limit or download_concurrency",
        transient=True,
    ),
    Cause(
        "upstream is broken",
        r"\b5\d\d(, message=| - )|\b50[0234]\b",
        "upstream answers with an error of its own: try it later",
        transient=True,
    ),
    Cause(
        "certificate not trusted",
        r"certificate verify failed|CERTIFICATE_VERIFY|SSLCertVerification|self.signed certificate",
        "give the authority as ca_cert of the item, or correct the url",
    ),
    Cause(
        "upstream timed out",
        r"timed? ?out|TimeoutError",
        "try it later; total_timeout and sock_read_timeout give upstream more time",
        transient=True,
    ),
    Cause(
        "upstream cannot be reached",
        r"cannot connect|Temporary failure|Name or service not known|Connection refused",
        "look whether the host of the URL is right and can be reached from Pulp; mind proxies",
        transient=True,
    ),
    Cause(
        "upstream cut the connection",
        r"payload is not completed|ContentLengthError|ClientPayloadError|disconnected|"
        r"connection (was )?(reset|lost|closed)",
        "try it later",
        transient=True,
    ),
    Cause(
        "upstream does not fit together",
        r"checksum|DigestValidation|SizeValidation|size did not match|validation due to",
        "half-synced mirrors serve packages that their metadata does not name: try it later, or "
        "give the URL of one mirror",
        transient=True,
    ),
    Cause(
        "metadata incompatible with mirror",
        r"incompatible with .?mirror",
        "give it sync_policy: mirror_content_only",
    ),
    Cause(
        "metadata cannot be read",
        r"not well-formed|no element found|XML|Parsing|ParseError|No such file or directory|"
        r"Compressed file ended|Release file.*(not|could)",
        "upstream's metadata is cut off or none at all: look at the URL, try it later",
    ),
    Cause(
        "the name is taken",
        r"must be unique|already exists|taken by",
        "another object of the Pulp has this name or base path: rename one of them",
    ),
    Cause("canceled", r"\bcancel+ed\b", "somebody canceled the task in Pulp: run it again"),
)
_KNOWN = [(re.compile(cause.pattern, re.IGNORECASE), cause) for cause in CAUSES]


def cause_of(words: str) -> Cause | None:
    """The cause that an error's words tell of; None where it is not known."""
    return next((cause for pattern, cause in _KNOWN if pattern.search(words)), None)


def is_transient(words: str) -> bool:
    """Whether trying again may help, as far as the words tell."""
    cause = cause_of(words)
    return cause is not None and cause.transient
