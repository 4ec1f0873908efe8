# SPDX-License-Identifier: Apache-2.0
"""All distributions of a Pulp, and what each of them serves, in few requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..pulp.pool import for_each
from ..pulp.reader import Reader, read_by_field
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, ContentType, Kind, kind_of
from .distribution import Guards
from .pinned_source import version_number

PRIVATE = "private"
"""What stands for the guard of images that only some may pull: they have no guard of their own."""

_FIELDS = "pulp_href,pulp_created,name,base_path,content_guard,private,pulp_labels"
# The guard that Pulp itself gives all images: it lets through whoever the registry sends.
_REGISTRY_GUARD = "/content_redirect/"
_SOURCES = ("publication", "repository_version", "repository", "remote")
_NOTHING = "nothing"
# The one distribution that Pulp makes for itself.
_OWN_TYPE = "core.artifact"
# From so many publications on, a page of all of them is cheaper than asking for each.
_MANY = 5000
# A version between two that are wanted costs less than another request.
_GAP = 10


@dataclass
class ListedDistribution:
    """One distribution. `serves` says which field of it names the content, or "nothing"; `source`
    is the href in that field; `guard` the name of its guard, empty for none.

    `repository`, `version` and `packages` are None until read_served was here, and after that
    where they are not known: a repository whose latest publication is served has no one version.
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


def read_all_guards(server: Server) -> Guards:
    """Every content guard of the server."""
    return Guards(server.client.list(kind_of("guard").endpoint, {"fields": "pulp_href,name"}))


def list_distributions(server: Server, guards: Guards) -> list[ListedDistribution]:
    """Every distribution, by content type and name; a warning counts those of unknown types."""
    found = []
    for name, content_type in CONTENT_TYPES.items():
        if server.has_version(name, "0"):
            asked = {"fields": ",".join((_FIELDS, *_SOURCES)), "ordering": "name"}
            for entry in server.client.list(content_type.distribution.endpoint, asked):
                found.append(_listed(name, entry, guards))
    others = _count(server.client) - _count(server.client, pulp_type=_OWN_TYPE) - len(found)
    if others > 0:
        server.report.warn(f"{others} distributions of other types are not listed")
    return found


def _count(reader: Reader, **filters: str) -> int:
    asked = {**filters, "limit": 1, "fields": "pulp_href"}
    return int(reader.get("distributions/", asked)["count"])


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
    )


def _guard(entry: dict[str, Any], guards: Guards) -> str:
    if entry.get("private"):
        return PRIVATE
    href = entry.get("content_guard") or ""
    return "" if _REGISTRY_GUARD in href else guards.names.get(href, href)


def read_served(server: Server, listed: Sequence[ListedDistribution]) -> None:
    """Fill in repository, version and packages; the cost follows how many are `listed`."""
    for name, content_type in CONTENT_TYPES.items():
        ours = [one for one in listed if one.content_type == name]
        versions = _published(server.client, content_type, ours)
        for one in ours:
            if one.serves == "repository_version":
                one.version_href = one.source
            elif one.serves == "publication":
                one.version_href = versions.get(one.source, "")
    owners = {id(one): _owner(one) for one in listed}
    repositories = read_by_field(
        server.client,
        "repositories/",
        "pulp_href",
        owners.values(),
        ("name", "latest_version_href"),
    )
    for one in listed:
        repository = repositories.get(owners[id(one)])
        if repository:
            one.repository = repository["name"]
            # Without publications, what is served is always the latest version.
            if not one.version_href and not CONTENT_TYPES[one.content_type].publications:
                one.version_href = repository["latest_version_href"] or ""
        if one.version_href:
            one.version = version_number(one.version_href)
    _read_packages(server, [one for one in listed if one.version_href])


def _published(
    reader: Reader, content_type: ContentType, listed: Iterable[ListedDistribution]
) -> dict[str, str]:
    """Publication -> the version that it publishes."""
    served = {one.source for one in listed if one.serves == "publication"}
    versions: dict[str, str] = {}
    for kind in content_type.publication_kinds:
        ours = [href for href in served if kind.endpoint in href]
        versions.update(_versions_of(reader, kind, ours))
    return versions


def _versions_of(reader: Reader, kind: Kind, hrefs: Sequence[str]) -> dict[str, str]:
    fields = ("pulp_href", "repository_version")
    if len(hrefs) < _MANY:
        found = read_by_field(reader, kind.endpoint, "pulp_href", hrefs, fields).values()
        return {entry["pulp_href"]: entry["repository_version"] for entry in found}
    everything = reader.list(kind.endpoint, {"fields": ",".join(fields)})
    return {entry["pulp_href"]: entry["repository_version"] for entry in everything}


def _read_packages(server: Server, listed: Sequence[ListedDistribution]) -> None:
    """How many packages the versions have: one request for versions of a repository that are near
    to each other. The server takes no list of versions."""
    wanted: dict[str, set[int]] = {}
    for one in listed:
        wanted.setdefault(_owner(one), set()).add(version_number(one.version_href))
    ranges = [
        (owner, first, last)
        for owner, numbers in wanted.items()
        for first, last in _ranges(sorted(numbers))
    ]
    counts: dict[str, dict[str, Any]] = {}

    def count(part: tuple[str, int, int]) -> None:
        owner, first, last = part
        asked = {"number__range": f"{first},{last}", "fields": "pulp_href,content_summary"}
        for version in server.client.list(f"{owner}versions/", asked):
            counts[version["pulp_href"]] = version["content_summary"]["present"]

    errors = for_each(ranges, count, server.write_concurrency())
    for (owner, _first, _last), error in zip(ranges, errors):
        if error:
            server.report.warn(f"the packages of {owner} cannot be counted: {error}")
    for one in listed:
        if one.version_href in counts:
            unit = CONTENT_TYPES[one.content_type].content_unit
            one.packages = counts[one.version_href].get(unit, {}).get("count", 0)


def _ranges(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Sorted numbers -> the first and last of each group that has no wide gap within."""
    first = last = numbers[0]
    for number in numbers[1:]:
        if number - last > _GAP:
            yield first, last
            first = number
        last = number
    yield first, last


def _owner(one: ListedDistribution) -> str:
    """The href of the repository that is served, as far as it is known."""
    if one.version_href:
        return one.version_href.split("versions/")[0]
    return one.source if one.serves == "repository" else ""
