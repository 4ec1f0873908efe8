# SPDX-License-Identifier: Apache-2.0
"""What a distribution serves: the publication, repository or version that an item asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .pulp_choice import PUBLICATION_FIELDS, choose, fitting
from .pulp_errors import InvalidItem
from .pulp_missing import refuse_missing, unseen
from .pulp_pinned import version_number
from .pulp_publication import version_href
from .pulp_reader import identifier, read_by, read_kind
from .pulp_report import Result
from .pulp_server import Server
from .pulp_types import SOURCES, ContentType

__all__ = ["Served"]


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
        self._repositories = read_kind(server.client, kind, named, ("latest_version_href",))
        served = [entry[key] for entry in distributions for key in SOURCES if entry.get(key)]
        self._publications: dict[str, Mapping[str, Any]] = {}
        for one in content_type.publication_kinds:
            hrefs = [href for href in served if one.endpoint in href]
            fields = PUBLICATION_FIELDS.split(",")
            self._publications.update(
                read_by(server.client, one.endpoint, "pulp_href", hrefs, fields)
            )
        self._names = {entry["pulp_href"]: name for name, entry in self._repositories.items()}
        versions = (entry["repository_version"] for entry in self._publications.values())
        owners = {_owner(href) for href in (*served, *versions) if kind.endpoint in href}
        unknown = owners - set(self._names)
        found = read_by(server.client, kind.endpoint, "pulp_href", unknown, ("name",))
        self._names.update((href, entry["name"]) for href, entry in found.items())

    def by_repository(
        self, item: Mapping[str, Any], current: Mapping[str, Any] | None, result: Result
    ) -> dict[str, Any]:
        """Wire values to serve the repository that an item names; in check mode maybe a name."""
        repository = self._repositories.get(item["repository"])
        if repository is None:
            refuse_missing(
                self._server, result, unseen(self._server, f"repository '{item['repository']}'")
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
            refuse_missing(
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
                shown[key] = f"{self._version(version)}, publication {identifier(href)}"
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
