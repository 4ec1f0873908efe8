# SPDX-License-Identifier: Apache-2.0
"""Distributions: what is served, at which path, and behind which content guard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..pulp.errors import Conflict, InvalidItem
from ..pulp.planner import to_api_values
from ..pulp.pool import refuse_invalid_names, run_all
from ..pulp.reader import read_by_field, read_by_key, uuid_of, version_number
from ..pulp.references import missing_message, report_missing
from ..pulp.server import ReconcileOptions, ReconcileResult, Server
from ..pulp.types import CONTENT_TYPES, SOURCES, ContentType, Kind, kind_of
from ..report.report import Result
from .publication import PUBLICATION_FIELDS, choose_publication, version_href, with_settings

Work = tuple[Result, Mapping[str, Any]]


class Guards:
    """Content guards by name and by href; `user`: who read them, and may not see all of them."""

    def __init__(self, found: Iterable[Mapping[str, Any]], user: str = "this account") -> None:
        found = list(found)
        self._user = user
        self.hrefs = {guard["name"]: guard["pulp_href"] for guard in found}
        self.names = {guard["pulp_href"]: guard["name"] for guard in found}

    def href(self, name: str) -> str | None:
        """The href for a guard's name; None for the empty name, which means no guard."""
        if name == "":
            return None
        if name not in self.hrefs:
            raise InvalidItem(self.missing(name))
        return self.hrefs[name]

    def missing(self, name: str) -> str:
        """Return the message for a guard that was not found: Pulp hides those of no permission."""
        return (
            f"there is no content guard '{name}', or {self._user} may not see it: create it first, or "
            "ask an administrator of this Pulp for the permission"
        )

    def readable(self, side: Mapping[str, Any]) -> dict[str, Any]:
        """One side of a diff of a distribution, with the guard's name where it is known."""
        shown = dict(side)
        if shown.get("content_guard"):
            shown["content_guard"] = self.names.get(shown["content_guard"], shown["content_guard"])
        return shown


def read_guards(server: Server, names: Iterable[str], hrefs: Iterable[str] = ()) -> Guards:
    """Read the guards with these names and those with these hrefs."""
    guard = kind_of("guard")
    fields = ("pulp_href", "name")
    found = read_by_field(server.client, guard.endpoint, "name", names, fields)
    known = {entry["pulp_href"] for entry in found.values()}
    unknown = [href for href in hrefs if href not in known]
    more = read_by_field(server.client, guard.endpoint, "pulp_href", unknown, fields)
    username = server.client.connection.username
    user = f"user '{username}'" if username else "this account"
    return Guards([*found.values(), *more.values()], user)


@dataclass(frozen=True)
class DistributionSpec:
    """What a distribution is to be: `values` of its fields, as the API has them.

    One of them names what it serves: publication, repository or repository_version. `current`: the
    distribution as read, None where there is none. `may_change`: as Server.reconcile takes it.
    """

    content_type: ContentType
    name: str
    values: Mapping[str, Any]
    current: dict[str, Any] | None = None
    may_change: bool = True


def reconcile_distribution(
    server: Server, spec: DistributionSpec, guards: Guards, result: Result
) -> ReconcileResult:
    """Create or update a distribution, so that it serves one source, and add the change."""
    kind, current = spec.content_type.distribution, spec.current
    fields = {field.name for field in kind.fields}
    source = {key: spec.values.get(key) for key in SOURCES if key in fields}
    has_source = any(source.values())
    values = {**spec.values, **source} if has_source else dict(spec.values)
    if current is None:
        if not has_source and not server.check_mode:
            raise Conflict("it would serve nothing: name a repository or a distribution")
        values = {key: value for key, value in values.items() if value is not None}
    options = ReconcileOptions(may_change=spec.may_change)
    outcome = server.reconcile(kind, spec.name, values, current, options)
    if outcome.changed:
        before, after = map(guards.readable, (outcome.change.before, outcome.change.after))
        result.add_change("created" if current is None else "updated", before, after)
    return outcome


