# SPDX-License-Identifier: Apache-2.0
"""What a remote asks for by name: Pulp syncs what there is of it, and succeeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from .pulp_errors import PulpError
from .pulp_reader import Reader, in_chunks
from .pulp_types import ATTACHED_PATTERN, ContentType

__all__ = ["absent", "refuse_absent"]

_DIGEST = "sha256:"
# The address holds a repository version besides, and the names of filters.
_ROOM = 3000


def refuse_absent(
    reader: Reader, content_type: ContentType, remote: Mapping[str, Any], version: str
) -> None:
    """Raise PulpError, naming them, when things that a remote asks for are not in a version."""
    missing = absent(reader, content_type, remote, version)
    asked = content_type.asked
    if missing and asked:
        raise PulpError(
            f"Pulp synced without an error, and these did not come: {', '.join(missing)}. "
            f"{remote.get(asked.source)} at {remote.get('url')} has them not, or not for us: "
            f"correct {asked.includes}, or put them there"
        )


def absent(
    reader: Reader, content_type: ContentType, remote: Mapping[str, Any], version: str
) -> list[str]:
    """Names, patterns and digests that a remote asks for and a repository version (href) has not.

    A pattern, as the shell has them, is fulfilled by one name that fits. What the remote excludes
    is not expected, nor that anything is attached to the images.
    """
    asked = content_type.asked
    if asked is None:
        return []
    fields = {spec.name: spec for spec in content_type.remote.fields}
    wanted = [one for one in fields[asked.includes].of(remote) or [] if one != ATTACHED_PATTERN]
    excluded = list(fields[asked.excludes].of(remote) or [])
    digests = [one for one in wanted if one.startswith(_DIGEST)]
    names = [one for one in wanted if one not in digests]
    if any(map(_is_pattern, names)):
        units = reader.list(asked.names, {"repository_version": version, "fields": "name"})
        there = {unit["name"] for unit in units}
    else:
        there = _there(reader, asked.names, "name", names, version)
    there |= _there(reader, asked.digests, "digest", digests, version)
    return [
        one
        for one in wanted
        if not any(fnmatchcase(name, one) for name in there)
        and not any(fnmatchcase(one, pattern) for pattern in excluded)
    ]


def _is_pattern(name: str) -> bool:
    return any(letter in name for letter in "*?[")


def _there(
    reader: Reader, endpoint: str, key: str, values: Sequence[str], version: str
) -> set[str]:
    found: Iterable[dict[str, Any]] = [
        unit
        for chunk in in_chunks(values, _ROOM)
        for unit in reader.list(
            endpoint,
            {"repository_version": version, f"{key}__in": ",".join(chunk), "fields": key},
        )
    ]
    return {unit[key] for unit in found}
