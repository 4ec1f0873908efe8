# SPDX-License-Identifier: Apache-2.0
"""Distributions: what is served, where, and behind which guard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..pulp.errors import Conflict, InvalidItem
from ..pulp.planner import to_api_values
from ..pulp.pool import refuse_duplicates, run_all
from ..pulp.reader import read_by_field, read_by_key, uuid_of
from ..pulp.references import missing_message, report_missing
from ..pulp.server import ReconcileResult, Server
from ..pulp.types import CONTENT_TYPES, SOURCES, ContentType, kind_of
from ..report.report import Result
from .pinned_source import version_number
from .publication import PUBLICATION_FIELDS, choose, fitting, version_href


class Served:
    """All that the items of one content type ask for or replace, read at once."""

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

    def by_repository(
        self, item: Mapping[str, Any], current: Mapping[str, Any] | None, result: Result
    ) -> dict[str, Any]:
        """Wire values to serve the repository that an item names; in check mode maybe a name."""
        repository = self._repositories.get(item["repository"])
        if repository is None:
            report_missing(
                self._server,
                result,
                missing_message(self._server, f"repository '{item['repository']}'"),
            )
            return {SOURCES[0] if self._type.publications else SOURCES[1]: item["repository"]}
        version = item.get("version")
        latest = version_number(repository["latest_version_href"])
        if version is not None and version > latest:
            raise InvalidItem(
                f"there is no version {version} of repository '{item['repository']}', the latest "
                f"is {latest}"
            )
        if not self._type.publications:
            if version is None:
                return {"repository": repository["pulp_href"]}
            return {"repository_version": version_href(repository, version)}
        href = self._publication(repository, item, (current or {}).get("publication"))
        if href is None:
            which = f"version {version} of " if version is not None else ""
            report_missing(
                self._server,
                result,
                f"{which}repository '{item['repository']}' has no publication to serve",
            )
            return {"publication": item["repository"]}
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
        self, repository: Mapping[str, Any], item: Mapping[str, Any], served: str | None
    ) -> str | None:
        """The publication that counts, of the version asked for or of the latest published."""
        mode = item.get("mode")
        kind, settings = self._type.publication(mode)
        settings = settings if mode else {}
        version = version_href(repository, item.get("version"))
        now = self._publications.get(served or "")
        # The same content in this mode: which publication others chose to serve stays as it is.
        same = now and now["repository_version"] == version and fitting([now], settings)
        if same and (not mode or kind.endpoint in (served or "")):
            return served
        kinds = [kind] if mode else self._type.publication_kinds
        found = self._find(kinds, "repository_version", version)
        if not found and item.get("version") is None:
            found = self._find(kinds, "repository", repository["pulp_href"])
            newest = max((version_number(one["repository_version"]) for one in found), default=0)
            found = [one for one in found if version_number(one["repository_version"]) == newest]
        for one in kinds:
            ours = [entry for entry in found if one.endpoint in entry["pulp_href"]]
            chosen = choose(ours, settings, False, [served] if served else [])
            if chosen:
                self._publications[chosen["pulp_href"]] = chosen
                return str(chosen["pulp_href"])
        return None

    def _find(self, kinds: Sequence[Any], key: str, value: str) -> list[dict[str, Any]]:
        asked = {key: value, "fields": PUBLICATION_FIELDS}
        return [entry for kind in kinds for entry in self._server.client.list(kind.endpoint, asked)]


def _owner(href: str) -> str:
    """The repository of a version's href; the same for the repository's own."""
    return href.split("versions/")[0]


Work = tuple[Result, tuple["_Surroundings", Mapping[str, Any]]]


class Guards:
    """Content guards by name and by href."""

    def __init__(self, found: Iterable[Mapping[str, Any]]) -> None:
        found = list(found)
        self.hrefs = {guard["name"]: guard["pulp_href"] for guard in found}
        self.names = {guard["pulp_href"]: guard["name"] for guard in found}

    def href(self, name: str) -> str | None:
        """The href for a guard's name; None for the empty name, which means no guard."""
        if name == "":
            return None
        if name not in self.hrefs:
            raise InvalidItem(f"there is no content guard '{name}': create it first")
        return self.hrefs[name]


def read_guards(server: Server, names: Iterable[str], hrefs: Iterable[str] = ()) -> Guards:
    """Read the guards with these names and those with these hrefs."""
    guard = kind_of("guard")
    fields = ("pulp_href", "name")
    found = read_by_field(server.client, guard.endpoint, "name", names, fields)
    known = {entry["pulp_href"] for entry in found.values()}
    unknown = [href for href in hrefs if href not in known]
    more = read_by_field(server.client, guard.endpoint, "pulp_href", unknown, fields)
    return Guards([*found.values(), *more.values()])


def distribute(
    server: Server,
    content_type: ContentType,
    name: str,
    wanted: Mapping[str, Any],
    current: dict[str, Any] | None,
    guards: Guards,
    result: Result,
    may_change: bool = True,
) -> ReconcileResult:
    """Make one distribution serve one source (publication, repository or repository_version).

    `may_change` as Server.reconcile takes it.
    """
    fields = {spec.name for spec in content_type.distribution.fields}
    source = {key: wanted.get(key) for key in SOURCES if key in fields}
    wire = {**wanted, **source} if any(source.values()) else dict(wanted)
    if current is None:
        if not any(source.values()) and not server.check_mode:
            raise Conflict("it would serve nothing: name a repository or a distribution")
        wire = {key: value for key, value in wire.items() if value is not None}
    kind = content_type.distribution
    outcome = server.reconcile(kind, name, wire, current, may_change=may_change)
    if outcome.changed:
        before, after = (
            _readable(side, guards) for side in (outcome.change.before, outcome.change.after)
        )
        result.add_change("created" if current is None else "updated", before, after)
    return outcome


