# SPDX-License-Identifier: Apache-2.0
"""Publications of repository versions: find the right one, create it, delete duplicates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..pulp.errors import InvalidItem, PulpError
from ..pulp.pool import refuse_invalid_names, run_all
from ..pulp.reader import read_by_key, version_number
from ..pulp.references import Usage, missing_message, read_usage, report_missing
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, ContentType, Kind
from ..report.report import Result

# The names that pulp_rpm has had for it, the older one last.
_CHECKSUM_TYPES = ("checksum_type", "package_checksum_type")
PUBLICATION_FIELDS = ",".join(
    ("pulp_href", "repository_version", "pulp_created", "simple", "structured", *_CHECKSUM_TYPES)
)


@dataclass(frozen=True)
class PublicationSpec:
    """The publication that a repository version (href) is to have.

    `mode`: the publish mode; None for the content type's default. `mirrored_only`: only the
    publication that mirrors upstream counts, which a sync creates.
    """

    content_type: ContentType
    version: str
    mode: str | None = None
    mirrored_only: bool = False

    @property
    def kind(self) -> Kind:
        """The kind of publication."""
        return self.content_type.publication(self.mode)[0]

    @property
    def settings(self) -> dict[str, bool]:
        """Fields of the publication that its mode decides."""
        return self.content_type.publication(self.mode)[1]

    def read(self, server: Server) -> list[dict[str, Any]]:
        """All publications of the version of this kind, whatever their settings."""
        filters = {"repository_version": self.version, "fields": PUBLICATION_FIELDS}
        return server.client.list(self.kind.endpoint, filters)


def mirrors_upstream(publication: Mapping[str, Any]) -> bool:
    """Whether an RPM publication is upstream's metadata byte for byte, made by a sync."""
    return "unknown" in [publication.get(name) for name in _CHECKSUM_TYPES]


def choose_publication(
    publications: Sequence[Mapping[str, Any]],
    settings: Mapping[str, bool],
    mirrored_only: bool,
    served: Collection[str] = (),
) -> Mapping[str, Any] | None:
    """Choose the publication that counts among those of one version.

    One that mirrors upstream is preferred; else, unless `mirrored_only`, the newest with these
    settings. Among equals, one that is `served` (hrefs) already is preferred.
    """
    matching = with_settings(publications, settings)
    mirroring = [publication for publication in matching if mirrors_upstream(publication)]
    candidates = mirroring if mirroring or mirrored_only else matching
    return max(
        candidates,
        key=lambda entry: (entry["pulp_href"] in served, entry["pulp_created"]),
        default=None,
    )


def with_settings(
    publications: Sequence[Mapping[str, Any]], settings: Mapping[str, bool]
) -> list[Mapping[str, Any]]:
    """Those publications that have these settings."""
    return [
        publication
        for publication in publications
        if all(publication.get(name) == value for name, value in settings.items())
    ]


def version_href(repository: Mapping[str, Any], number: int | None) -> str:
    """The href of a numbered version, or of the latest."""
    if number is None:
        return str(repository["latest_version_href"])
    return f"{repository['pulp_href']}versions/{number}/"


def find_publication(server: Server, spec: PublicationSpec) -> str | None:
    """The href of the publication that counts, if the version has one."""
    chosen = choose_publication(spec.read(server), spec.settings, spec.mirrored_only)
    return str(chosen["pulp_href"]) if chosen else None


def publish(
    server: Server, spec: PublicationSpec, result: Result, served: Collection[str] = ()
) -> tuple[str | None, list[str]]:
    """Make sure that a version is published; returns the publication and its duplicates (hrefs).

    Among equals, one that is `served` (hrefs) is chosen, so that the others can be deleted. With
    `mirrored_only` none is created, since it would not be upstream's metadata: InvalidItem
    names the remedy. In check mode the href of a new one is None.
    """
    number = version_number(spec.version)
    if number == 0:
        message = "the repository has no content yet: sync it first"
        report_missing(server, result, message, result.name)
    found = spec.read(server)
    chosen = choose_publication(found, spec.settings, spec.mirrored_only, served)
    if chosen:
        matching = with_settings(found, spec.settings)
        duplicates = [one["pulp_href"] for one in matching if one is not chosen]
        return str(chosen["pulp_href"]), duplicates
    if spec.mirrored_only:
        message = f"version {number} has no publication that mirrors upstream"
        report_missing(server, result, f"{message}: sync it with optimize: false", result.name)
        return None, []
    result.add_change("created", {}, _shown(spec.content_type, number, spec.mode))
    if server.check_mode:
        return None, []
    body = {"repository_version": spec.version, **spec.settings}
    task = server.write(lambda: server.client.post(spec.kind.endpoint, body), result.name)
    created = (task or {}).get("created_resources") or []
    if not created:
        raise PulpError("Pulp published the version, but returned no publication")
    return _oldest(server, spec, str(created[0]), result), []


def _oldest(server: Server, spec: PublicationSpec, created: str, result: Result) -> str:
    """Return the publication that counts after one was `created` (href).

    If another run published the same version at the same time, the older one is kept.
    """
    found = with_settings(spec.read(server), spec.settings)
    ours = next((one for one in found if one["pulp_href"] == created), None)
    if ours is None:
        return created
    oldest = min(found, key=lambda entry: (entry["pulp_created"], entry["pulp_href"]))
    if oldest is not ours:
        server.delete(created, result.name)
    return str(oldest["pulp_href"])


def delete_duplicates(
    server: Server,
    spec: PublicationSpec,
    duplicates: Sequence[str],
    usage: Usage,
    result: Result,
) -> None:
    """Delete those duplicates (hrefs) that no distribution serves."""
    if not duplicates:
        return
    newest, _names = _served_indirectly(server, spec, usage)
    unused = [href for href in duplicates if href not in usage.users and href != newest]
    _delete(server, unused, result, "duplicates")


