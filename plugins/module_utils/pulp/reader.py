# SPDX-License-Identifier: Apache-2.0
"""Reading objects by name or href with few requests, which the server filters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol
from urllib.parse import quote

from .types import Kind

# Pulp's web server accepts a request line of 4,094 bytes; path and query are shorter.
_MAX_URL_LENGTH = 3800
# Bytes for the API root, a domain of 50 characters, `limit`, `offset` and the names of filters.
_RESERVED = 200
# Bytes of a percent-encoded value; beside it there are the fields that are read.
MAX_VALUE_LENGTH = 3200


class Reader(Protocol):
    """The methods of PulpClient that read."""

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any: ...

    def list(self, path: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]: ...


def uuid_of(href: str) -> str:
    """Return the UUID at the end of an href."""
    return href.rstrip("/").rsplit("/", 1)[-1]


def version_number(version_href: str) -> int:
    """The number at the end of a repository version's href."""
    return int(version_href.rstrip("/").rsplit("/", 1)[-1])


def in_chunks(
    values: Iterable[str], longest: int = _MAX_URL_LENGTH - _RESERVED
) -> Iterator[list[str]]:
    """Split values into lists of at most `longest` bytes, joined by commas and percent-encoded.

    A value that is longer is in a list of its own.
    """
    chunk: list[str] = []
    length = 0
    for value in values:
        size = len(quote(value, safe="")) + 1
        if chunk and length + size > longest:
            yield chunk
            chunk, length = [], 0
        chunk.append(value)
        length += size
    if chunk:
        yield chunk


def can_be_requested(value: str) -> bool:
    """Return whether a request can filter by a value: without null byte, and not too long."""
    try:
        size = len(quote(value, safe=""))
    except UnicodeEncodeError:  # a lone surrogate, of bytes that are not UTF-8
        return False
    return "\0" not in value and size <= MAX_VALUE_LENGTH


def read_by_field(
    reader: Reader, endpoint: str, key: str, values: Iterable[str], fields: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Find objects by the values of one field; returns value -> object of those that exist.

    Hrefs are filtered by `pulp_id__in`, other fields by `<key>__in`. The server splits a filter at
    commas and strips blanks, without any escape, so that values with such characters need a request
    each. Values that `can_be_requested` refuses are not found.
    """
    by_href = key == "pulp_href"
    # An empty filter would find everything.
    wanted = [value for value in dict.fromkeys(values) if value and can_be_requested(value)]
    special = set()
    if not by_href:
        special = {value for value in wanted if "," in value or value.strip() != value}
    plain = [value for value in wanted if value not in special]
    requested = ",".join(dict.fromkeys([*fields, key]))
    keys = [uuid_of(value) for value in plain] if by_href else plain
    name = "pulp_id__in" if by_href else f"{key}__in"
    longest = _MAX_URL_LENGTH - _RESERVED - len(endpoint) - len(requested)
    filters = [{name: ",".join(chunk)} for chunk in in_chunks(keys, longest)]
    filters += [{key: value} for value in wanted if value in special]
    found: dict[str, dict[str, Any]] = {}
    for one in filters:
        page = reader.list(endpoint, {**one, "fields": requested})
        found.update((entry.get(key, ""), entry) for entry in page)
    return {value: found[value] for value in wanted if value in found}


def read_by_key(
    reader: Reader, kind: Kind, values: Iterable[str], more_fields: Iterable[str] = ()
) -> dict[str, dict[str, Any]]:
    """Find objects of a kind by their natural keys, with all fields that can be compared."""
    return read_by_field(reader, kind.endpoint, kind.key, values, (*kind.readable, *more_fields))
