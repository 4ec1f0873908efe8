# SPDX-License-Identifier: Apache-2.0
"""Repositories of FakePulp: their versions, syncs, publications and distributions."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from plugins.module_utils.pulp.errors import ResponseError

from .store import ROOT, Object, Store, identifier, repository_of, shown
from .tasks import TaskError

if TYPE_CHECKING:
    from .pulp import FakePulp

PATHS = {
    "rpm": "rpm/rpm",
    "deb": "deb/apt",
    "container": "container/container",
    "file": "file/file",
    "python": "python/python",
}
"""Content type -> path of its repositories."""
DISTRIBUTIONS = {**PATHS, "python": "python/pypi"}
"""Content type -> path of its distributions and publications."""

_TAGS, _MANIFESTS = "content/container/tags/", "content/container/manifests/"
_PACKAGES = {
    "rpm": "content/rpm/packages/",
    "deb": "content/deb/packages/",
    "file": "content/file/files/",
    "python": "content/python/packages/",
    "container": _TAGS,
}
# Names of units in the content summary of a version, if they differ from their path.
_UNITS = {"python.package": "python.python"}


def plugin_of(href: str) -> str:
    """Return the plugin of a repository, remote, publication or content unit."""
    return href[len(ROOT) :].split("/")[1]


def add_repository(store: Store, content_type: str, name: str, **fields: Any) -> Object:
    """Add a repository with its empty version; `path` defaults to that of its content type."""
    path = fields.pop("path", PATHS[content_type])
    defaults = {"description": None, "retain_repo_versions": None, "pulp_labels": {}}
    repository = store.add(f"repositories/{path}/", name=name, **{**defaults, **fields})
    repository["versions_href"] = f"{repository['pulp_href']}versions/"
    _add_version(store, repository, set(), None)
    return repository


def add_version(store: Store, repository: Object, content: Iterable[str]) -> Object:
    """Add a version with these units to a repository: hrefs, or "name version" of packages."""
    plugin = plugin_of(repository["pulp_href"])
    hrefs = {one if one.startswith("/") else unit(store, plugin, one) for one in content}
    return _add_version(store, repository, hrefs, repository["latest_version_href"])


def _add_version(store: Store, repository: Object, content: set[str], before: str | None) -> Object:
    content = _with_manifests(store, content)
    number = int(identifier(before)) + 1 if before else 0
    held = store.get(before)["_content"] if before else set()
    href = f"{repository['pulp_href']}versions/{number}/"
    added, removed = content - held, held - content
    repository["latest_version_href"] = href
    return store.add(
        f"{repository['pulp_href']}versions/",
        pulp_href=href,
        number=number,
        content_summary={
            "present": _summary(content),
            "added": _summary(added),
            "removed": _summary(removed),
        },
        _content=content,
        _added=added,
        _removed=removed,
    )


def _with_manifests(store: Store, content: Iterable[str]) -> set[str]:
    """Return the content with exactly the manifests of its tags, and those that these list."""
    units = {href for href in content if f"/{_MANIFESTS}" not in href}
    left = [store.get(href)["tagged_manifest"] for href in units if f"/{_TAGS}" in href]
    while left:
        href = left.pop()
        units.add(href)
        left += store.get(href)["listed_manifests"]
    return units


def _summary(content: Iterable[str]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for href in content:
        plugin, units = href[len(f"{ROOT}content/") :].split("/")[:2]
        name = f"{plugin}.{units[:-1]}"
        counts.setdefault(_UNITS.get(name, name), {"count": 0})["count"] += 1
    return counts


def unit(store: Store, plugin: str, text: str) -> str:
    """Return the href of a content unit, which is created if it is missing.

    `text` is "name version" of a package, "path" of a file or "name digest" of a tag.
    """
    name, _space, rest = text.partition(" ")
    if plugin == "rpm":
        version, _dash, release = rest.partition("-")
        values = {"name": name, "arch": "x86_64", "epoch": "0"}
        values.update(version=version, release=release)
    elif plugin == "deb":
        values = {"package": name, "architecture": "amd64", "version": rest}
    elif plugin == "container":
        values = {"name": name, "tagged_manifest": manifest(store, rest)}
    elif plugin == "file":
        values = {"relative_path": name, "sha256": rest}
    else:
        values = {"name": name, "version": rest}
    found = store.find(_PACKAGES[plugin], **values)
    return str((found or store.add(_PACKAGES[plugin], **values))["pulp_href"])


def manifest(store: Store, digest: str) -> str:
    """Return the href of the manifest with this digest, which is created if it is missing."""
    href = f"{ROOT}{_MANIFESTS}{digest.partition(':')[2]}/"
    if href not in store.objects:
        store.add(_MANIFESTS, pulp_href=href, digest=digest, listed_manifests=[])
    return href


def add_publication(store: Store, version: str, path: str = "", **fields: Any) -> Object:
    """Add a publication of a version (href); `path` defaults to that of the plugin."""
    plugin = plugin_of(version)
    defaults: dict[str, Any] = {}
    if plugin == "rpm":
        defaults = {"checksum_type": "sha256", "layout": "nested_alphabetically"}
    elif plugin == "deb" and path != "deb/verbatim":
        defaults = {"simple": False, "structured": True}
    endpoint = f"publications/{path or DISTRIBUTIONS[plugin]}/"
    return store.add(endpoint, repository_version=version, **{**defaults, **fields})


def _create_repository(pulp: FakePulp, body: dict[str, Any], path: str, plugin: str) -> Any:
    pulp.store.check_unique("repositories/", body)
    return shown(add_repository(pulp.store, plugin, **{"path": path, **body}))


def _sync(pulp: FakePulp, body: dict[str, Any], path: str, plugin: str) -> Any:
    store = pulp.store
    repository, remote = store.get(path), store.get(body["remote"])
    policy = body.get("sync_policy") or ""

    def work() -> list[str]:
        upstream = {url.rstrip("/"): found for url, found in pulp.upstream.items()}
        url = remote["url"].rstrip("/")
        if url not in upstream:
            raise TaskError(f"404, message='Not Found', url='{remote['url']}'")
        content = {
            one if one.startswith("/") else unit(store, plugin, one)
            for one in upstream[url]
            if _is_included(remote, one)
        }
        before = repository["latest_version_href"]
        held = store.get(before)["_content"]
        if not (body.get("mirror") or policy.startswith("mirror")):
            content |= held
        content = _with_manifests(store, content)
        created = [] if content == held else [_add_version(store, repository, content, before)]
        if policy == "mirror_complete" and (created or body.get("optimize") is False):
            version = repository["latest_version_href"]
            created.append(add_publication(store, version, checksum_type="unknown", layout=None))
        elif created and repository.get("autopublish"):
            created.append(add_publication(store, repository["latest_version_href"]))
        return [one["pulp_href"] for one in created]

    reserved = (repository["prn"], f"shared:{remote['prn']}")
    return pulp.start(f"pulp_{plugin}.app.tasks.synchronizing.synchronize", work, reserved)


def _is_included(remote: Object, text: str) -> bool:
    name, _space, digest = text.partition(" ")
    names = remote.get("includes") or remote.get("include_tags") or ["*"]
    excluded = remote.get("excludes") or remote.get("exclude_tags") or []
    included = any(fnmatchcase(name, one) or one == digest for one in names)
    return included and not any(fnmatchcase(name, one) for one in excluded)


def change_content(
    pulp: FakePulp, path: str, added: Iterable[str], removed: Iterable[str], base: str = ""
) -> Any:
    """Return a task that adds and removes units, and creates a version if that changes anything.

    A file replaces another one with its path, and a tag replaces another one with its name.
    """
    store = pulp.store
    repository = store.get(path)

    def work() -> list[str]:
        latest = repository["latest_version_href"]
        keys = {_unique_key(store.get(href)) for href in added}
        kept = {
            href
            for href in store.get(base or latest)["_content"]
            if href not in removed and _unique_key(store.get(href)) not in keys
        }
        content = _with_manifests(store, kept | set(added))
        if content == store.get(latest)["_content"]:
            return []
        return [_add_version(store, repository, content, latest)["pulp_href"]]

    name = "pulpcore.app.tasks.repository.add_and_remove"
    return pulp.start(name, work, (repository["prn"],))


def _unique_key(entry: Object) -> tuple[str, str]:
    """Return what only one unit of a version can have."""
    kind = entry["pulp_href"].split("content/")[1].rsplit("/", 2)[0]
    key = {"file/files": "relative_path", "container/tags": "name"}.get(kind, "pulp_href")
    return kind, entry[key]


def _modify(pulp: FakePulp, body: dict[str, Any], path: str) -> Any:
    added, removed = body.get("add_content_units", []), body.get("remove_content_units", [])
    return change_content(pulp, path, added, removed, body.get("base_version", ""))


def _set_label(pulp: FakePulp, body: dict[str, Any], path: str) -> Any:
    entry = pulp.store.get(path)
    entry["pulp_labels"] = {**(entry["pulp_labels"] or {}), body["key"]: body["value"]}
    return dict(body)


def _create_publication(pulp: FakePulp, body: dict[str, Any], path: str) -> Any:
    store, fields = pulp.store, dict(body)
    version = fields.pop("repository_version", None)
    version = version or store.get(fields.pop("repository"))["latest_version_href"]
    if version not in store.objects:
        raise ResponseError(400, "repository_version: Invalid hyperlink - Object does not exist.")
    return pulp.start(
        f"pulp_{path.split('/')[0]}.app.tasks.publishing.publish",
        lambda: [add_publication(store, version, path, **fields)["pulp_href"]],
        (f"shared:{store.get(repository_of(version))['prn']}",),
    )


def _create_distribution(pulp: FakePulp, body: dict[str, Any], path: str) -> Any:
    store, base_path = pulp.store, body["base_path"]
    for name in ("publication", "repository", "repository_version", "content_guard"):
        if body.get(name) and body[name] not in store.objects:
            raise ResponseError(400, f"{name}: Invalid hyperlink - Object does not exist.")
    for other in store.within("distributions/"):
        used = other["base_path"]
        if f"{base_path}/".startswith(f"{used}/") and base_path != used:
            message = f"Overlaps with an existing distribution {other['name']}"
            raise ResponseError(400, f"base_path: {message}")
    defaults: dict[str, Any] = {"pulp_labels": {}, "content_guard": None, "repository": None}
    if path.startswith("container/"):
        defaults.update(private=False, repository_version=None)
        _add_namespace(store, base_path)
    else:
        defaults["publication"] = None
    return pulp.create(f"distributions/{path}/", {**defaults, **body})


def _add_namespace(store: Store, base_path: str) -> None:
    name = base_path.split("/")[0]
    if not store.find("pulp_container/namespaces/", name=name):
        store.add("pulp_container/namespaces/", name=name)


def _clean_orphans(pulp: FakePulp, _body: dict[str, Any]) -> Any:
    """Answer with a task that deletes content which no repository version has."""
    store = pulp.store

    def work() -> list[str]:
        held = {one for entry in store.objects.values() for one in entry.get("_content", ())}
        for entry in store.within("content/"):
            if entry["pulp_href"] not in held:
                store.remove(entry["pulp_href"])
        return []

    return pulp.start("pulpcore.app.tasks.orphan.orphan_cleanup", work)


ROUTES = (
    ("POST", r"orphans/cleanup/", _clean_orphans),
    ("POST", r"repositories/((\w+)/[\w-]+)/", _create_repository),
    ("POST", r"(repositories/(\w+)/[\w-]+/\w+/)sync/", _sync),
    ("POST", r"(repositories/.+/)modify/", _modify),
    ("POST", r"(.+/)set_label/", _set_label),
    ("POST", r"publications/(.+)/", _create_publication),
    ("POST", r"distributions/(.+)/", _create_distribution),
)
