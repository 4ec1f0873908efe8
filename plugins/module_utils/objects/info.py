# SPDX-License-Identifier: Apache-2.0
"""Find objects of any kind with Pulp's own filters, and add the names of what they refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from ..errors import redact
from ..pulp.client import list_limit
from ..pulp.errors import InvalidItem, PulpError, ResponseError
from ..pulp.planner import HIDDEN
from ..pulp.reader import Reader, in_chunks, read_by_field
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, PLAIN_KINDS
from ..report.report import Result

_PAGE_SIZE = 5000
# Content units with all their fields have up to some hundred KiB, and a page must fit into memory.
_LARGE_PAGE_SIZE = 200
# Endpoints for the objects of all content types; each kind also has one for each type.
TYPED_KINDS = {
    "repository": "repositories/",
    "remote": "remotes/",
    "publication": "publications/",
    "distribution": "distributions/",
    "content": "content/",
}
# The table of types calls a content guard "guard".
_PLAIN = {
    noun.replace("guard", "content_guard"): kind.endpoint for noun, kind in PLAIN_KINDS.items()
}
_OTHER = {
    "domain": "domains/",
    "repository_version": "repository_versions/",
}
KINDS = {**TYPED_KINDS, **_PLAIN, **_OTHER}
# What objects refer to, by the name of the field and of the filter.
_REFERENCES = {
    "repository": "repositories/",
    "remote": "remotes/",
    "content_guard": "contentguards/",
    "worker": "workers/",
}
# The one content unit whose endpoint differs from its name.
_CONTENT_ENDPOINTS = {"python.python": "content/python/packages/"}
_OPTIONS = ("fields", "limit", "offset")
_SECRET = frozenset(
    field.name
    for kind in (*(one.remote for one in CONTENT_TYPES.values()), *PLAIN_KINDS.values())
    for field in kind.fields
    if field.no_log
)


def find_objects(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """Carry out module pulp_info: no results, but `objects`, and `count`, how many the server has."""
    kind, filters = params["kind"], params["filters"] or {}
    options = [name for name in _OPTIONS if name in filters]
    if options:
        raise InvalidItem(f"filters: set the module's option for {', '.join(options)} instead")
    fields = params["fields"] or []
    found: dict[str, dict[str, Any]] = {}
    count = 0
    try:
        for endpoint in endpoints(kind, params["content_type"]):
            for query in query_strings(
                _resolve_names(server.client, filters, params["content_type"])
            ):
                remaining = None if params["limit"] is None else params["limit"] - len(found)
                if fields:
                    query = {**query, "fields": ",".join(dict.fromkeys([*fields, "pulp_href"]))}
                objects, total = _read_pages(server.client, endpoint, query, remaining)
                count += total
                found.update((entry["pulp_href"], entry) for entry in objects)
    except ResponseError as error:
        raise InvalidItem(f"kind '{kind}': {error}") from error
    objects = [visible_fields(entry, fields) for entry in found.values()]
    for name in fields:
        if objects and not any(name in entry for entry in objects):
            server.report.warn(f"kind '{kind}' has no field '{name}'")
    if params["names"]:
        add_names(server.client, objects)
    return [], {"objects": objects, "count": count}


def endpoints(kind: str, content_type: str | None) -> list[str]:
    """Return the endpoints that list a kind. Raises InvalidItem for a content type without it."""
    if content_type is None:
        return [KINDS[kind]]
    if kind not in TYPED_KINDS:
        raise InvalidItem(
            f"kind '{kind}' is the same for all content types: leave out content_type"
        )
    table = CONTENT_TYPES[content_type]
    if kind == "content":
        return [_CONTENT_ENDPOINTS.get(table.content_unit) or _content_endpoint(table.content_unit)]
    if kind != "publication":
        return [getattr(table, kind).endpoint]
    if not table.publications:
        raise InvalidItem(f"{content_type} repositories have no publications")
    return [one.endpoint for one in table.publication_kinds]


def query_strings(filters: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the parameters of the requests that together find what a user's filters select.

    A list is joined with commas, in chunks that fit the request line. Pulp splits values at commas
    and strips spaces, without an escape, so `<field>__in` cannot hold values with such characters:
    each of those needs a request of its own.
    """
    alternatives: list[list[tuple[str, str]]] = []
    for name, value in filters.items():
        if not isinstance(value, list):
            alternatives.append([(name, _text(value))])
            continue
        texts = list(dict.fromkeys(_text(one) for one in value))
        special = [text for text in texts if "," in text or text.strip() != text]
        single = special if name.endswith("__in") else []
        plain = [text for text in texts if text not in single]
        chunks = [(name, ",".join(chunk)) for chunk in in_chunks(plain)]
        alternatives.append(chunks + [(name[: -len("__in")], text) for text in single])
    for parameters in product(*alternatives):
        yield dict(parameters)