class _Sources:
    """What items of one content type serve, or replace: repositories and publications."""

    def __init__(
        self,
        server: Server,
        content_type: ContentType,
        items: Sequence[Mapping[str, Any]],
        distributions: Iterable[Mapping[str, Any]],
    ) -> None:
        self._server = server
        self._type = content_type
        kind = content_type.repository
        named = [item["repository"] for item in items if item.get("repository")]
        self._repositories = read_by_key(server.client, kind, named, ("latest_version_href",))
        served = [entry[key] for entry in distributions for key in SOURCES if entry.get(key)]
        self._publications: dict[str, Mapping[str, Any]] = {}
        for one in content_type.publication_kinds:
            hrefs = [href for href in served if one.endpoint in href]
            fields = PUBLICATION_FIELDS.split(",")
            self._publications.update(
                read_by_field(server.client, one.endpoint, "pulp_href", hrefs, fields)
            )
        self._names = {entry["pulp_href"]: name for name, entry in self._repositories.items()}
        versions = (entry["repository_version"] for entry in self._publications.values())
        owners = {_owner(href) for href in (*served, *versions) if kind.endpoint in href}
        unknown = owners - set(self._names)
        found = read_by_field(server.client, kind.endpoint, "pulp_href", unknown, ("name",))
        self._names.update((href, entry["name"]) for href, entry in found.items())

    def of_repository(
        self, item: Mapping[str, Any], current: Mapping[str, Any] | None, result: Result
    ) -> dict[str, Any]:
        """The values to serve the repository that an item names.

        In check mode the value may be a name, where nothing is there yet.
        """
        server, name = self._server, item["repository"]
        repository = self._repositories.get(name)
        if repository is None:
            message = missing_message(server, f"repository '{name}'")
            report_missing(server, result, message, name)
            return {SOURCES[0] if self._type.publications else SOURCES[1]: name}
        version = item.get("version")
        latest = version_number(repository["latest_version_href"])
        if version is not None and version > latest:
            raise InvalidItem(
                f"there is no version {version} of repository '{name}', the latest is {latest}"
            )
        if not self._type.publications:
            if version is None:
                return {"repository": repository["pulp_href"]}
            return {"repository_version": version_href(repository, version)}
        served = current.get("publication") if current else None
        href = self._publication(repository, item, served or "")
        if href is None:
            which = f"version {version} of " if version is not None else ""
            message = f"{which}repository '{name}' has no publication to serve"
            report_missing(server, result, message, name)
            return {"publication": name}
        return {"publication": href}

    def readable(self, side: Mapping[str, Any]) -> dict[str, Any]:
        """One side of a diff with names for hrefs."""
        shown = dict(side)
        for key in SOURCES:
            href = shown.get(key)
            if href in self._publications:
                version = self._publications[href]["repository_version"]
                shown[key] = f"{self._version(version)}, publication {uuid_of(href)}"
            elif href and _owner(href) in self._names:
                shown[key] = self._version(href)
        return shown

    def _version(self, href: str) -> str:
        name = self._names.get(_owner(href), _owner(href))
        return f"{name}, version {version_number(href)}" if "/versions/" in href else name

    def _publication(
        self, repository: Mapping[str, Any], item: Mapping[str, Any], served: str
    ) -> str | None:
        """The publication that counts, of the version in the item or of the latest published one.

        `served`: the publication (href) that the distribution serves; empty for none.
        """
        mode = item.get("mode")
        kind, settings = self._type.publication(mode)
        settings = settings if mode else {}
        kinds = (kind,) if mode else self._type.publication_kinds
        version = version_href(repository, item.get("version"))
        now = self._publications.get(served)
        # Other publications of the same content and mode are no reason for a change.
        same = now and now["repository_version"] == version and with_settings([now], settings)
        if same and (not mode or kind.endpoint in served):
            return served
        found = self._find(kinds, "repository_version", version)
        if not found and item.get("version") is None:
            found = _newest(self._find(kinds, "repository", repository["pulp_href"]))
        for one in kinds:
            of_kind = [entry for entry in found if one.endpoint in entry["pulp_href"]]
            chosen = choose_publication(of_kind, settings, False, [served] if served else [])
            if chosen:
                self._publications[chosen["pulp_href"]] = chosen
                return str(chosen["pulp_href"])
        return None

    def _find(self, kinds: Sequence[Kind], key: str, value: str) -> list[dict[str, Any]]:
        filters = {key: value, "fields": PUBLICATION_FIELDS}
        return [
            entry for kind in kinds for entry in self._server.client.list(kind.endpoint, filters)
        ]


