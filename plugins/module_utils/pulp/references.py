# SPDX-License-Identifier: Apache-2.0
"""What to say of an object that is referred to and is not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..report.report import Result
from .errors import Conflict, InvalidItem
from .reader import Reader
from .server import Server
from .types import ContentType

_FIELDS = "name,content_guard,publication,repository,repository_version,remote"
_VERSIONS = "versions/"
_SHOWN = 10


@dataclass(frozen=True)
class Usage:
    """All distributions of a server, by the object that each depends on."""

    users: dict[str, list[str]] = field(default_factory=dict)

    def require_unused(self, href: str, what: str) -> None:
        """Raise Refused, naming the distributions, when one depends on `href`."""
        names = sorted({*self.users.get(href, []), *self.users.get(f"{href}{_VERSIONS}", [])})
        if names:
            rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            raise Conflict(
                f"{what} is in use by the distributions {', '.join(names[:_SHOWN])}{rest}: "
                "remove or change them first"
            )


def read_usage(
    reader: Reader, content_type: ContentType | None = None, repositories: Iterable[str] = ()
) -> Usage:
    """Read every distribution once. The server has no filter for what they use.

    Those of one content type tell all that they use; the list of all types, which is read without
    one, tells nothing of publications and remotes, so that it serves content guards only. For each
    of `repositories` (hrefs) its publications are asked for, so that a distribution counts as a
    user of the repository behind its publication.
    """
    owner: dict[str, str] = {}
    for repository in repositories:
        for kind in content_type.publication_kinds if content_type else ():
            asked = {"repository": repository, "fields": "pulp_href"}
            for publication in reader.list(kind.endpoint, asked):
                owner[publication["pulp_href"]] = repository
    endpoint = content_type.distribution.endpoint if content_type else "distributions/"
    users: dict[str, list[str]] = {}
    for entry in reader.list(endpoint, {"fields": _FIELDS}):
        for href in _used_by(entry, owner):
            users.setdefault(href, []).append(entry["name"])
    return Usage(users)


def _used_by(entry: dict[str, Any], owner: dict[str, str]) -> set[str]:
    direct = [entry.get(name) for name in ("content_guard", "publication", "repository", "remote")]
    version = entry.get("repository_version")
    used = {href for href in direct if href}
    if version:
        # Told apart from those that serve the repository itself, whatever its newest version.
        used |= {version, version.split(_VERSIONS)[0] + _VERSIONS}
    publication = entry.get("publication")
    if publication in owner:
        used.add(owner[publication])
    return used


_FORESEEN = "A real run fails here, unless something before it changes that"


def missing_message(server: Server, what: str) -> str:
    """`there is no <what>`, and that the user may lack the right: Pulp tells the two not apart."""
    username = server.client.connection.username
    user = f"user '{username}'" if username else "this client"
    return f"there is no {what}, or {user} may not see it"


def report_missing(server: Server, result: Result, message: str) -> None:
    """Raise InvalidItem; in check mode warn, since an earlier task may be about to make it."""
    if not server.check_mode:
        raise InvalidItem(message)
    server.report.warn(f"{result.type} '{result.name}': {message}. {_FORESEEN}", _FORESEEN)
