# SPDX-License-Identifier: Apache-2.0
"""From names to objects in few requests, filtered by the server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol
from urllib.parse import quote

from .types import Kind

# Pulp's web server takes a request line of 4,094 bytes; path and query are kept below this.
_MAX_URL_LENGTH = 3800
# Room for the API's root, a domain of 50 characters, `limit`, `offset` and the names of filters.
_AROUND = 200


class Reader(Protocol):
    """The part of PulpClient that reading needs."""

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any: ...

    def list(self, path: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]: ...


def uuid_of(href: str) -> str:
    """The UUID at the end of an object's href; a third of its length."""
    return href.rstrip("/").rsplit("/", 1)[-1]


def version_number(version_href: str) -> int:
    """The number at the end of a repository version's href."""
    return int(version_href.rstrip("/").rsplit("/", 1)[-1])


def in_chunks(
    values: Iterable[str], longest: int = _MAX_URL_LENGTH - _AROUND
) -> Iterator[list[str]]:
    """Cut values into lists whose comma-joined, percent-encoded form has at most `longest` bytes.

    A value that is too long for itself comes alone.
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


def read_by_field(
    reader: Reader,
    endpoint: str,
    key: str,
    values: Iterable[str],
    fields: Iterable[str],
    filter_name: str = "",
) -> dict[str, dict[str, Any]]:
    """Find objects by the values of one field; {value: object} of those that exist.

    `pulp_href` is asked for by `pulp_id__in`, any other key by `<key>__in`. That filter splits at
    commas and trims blanks without an escape, so values with such characters are asked for one
    by one.
    """
    wanted = [value for value in dict.fromkeys(values) if value]  # an empty filter finds all
    by_href = key == "pulp_href"
    odd = [] if by_href else [value for value in wanted if "," in value or value.strip() != value]
    plain = [value for value in wanted if value not in set(odd)]
    asked_fields = ",".join(dict.fromkeys([*fields, key]))
    found: dict[str, dict[str, Any]] = {}
    keys = [uuid_of(value) for value in plain] if by_href else plain
    name = filter_name or ("pulp_id__in" if by_href else f"{key}__in")
    room = _MAX_URL_LENGTH - _AROUND - len(endpoint) - len(asked_fields)
    filters = [{name: ",".join(chunk)} for chunk in in_chunks(keys, room)]
    filters += [{key: value} for value in odd]
    for one in filters:
        page = reader.list(endpoint, {**one, "fields": asked_fields})
        found.update((entry.get(key, ""), entry) for entry in page)
    return {value: found[value] for value in wanted if value in found}


def read_by_key(
    reader: Reader, kind: Kind, values: Iterable[str], more_fields: Iterable[str] = ()
) -> dict[str, dict[str, Any]]:
    """Find objects of a kind by their natural key, with all fields that can be compared."""
    return read_by_field(reader, kind.endpoint, kind.key, values, (*kind.readable, *more_fields))