def _newest(publications: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those publications that are of the highest version."""
    numbers = [version_number(one["repository_version"]) for one in publications]
    return [one for one, number in zip(publications, numbers) if number == max(numbers)]


def _owner(href: str) -> str:
    """The repository of a version's href; the same for the repository's own."""
    return href.split("versions/")[0]


def manage_distributions(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_distribution: lists per content type -> results, in their order."""
    server.planned = frozenset(params.get("planned") or ())
    work: list[Work] = []
    runs: dict[str, DistributionRun] = {}
    for type_name, content_type in CONTENT_TYPES.items():
        items = params.get(type_name) or []
        if items:
            runs[type_name] = DistributionRun(server, content_type, items)
            work += [(Result(item["name"], type_name), item) for item in items]
    refuse_invalid_names(work)

    def manage(item: Mapping[str, Any], result: Result) -> None:
        runs[result.type].manage(item, result)

    for wave in in_waves(work):
        run_all(wave, manage, server.task_concurrency(), server.report)
    return [result for result, _item in work], {}


def in_waves(work: Sequence[Work]) -> Iterator[list[Work]]:
    """Lists of items, so that items that take over from another one of them come after it."""
    waiting = list(work)
    while waiting:
        names = {(result.type, result.name) for result, _item in waiting}
        ready: list[Work] = []
        later: list[Work] = []
        for one in waiting:
            source = (one[0].type, one[1].get("distribution"))
            (later if source in names else ready).append(one)
        if not ready:
            for result, _item in later:
                result.error = result.error or "it takes over from itself, through other items"
            ready, later = later, []
        yield ready
        waiting = later


class DistributionRun:
    """One run over distributions of one content type; everything that items name is read at once.

    Its method takes an item and its result.
    """

    def __init__(
        self, server: Server, content_type: ContentType, items: Sequence[Mapping[str, Any]]
    ) -> None:
        self._server = server
        self._type = content_type
        kind = content_type.distribution
        names = [item["name"] for item in items]
        others = [item["distribution"] for item in items if item.get("distribution")]
        self._distributions = read_by_key(server.client, kind, [*names, *others])
        self._sources = _Sources(server, content_type, items, self._distributions.values())
        current = (self._distributions[name] for name in names if name in self._distributions)
        guards = [item["content_guard"] for item in items if item.get("content_guard")]
        in_use = [entry["content_guard"] for entry in current if entry.get("content_guard")]
        self._guards = read_guards(server, guards, in_use)
        self._served_by: dict[str, str] = {}
        if any(item.get("skip_existing") for item in items):
            for entry in server.client.list(kind.endpoint, {"fields": "name,publication"}):
                self._served_by.setdefault(entry.get("publication") or "", entry["name"])

    def manage(self, item: Mapping[str, Any], result: Result) -> None:
        """Create, update or delete one distribution."""
        server, current = self._server, self._distributions.get(item["name"])
        if item["state"] == "absent":
            if current:
                result.add_change("deleted", {"name": item["name"]}, {})
                if not server.check_mode:
                    server.delete(current["pulp_href"], result.name)
            return
        values = self._values(item, current, result)
        other = self._served_by.get(values.get("publication") or "")
        if current is None and item.get("skip_existing") and other:
            result.action = "skipped"
            result.more["served_by"] = other
            return
        changes = Result(result.name, result.type)
        spec = DistributionSpec(self._type, item["name"], values, current)
        outcome = reconcile_distribution(server, spec, self._guards, changes)
        if changes.changed:
            before, after = map(self._sources.readable, (changes.before, changes.after))
            result.add_change(changes.action, before, after)
        self._distributions[item["name"]] = {**values, **(outcome.current or {})}

    def _values(
        self, item: Mapping[str, Any], current: Mapping[str, Any] | None, result: Result
    ) -> dict[str, Any]:
        """The fields that an item sets. Raises InvalidItem and Conflict."""
        own = {key: value for key, value in item.items() if key not in SOURCES}
        values = to_api_values(self._type.distribution.fields, own)
        if item.get("base_path") is not None:
            values["base_path"] = item["base_path"].strip("/")
        if current is None and not values.get("base_path"):
            raise InvalidItem("a new distribution needs a base_path")
        if item.get("content_guard"):
            values["content_guard"] = self._guard(item["content_guard"], result)
        values.update(self._source(item, current, result))
        return values

    def _guard(self, name: str, result: Result) -> str | None:
        if name in self._guards.hrefs or not self._server.check_mode:
            return self._guards.href(name)
        report_missing(self._server, result, self._guards.missing(name))
        return name

    def _source(
        self, item: Mapping[str, Any], current: Mapping[str, Any] | None, result: Result
    ) -> dict[str, Any]:
        """The field that sets what is served; {} where the item does not set it."""
        if item.get("distribution") and item.get("repository"):
            raise InvalidItem("give repository or distribution, not both")
        if item.get("repository"):
            return self._sources.of_repository(item, current, result)
        name = item.get("distribution")
        if not name:
            if current is None:
                raise Conflict("it would serve nothing: name a repository or a distribution")
            return {}
        other = self._distributions.get(name)
        if other is None:
            message = f"there is no distribution '{name}' to take the publication from"
            report_missing(self._server, result, message)
            return {SOURCES[0] if self._type.publications else SOURCES[1]: name}
        source = {key: other[key] for key in SOURCES if other.get(key)}
        if not source:
            report_missing(self._server, result, f"distribution '{name}' serves nothing", name)
        return source