def make_distributions(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_distribution: lists per content type -> results, in their order."""
    work: list[Work] = []
    for type_name, content_type in CONTENT_TYPES.items():
        items = params.get(type_name) or []
        if items:
            there = _Surroundings(server, content_type, items)
            work += [(Result(item["name"], type_name), (there, item)) for item in items]
    refuse_duplicates(work)

    def walk(pair: Any, result: Result) -> None:
        there, item = pair
        there.carry_out(item, result)

    for wave in _waves(work):
        run_all(wave, walk, server.task_concurrency(), server.report)
    return [result for result, _pair in work], {}


def _waves(work: Sequence[Work]) -> Iterator[list[Work]]:
    """Items that take over from another one in the list come after it."""
    waiting = list(work)
    while waiting:
        names = {(result.type, result.name) for result, _pair in waiting}
        ready: list[Work] = []
        later: list[Work] = []
        for one in waiting:
            source = (one[0].type, one[1][1].get("distribution"))
            (later if source in names else ready).append(one)
        if not ready:
            for result, _pair in later:
                result.error = result.error or "it takes over from itself, by way of other items"
            ready, later = later, []
        yield ready
        waiting = later


class _Surroundings:
    """Everything that the items of one content type refer to, read at once."""

    def __init__(
        self, server: Server, content_type: ContentType, items: Sequence[Mapping[str, Any]]
    ) -> None:
        self._server = server
        self._type = content_type
        kind = content_type.distribution
        names = [item["name"] for item in items]
        sources = [item["distribution"] for item in items if item.get("distribution")]
        self._distributions = read_by_key(server.client, kind, [*names, *sources])
        self._served = Served(server, content_type, items, self._distributions.values())
        current = (self._distributions.get(name) or {} for name in names)
        guards = [item["content_guard"] for item in items if item.get("content_guard")]
        in_use = [entry["content_guard"] for entry in current if entry.get("content_guard")]
        self._guards = read_guards(server, guards, in_use)
        self._served_by: dict[str, str] = {}
        if any(item.get("skip_existing") for item in items):
            for entry in server.client.list(kind.endpoint, {"fields": "name,publication"}):
                self._served_by.setdefault(entry.get("publication") or "", entry["name"])

    def carry_out(self, item: Mapping[str, Any], result: Result) -> None:
        """Create, change or remove one distribution."""
        server, current = self._server, self._distributions.get(item["name"])
        if item["state"] == "absent":
            if current:
                result.add_change("deleted", {"name": item["name"]}, {})
                if not server.check_mode:
                    server.delete(current["pulp_href"], result.name)
            return
        wanted = self._wanted(item, current, result)
        other = self._served_by.get(wanted.get("publication") or "")
        if current is None and item.get("skip_existing") and other:
            result.action = "skipped"
            result.more["served_by"] = other
            return
        changes = Result(result.name, result.type)
        outcome = distribute(
            server, self._type, item["name"], wanted, current, self._guards, changes
        )
        if changes.changed:
            before, after = map(self._served.readable, (changes.before, changes.after))
            result.add_change(changes.action, before, after)
        self._distributions[item["name"]] = {**wanted, **(outcome.current or {})}

    def _wanted(
        self, item: Mapping[str, Any], current: Mapping[str, Any] | None, result: Result
    ) -> dict[str, Any]:
        """An item as the wire wants it. Raises InvalidItem and Refused."""
        own = {key: value for key, value in item.items() if key not in SOURCES}
        wanted = to_api_values(self._type.distribution.fields, own)
        if item.get("base_path") is not None:
            wanted["base_path"] = item["base_path"].strip("/")
        if current is None and not wanted.get("base_path"):
            raise InvalidItem("a new distribution needs a base_path")
        if item.get("content_guard"):
            wanted["content_guard"] = self._guard(item["content_guard"], result)
        wanted.update(self._source(item, current, result))
        return wanted

    def _guard(self, name: str, result: Result) -> str | None:
        if name in self._guards.hrefs or not self._server.check_mode:
            return self._guards.href(name)
        report_missing(self._server, result, f"there is no content guard '{name}'")
        return name

    def _source(
        self, item: Mapping[str, Any], current: Mapping[str, Any] | None, result: Result
    ) -> dict[str, Any]:
        """What the item wants served: {} when it says nothing of it."""
        if item.get("distribution") and item.get("repository"):
            raise InvalidItem("give repository or distribution, not both")
        if item.get("repository"):
            return self._served.by_repository(item, current, result)
        name = item.get("distribution")
        if not name:
            if current is None:
                raise Conflict("it would serve nothing: name a repository or a distribution")
            return {}
        other = self._distributions.get(name)
        if other is None:
            words = f"there is no distribution '{name}' to take the publication of"
            report_missing(self._server, result, words)
            return {SOURCES[0] if self._type.publications else SOURCES[1]: name}
        source = {key: other[key] for key in SOURCES if other.get(key)}
        if not source:
            report_missing(self._server, result, f"distribution '{name}' serves nothing")
        return source


def _readable(side: Mapping[str, Any], guards: Guards) -> dict[str, Any]:
    shown = dict(side)
    if shown.get("content_guard"):
        shown["content_guard"] = guards.names.get(shown["content_guard"], shown["content_guard"])
    return shown
