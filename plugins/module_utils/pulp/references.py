# SPDX-License-Identifier: Apache-2.0
"""References between objects: what distributions use, and objects that do not exist."""

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
    """The names of all distributions, by the href of each object that they depend on."""

    users: dict[str, list[str]] = field(default_factory=dict)

    def require_unused(self, href: str, what: str) -> None:
        """Raise Conflict, naming the distributions, if any depends on `href`."""
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
    """Read all distributions, because the server cannot filter them by what they use.

    Without `content_type` only the use of content guards is complete: the list of all types does
    not contain publications and remotes. Publications of `repositories` (hrefs) are read too, so
    that a distribution also counts as a user of the repository of its publication.
    """
    owner: dict[str, str] = {}
    for repository in repositories:
        for kind in content_type.publication_kinds if content_type else ():
            query = {"repository": repository, "fields": "pulp_href"}
            for publication in reader.list(kind.endpoint, query):
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
        # Not the href of the repository: those that serve its latest version use that.
        used |= {version, version.split(_VERSIONS)[0] + _VERSIONS}
    publication = entry.get("publication")
    if publication in owner:
        used.add(owner[publication])
    return used


_CHECK_MODE_HINT = "Without check mode this fails unless an earlier task creates it"


def missing_message(server: Server, what: str) -> str:
    """Return `there is no <what>`, or no permission: Pulp's response is the same for both."""
    username = server.client.connection.username
    user = f"user '{username}'" if username else "this client"
    return f"there is no {what}, or {user} may not see it"


def report_missing(server: Server, result: Result, message: str, depends_on: str = "") -> None:
    """Raise InvalidItem; in check mode only warn, since an earlier task may create the object.

    `depends_on`: the name of the item of the same type whose own failure may be the reason.
    There is no warning if an earlier task is planned to make it.
    """
    if not server.check_mode:
        if depends_on:
            result.more["depends_on"] = depends_on
        raise InvalidItem(message)
    if depends_on in server.planned:
        return
    server.report.warn(
        f"{result.type} '{result.name}': {message}. {_CHECK_MODE_HINT}", _CHECK_MODE_HINT
    )
