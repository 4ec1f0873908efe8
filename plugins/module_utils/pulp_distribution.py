# SPDX-License-Identifier: Apache-2.0
"""Distributions: what is served, where, and behind which guard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import (
    InvalidItem,
    Refused,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_pipeline import run_all
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_planner import to_wire
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_publication import (
    choose,
    version_href,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_reader import (
    read_by,
    read_kind,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_report import Result
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_server import (
    Outcome,
    Server,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_sync import (
    version_number,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_types import (
    CONTENT_TYPES,
    ContentType,
    kind_of,
)

__all__ = ["Guards", "distribute", "make_distributions", "read_guards"]

_PUBLICATION_FIELDS = (
    "pulp_href,repository,repository_version,pulp_created,checksum_type,simple,structured"
)
_SOURCES = ("publication", "repository", "repository_version")


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
    found = read_by(server.client, guard.endpoint, "name", names, fields)
    known = {entry["pulp_href"] for entry in found.values()}
    unknown = [href for href in hrefs if href not in known]
    more = read_by(server.client, guard.endpoint, "pulp_href", unknown, fields)
    return Guards([*found.values(), *more.values()])


def distribute(
    server: Server,
    content_type: ContentType,
    name: str,
    wanted: Mapping[str, Any],
    current: dict[str, Any] | None,
    guards: Guards,
    result: Result,
) -> Outcome:
    """Make one distribution serve one source (publication, repository or repository_version)."""
    fields = {spec.name for spec in content_type.distribution.fields}
    source = {key: wanted.get(key) for key in _SOURCES if key in fields}
    wire = {**wanted, **source} if any(source.values()) else dict(wanted)
    if current is None:
        if not any(source.values()) and not server.check_mode:
            raise Refused("it would serve nothing: name a repository or a distribution")
        wire = {key: value for key, value in wire.items() if value is not None}
    outcome = server.reconcile(content_type.distribution, name, wire, current)
    if outcome.changed:
        before, after = (
            _readable(side, guards) for side in (outcome.change.before, outcome.change.after)
        )
        result.note("created" if current is None else "updated", before, after)
    return outcome


def make_distributions(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_distribution: lists per content type -> results, in their order."""
    work: list[tuple[Result, Any]] = []
    for type_name, content_type in CONTENT_TYPES.items():
        items = params.get(type_name) or []
        if not items:
            continue
        there = _Surroundings(server, content_type, items)
        work += [(Result(item["name"], type_name), (there, item)) for item in items]

    def walk(pair: Any, result: Result) -> None:
        there, item = pair
        there.carry_out(item, result)

    return run_all(work, walk, server.tasks_at_once(), server.report), {}


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
        self.distributions = read_kind(server.client, kind, [*names, *sources])
        named = [item["repository"] for item in items if item.get("repository")]
        self.repositories = read_kind(
            server.client, content_type.repository, named, ("latest_version_href",)
        )
        current = (self.distributions.get(name) or {} for name in names)
        guards = [item["content_guard"] for item in items if item.get("content_guard")]
        in_use = [entry["content_guard"] for entry in current if entry.get("content_guard")]
        self.guards = read_guards(server, guards, in_use)
        self.served: dict[str, str] = {}
        if any(item.get("skip_existing") for item in items):
            asked = {"fields": "name,publication"}
            for entry in server.client.list(kind.endpoint, asked):
                self.served.setdefault(entry.get("publication") or "", entry["name"])

    def carry_out(self, item: Mapping[str, Any], result: Result) -> None:
        """Create, change or remove one distribution."""
        server, current = self._server, self.distributions.get(item["name"])
        if item["state"] == "absent":
            if current:
                result.note("deleted", {"name": item["name"]}, {})
                if not server.check_mode:
                    server.write(lambda: server.client.delete(current["pulp_href"]), result.name)
            return
        source = self._source(item)
        if current is None and item.get("skip_existing") and source.get("publication"):
            other = self.served.get(source["publication"])
            if other:
                result.action = "skipped"
                result.more["served_by"] = other
                return
        wanted = to_wire(self._type.distribution.fields, {**item, "repository": None})
        wanted.update(source)
        if "base_path" in wanted:
            wanted["base_path"] = wanted["base_path"].strip("/")
        elif current is None:
            raise InvalidItem("a new distribution needs a base_path")
        if item.get("content_guard") is not None:
            wanted["content_guard"] = self.guards.href(item["content_guard"])
        distribute(server, self._type, item["name"], wanted, current, self.guards, result)

    def _source(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """What the item wants served: {} when it says nothing of it."""
        if item.get("distribution"):
            return self._source_of(item["distribution"])
        if not item.get("repository"):
            return {}
        repository = self.repositories.get(item["repository"])
        if repository is None:
            user = self._server.client.connection.username
            raise InvalidItem(
                f"there is no repository '{item['repository']}', or user '{user}' may not see it"
            )
        if not self._type.publications:
            if item.get("version") is None:
                return {"repository": repository["pulp_href"]}
            return {"repository_version": version_href(repository, item["version"])}
        return {"publication": self._publication(repository, item)}

    def _source_of(self, name: str) -> dict[str, Any]:
        other = self.distributions.get(name)
        if other is None:
            raise InvalidItem(f"there is no distribution '{name}' to take the publication of")
        source = {key: other[key] for key in _SOURCES if other.get(key)}
        if not source:
            raise Refused(f"distribution '{name}' serves nothing")
        return source

    def _publication(self, repository: Mapping[str, Any], item: Mapping[str, Any]) -> str:
        kind, settings = self._type.publication(item.get("mode"))
        explicit = settings if item.get("mode") else {}
        version = version_href(repository, item.get("version"))
        client, fields = self._server.client, {"fields": _PUBLICATION_FIELDS}
        kinds = [kind] if item.get("mode") else list(self._type.publication_kinds)
        for one in kinds:
            asked = {"repository_version": version, **fields}
            chosen = choose(client.list(one.endpoint, asked), explicit, False)
            if chosen:
                return str(chosen["pulp_href"])
        found: list[dict[str, Any]] = []
        if item.get("version") is None:
            for one in kinds:
                asked = {"repository": repository["pulp_href"], **fields}
                found += client.list(one.endpoint, asked)
        if not found:
            which = f"version {item['version']} of " if item.get("version") is not None else ""
            raise Refused(f"{which}repository '{item['repository']}' has no publication to serve")
        newest = max(version_number(entry["repository_version"]) for entry in found)
        last = [e for e in found if version_number(e["repository_version"]) == newest]
        return str((choose(last, explicit, False) or last[0])["pulp_href"])


def _readable(side: Mapping[str, Any], guards: Guards) -> dict[str, Any]:
    shown = dict(side)
    if shown.get("content_guard"):
        shown["content_guard"] = guards.names.get(shown["content_guard"], shown["content_guard"])
    return shown