def visible_fields(entry: Mapping[str, Any], fields: Sequence[str] = ()) -> dict[str, Any]:
    """Return an object without secrets, with these fields or all."""
    return {
        name: HIDDEN if name in _SECRET and value else _redacted(value)
        for name, value in entry.items()
        if not fields or name in fields
    }


def add_names(reader: Reader, objects: Sequence[dict[str, Any]]) -> None:
    """Add the names of what objects refer to, as `<field>_name`.

    Also adds `version`, the number of the repository version that an object is, publishes or serves
    (for a repository: of its latest version), and the name of its repository.
    """
    publications = _hrefs(objects, "publication")
    served = read_by_field(
        reader, "publications/", "pulp_href", publications, ("repository_version",)
    )
    owners: dict[int, str] = {}
    for entry in objects:
        publication = served.get(entry.get("publication") or "", {})
        version = entry.get("repository_version") or publication.get("repository_version")
        latest = entry.get("latest_version_href") or ""
        if "/versions/" in entry.get("pulp_href", "") or version:
            owner, number = _split_version(version or entry["pulp_href"])
            owners[id(entry)], entry["version"] = owner, number
        elif latest:
            entry["version"] = _split_version(latest)[1]
    for field, endpoint in _REFERENCES.items():
        hrefs = _hrefs(objects, field)
        if field == "repository":
            hrefs += owners.values()
        named = read_by_field(reader, endpoint, "pulp_href", hrefs, ("name",))
        for entry in objects:
            href = entry.get(field)
            if field == "repository":
                href = href or owners.get(id(entry))
            if href or field in entry:
                entry[f"{field}_name"] = named.get(href or "", {}).get("name")


def _content_endpoint(unit: str) -> str:
    return f"content/{unit.replace('.', '/')}s/"


def _split_version(version_href: str) -> tuple[str, int]:
    """Return the href of the repository, and the number, of a repository version (href)."""
    repository, _word, number = version_href.rstrip("/").rpartition("versions/")
    return repository, int(number)


def _hrefs(objects: Sequence[Mapping[str, Any]], field: str) -> list[str]:
    return [entry[field] for entry in objects if isinstance(entry.get(field), str)]


def _resolve_names(
    reader: Reader, filters: Mapping[str, Any], content_type: str | None
) -> dict[str, Any]:
    """Return the filters with the hrefs of objects instead of their names. Raises InvalidItem."""
    resolved = {name: value for name, value in filters.items() if value is not None}
    for name in _REFERENCES.keys() & resolved.keys():
        value = _text(resolved[name])
        if isinstance(resolved[name], list) or value.startswith(("/", "prn:")) or not value:
            continue
        endpoint = _REFERENCES[name]
        if content_type and name in TYPED_KINDS:
            endpoint = getattr(CONTENT_TYPES[content_type], name).endpoint
        found = read_by_field(reader, endpoint, "name", [value], ("pulp_href",))
        if value not in found:
            raise InvalidItem(
                f"filters: there is no {name.replace('_', ' ')} '{value}', or you may not see it"
            )
        resolved[name] = found[value]["pulp_href"]
    return resolved


def _read_pages(
    reader: Reader, endpoint: str, query: Mapping[str, str], limit: int | None
) -> tuple[list[dict[str, Any]], int]:
    """Return at most `limit` objects, read page by page, and how many the server has."""
    found: list[dict[str, Any]] = []
    longest = _PAGE_SIZE if "fields" in query else _LARGE_PAGE_SIZE
    most = 0
    while True:
        size = longest if limit is None else max(0, min(longest, limit - len(found)))
        # Pulp ignores a limit of zero.
        page = reader.get(endpoint, {**query, "limit": size or 1, "offset": len(found)})
        found += page["results"][:size]
        is_last = not page.get("next") or not page["results"]
        if is_last or size == 0 or len(found) == limit:
            return found, page["count"]
        most = most or list_limit(page["count"])
        if len(found) > most:
            raise PulpError(
                f"the list {endpoint} does not end: the server announced another number"
            )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(one) for one in value]
    if isinstance(value, dict):
        return {name: _redacted(one) for name, one in value.items()}
    return value
