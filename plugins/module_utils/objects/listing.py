# SPDX-License-Identifier: Apache-2.0
"""List all distributions of a Pulp, and what each of them serves, with few requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..pulp.pool import for_each
from ..pulp.reader import Reader, read_by_field, version_number
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, ContentType, kind_of
from .distribution import Guards

# Listed as the guard of private container distributions, which have no content guard of their own.
PRIVATE = "private"

_FIELDS = "pulp_href,pulp_created,name,base_path,content_guard,private,pulp_labels"
# The guard that Pulp assigns to container distributions: it accepts requests from the registry.
_REGISTRY_GUARD = "/content_redirect/"
_SOURCES = ("publication", "repository_version", "repository", "remote")
_NOTHING = "nothing"
# The type of the one distribution that Pulp creates for itself.
_OWN_TYPE = "core.artifact"
# From this number of publications on, reading all of them is cheaper than filtering by href.
_MANY = 5000
# Reading this number of unneeded versions costs less than another request.
_MAX_GAP = 10


@dataclass
class ListedDistribution:
    """One distribution. `serves` is the field that refers to its content, or "nothing"; `source` is
    the href in that field; `guard` is the name of its content guard, "" for none.

    `repository`, `version` and `packages` are set by read_served; they are None if they are unknown:
    a distribution that serves the latest publication of a repository has no certain version.
    """

    content_type: str
    name: str
    base_path: str
    guard: str
    created: str
    serves: str
    source: str
    labels: dict[str, str] = field(default_factory=dict)
    repository: str | None = None
    version: int | None = None
    packages: int | None = None
    version_href: str = ""
    href: str = ""


def read_all_guards(server: Server) -> Guards:
    """Return all content guards of the server."""
    return Guards(server.client.list(kind_of("guard").endpoint, {"fields": "pulp_href,name"}))


def list_distributions(server: Server, guards: Guards) -> list[ListedDistribution]:
    """Return all distributions by content type and name; warns about those of unknown types."""
    found = []
    for name, content_type in CONTENT_TYPES.items():
        if server.has_version(name, "0"):
            query = {"fields": ",".join((_FIELDS, *_SOURCES)), "ordering": "name"}
            for entry in server.client.list(content_type.distribution.endpoint, query):
                found.append(_listed(name, entry, guards))
    others = _count(server.client) - _count(server.client, pulp_type=_OWN_TYPE) - len(found)
    if others > 0:
        server.report.warn(f"{others} distributions of other types are not listed")
    return found


def _count(reader: Reader, **filters: str) -> int:
    query = {**filters, "limit": 1, "fields": "pulp_href"}
    return int(reader.get("distributions/", query)["count"])


def _listed(content_type: str, entry: dict[str, Any], guards: Guards) -> ListedDistribution:
    serves = next((source for source in _SOURCES if entry.get(source)), _NOTHING)
    return ListedDistribution(
        content_type,
        entry["name"],
        entry["base_path"],
        _guard(entry, guards),
        entry["pulp_created"],
        serves,
        entry.get(serves) or "",
        dict(entry.get("pulp_labels") or {}),
        href=entry["pulp_href"],
    )


def _guard(entry: dict[str, Any], guards: Guards) -> str:
    if entry.get("private"):
        return PRIVATE
    href = entry.get("content_guard") or ""
    return "" if _REGISTRY_GUARD in href else guards.names.get(href, href)


def read_served(server: Server, listed: Sequence[ListedDistribution]) -> None:
    """Set repository, version and packages, with requests for these distributions only."""
    for name, content_type in CONTENT_TYPES.items():
        of_type = [one for one in listed if one.content_type == name]
        versions = _published_versions(server.client, content_type, of_type)
        for one in of_type:
            if one.serves == "repository_version":
                one.version_href = one.source
            elif one.serves == "publication":
                one.version_href = versions.get(one.source, "")
    hrefs = [_repository_href(one) for one in listed]
    fields = ("name", "latest_version_href")
    repositories = read_by_field(server.client, "repositories/", "pulp_href", hrefs, fields)
    for one, href in zip(listed, hrefs):
        repository = repositories.get(href)
        if repository:
            one.repository = repository["name"]
            # A type without publications always serves the latest version of a repository.
            if not one.version_href and not CONTENT_TYPES[one.content_type].publications:
                one.version_href = repository["latest_version_href"] or ""
        if one.version_href:
            one.version = version_number(one.version_href)
    _read_package_counts(server, [one for one in listed if one.version_href])


def _published_versions(
    reader: Reader, content_type: ContentType, listed: Iterable[ListedDistribution]
) -> dict[str, str]:
    """Return publication -> repository version (hrefs) of all publications that are served."""
    served = {one.source for one in listed if one.serves == "publication"}
    versions: dict[str, str] = {}
    for kind in content_type.publication_kinds:
        hrefs = [href for href in served if kind.endpoint in href]
        fields = ("pulp_href", "repository_version")
        if len(hrefs) < _MANY:
            found = list(read_by_field(reader, kind.endpoint, "pulp_href", hrefs, fields).values())
        else:
            found = reader.list(kind.endpoint, {"fields": ",".join(fields)})
        versions.update((entry["pulp_href"], entry["repository_version"]) for entry in found)
    return versions


def _read_package_counts(server: Server, listed: Sequence[ListedDistribution]) -> None:
    """Set `packages`, with one request for each range of versions of a repository: Pulp cannot
    filter by a list of versions."""
    numbers: dict[str, set[int]] = {}
    for one in listed:
        numbers.setdefault(_repository_href(one), set()).add(version_number(one.version_href))
    ranges = [
        (href, first, last) for href in numbers for first, last in _ranges(sorted(numbers[href]))
    ]
    summaries: dict[str, dict[str, Any]] = {}

    def read(part: tuple[str, int, int]) -> None:
        href, first, last = part
        query = {"number__range": f"{first},{last}", "fields": "pulp_href,content_summary"}
        for version in server.client.list(f"{href}versions/", query):
            summaries[version["pulp_href"]] = version["content_summary"]["present"]

    errors = for_each(ranges, read, server.write_concurrency())
    for (href, _first, _last), error in zip(ranges, errors):
        if error:
            server.report.warn(f"the packages of {href} cannot be counted: {error}")
    for one in listed:
        if one.version_href in summaries:
            unit = CONTENT_TYPES[one.content_type].content_unit
            one.packages = summaries[one.version_href].get(unit, {}).get("count", 0)


def _ranges(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last number of each range in sorted numbers."""
    first = last = numbers[0]
    for number in numbers[1:]:
        if number - last > _MAX_GAP:
            yield first, last
            first = number
        last = number
    yield first, last


def _repository_href(one: ListedDistribution) -> str:
    """Return the href of the repository that is served, "" if it is unknown."""
    if one.version_href:
        return one.version_href.split("versions/")[0]
    return one.source if one.serves == "repository" else ""