def delete_publications(
    server: Server, spec: PublicationSpec, usage: Usage, result: Result
) -> None:
    """Delete all publications of a version with the settings of a mode, unless one is served."""
    unwanted = [entry["pulp_href"] for entry in with_settings(spec.read(server), spec.settings)]
    if not unwanted:
        return
    newest, names = _served_indirectly(server, spec, usage)
    served = Usage({**usage.users, newest: [*usage.users.get(newest, []), *names]})
    for href in unwanted:
        served.require_unused(href, f"the publication of version {version_number(spec.version)}")
    _delete(server, unwanted, result, "publications")


def _served_indirectly(
    server: Server, spec: PublicationSpec, usage: Usage
) -> tuple[str, list[str]]:
    """What distributions serve that name the repository or the version, not a publication.

    That is the newest publication. Returns the newest publication of this version and the names of
    the distributions that serve it so.
    """
    version = spec.version
    repository = version.split("versions/")[0]
    names = list(usage.users.get(version, []))
    if not names and repository not in usage.users:
        return "", []
    filters = {"repository": repository, "fields": PUBLICATION_FIELDS}
    found = [
        publication
        for kind in spec.content_type.publication_kinds
        for publication in server.client.list(kind.endpoint, filters)
    ]
    if max(found, key=_age)["repository_version"] == version:
        names += usage.users.get(repository, [])
    of_version = [entry for entry in found if entry["repository_version"] == version]
    return max(of_version, key=_age)["pulp_href"] if names else "", names


def _age(publication: Mapping[str, Any]) -> tuple[int, str]:
    return version_number(publication["repository_version"]), publication["pulp_created"]


def _delete(server: Server, hrefs: Sequence[str], result: Result, noun: str) -> None:
    if not hrefs:
        return
    result.add_change("deleted", {noun: list(hrefs)}, {noun: []})
    for href in hrefs:
        if not server.check_mode:
            server.delete(href, result.name)


@dataclass(frozen=True)
class _Item:
    """An item of the module, and its repository on the server."""

    content_type: ContentType
    options: Mapping[str, Any]
    repository: Mapping[str, Any] | None

    @property
    def mode(self) -> str | None:
        """The publish mode, where the content type has modes."""
        return self.options.get("mode")

    @property
    def identity(self) -> tuple[Any, ...]:
        """What identifies a publication: kind, repository, version, settings of the mode."""
        number = self.options["version"]
        version = version_href(self.repository, number) if self.repository else number
        kind, settings = self.content_type.publication(self.mode)
        return (kind.endpoint, self.options["repository"], version, *settings.values())

    def result(self) -> Result:
        """The result of the item, before anything was done."""
        more = {"publication": None, "version": self.options["version"], "duplicates": []}
        return Result(self.options["repository"], self.content_type.name, more=more)


@dataclass(frozen=True)
class PublicationRun:
    """One run over publications; its method takes an item and its result.

    `usage`: by content type, read where something may be deleted.
    """

    server: Server
    usage: Mapping[str, Usage]
    deletes_duplicates: bool

    def manage(self, item: _Item, result: Result) -> None:
        """Create or delete the publication of one repository version."""
        server, options, repository = self.server, item.options, item.repository
        if repository is None:
            if options["state"] == "present":
                message = missing_message(server, "such repository")
                report_missing(server, result, message, result.name)
                shown = _shown(item.content_type, options["version"], item.mode)
                result.add_change("created", {}, shown)
            return
        version = version_href(repository, options["version"])
        number, latest = version_number(version), version_number(repository["latest_version_href"])
        result.more["version"] = number
        mirrored_only = item.content_type.is_mirrored_by(options.get("sync_policy"))
        spec = PublicationSpec(item.content_type, version, item.mode, mirrored_only)
        usage = self.usage.get(result.type, Usage())
        if options["state"] == "absent":
            if number <= latest:
                delete_publications(server, spec, usage, result)
            return
        if number > latest:
            raise InvalidItem(f"there is no version {number}, the latest is {latest}")
        href, duplicates = publish(server, spec, result, usage.users)
        result.more.update({"publication": href, "duplicates": duplicates})
        if self.deletes_duplicates:
            delete_duplicates(server, spec, duplicates, usage, result)


def manage_publications(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module pulp_publication: lists per content type -> results, in their order."""
    server.planned = frozenset(params.get("planned") or ())
    work: list[tuple[Result, _Item]] = []
    usage: dict[str, Usage] = {}
    deletes_duplicates = params["cleanup_duplicates"]
    for type_name, content_type in CONTENT_TYPES.items():
        items = params.get(type_name) or []
        if any(deletes_duplicates or item["state"] == "absent" for item in items):
            usage[type_name] = read_usage(server.client, content_type)
        names = [item["repository"] for item in items]
        kind, fields = content_type.repository, ("latest_version_href",)
        found = read_by_key(server.client, kind, names, fields)
        own = [_Item(content_type, item, found.get(item["repository"])) for item in items]
        work += [(item.result(), item) for item in own]
    refuse_invalid_names(work, [item.identity for _result, item in work], "publication")
    run = PublicationRun(server, usage, deletes_duplicates)
    return run_all(work, run.manage, server.task_concurrency(), server.report), {}


def _shown(content_type: ContentType, number: int | None, mode: str | None) -> dict[str, Any]:
    """A publication to be created, as a diff shows it."""
    version = {"version": "latest" if number is None else number}
    mode = mode or content_type.default_mode
    return {**version, "mode": mode} if mode else version
