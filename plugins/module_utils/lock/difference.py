# SPDX-License-Identifier: Apache-2.0
"""What changes from one release lock to another one, down to packages, advisories and tags.

`compare_locks` returns a dictionary that can be written as JSON. Only what changed is listed, in a
fixed order:

    old, new        name and digest of each lock
    changed         whether anything but the names and the evidence changed
    configuration   None, or {old, new}: the source configurations of the locks, if they differ
    counts          numbers by section and kind of change
    packages        [{content_type, name, change, old, new, error, <kind>: [...]}], a repository each;
                    `old` and `new` have stamp, base_path and packages (their number), or are None
    advisories      {added, updated, removed}: [{id, type, severity, title, issued, cves,
                    repositories, packages}]; an advisory is updated if it names more CVEs, and then
                    `cves` has only these
    cves            the CVEs of the added and updated advisories
    containers      [{name, change, <kind>: [...]}], an image each
    images          [{name, change, old, new, added, removed, changed}], with files in the last three
    sources         [{name, change, old, new}]

A list of packages has {name, arch, version} if they were added or removed, else {name, arch, old,
new} with versions. The newest version of a package and architecture was upgraded, downgraded, or
changed (same version, other checksum); other versions were added or removed. A list of tags has {tag,
digest} if they were added or removed, {tag, old_digest, new_digest} if they were moved, and {old,
new, old_digest, new_digest} if a tag was replaced by one with another stamp.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Optional, Protocol

from ..errors import OperatorError, redact_url
from ..metadata.packages import Advisory, Package
from ..metadata.versions import sort_key
from .advisories import AdvisoryTable, count_advisories, cve_key
from .document import lock_digest

KINDS = ("added", "removed", "upgraded", "downgraded", "changed")
TAG_KINDS = ("added", "removed", "upgraded", "downgraded", "moved")
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}")

_EMPTY: dict[str, Any] = {
    name: {} for name in ("source", "packages", "containers", "images", "sources")
}

_Entry = Mapping[str, Any]
_Versions = dict[str, set[str]]
_Group = tuple[tuple[str, str], _Versions]
_Changes = dict[str, list[dict[str, Any]]]


class PackageReader(Protocol):
    """Reads what repositories of a lock contain; methods raise OperatorError."""

    def packages(self, content_type: str, short_name: str, entry: _Entry) -> Iterator[Package]:
        """Yield the packages of a repository by name, architecture and version order."""

    def advisories(self, content_type: str, short_name: str, entry: _Entry) -> Iterator[Advisory]:
        """Yield the advisories of a repository, none if it does not have any."""


def compare_locks(old: _Entry, new: _Entry, reader: PackageReader) -> dict[str, Any]:
    """Return the changes from one lock to another one, see above.

    What a repository contains is only read if its digests differ. A repository that cannot be read
    has the reason in `error`, and does not hide the changes of others.
    """
    names = [{"name": lock["name"], "digest": lock_digest(lock)} for lock in (old, new)]
    old, new = {**_EMPTY, **old}, {**_EMPTY, **new}
    comparison = _RepositoryComparison(reader)
    for content_type in sorted({*old["packages"], *new["packages"]}):
        olds, news = old["packages"].get(content_type, {}), new["packages"].get(content_type, {})
        for name in sorted({*olds, *news}):
            comparison.compare(content_type, name, olds.get(name), news.get(name))
    sections = {
        "packages": comparison.repositories,
        "containers": _compare_each(old["containers"], new["containers"], _compare_tags),
        "images": _compare_each(old["images"], new["images"], _compare_disk_images),
        "sources": _compare_each(old["sources"], new["sources"], _compare_sources),
    }
    advisories = comparison.advisories.lists()
    cves = {cve for kind in ("added", "updated") for one in advisories[kind] for cve in one["cves"]}
    configurations = (_configuration(old), _configuration(new))
    return {
        "old": names[0],
        "new": names[1],
        "changed": any(sections.values()) or configurations[0] != configurations[1],
        "configuration": (
            None
            if configurations[0] == configurations[1]
            else {"old": configurations[0], "new": configurations[1]}
        ),
        "counts": {
            "repositories": _count_items(
                sections["packages"], (name for part in new["packages"].values() for name in part)
            ),
            "packages": _count_entries(sections["packages"], KINDS),
            "advisories": count_advisories(advisories),
            "cves": len(cves),
            "containers": _count_items(sections["containers"], new["containers"]),
            "tags": _count_entries(sections["containers"], TAG_KINDS),
            "images": _count_items(sections["images"], new["images"]),
            "sources": _count_items(sections["sources"], new["sources"]),
        },
        **sections,
        "advisories": advisories,
        "cves": sorted(cves, key=cve_key),
    }


class _RepositoryComparison:
    """Compares repositories one after the other; `advisories` merges theirs."""

    def __init__(self, reader: PackageReader) -> None:
        self._reader = reader
        self.repositories: list[dict[str, Any]] = []
        self.advisories = AdvisoryTable()

    def compare(
        self, content_type: str, name: str, old: Optional[_Entry], new: Optional[_Entry]
    ) -> None:
        """Add a repository unless it did not change."""
        if old == new:
            return
        changes: _Changes = {kind: [] for kind in KINDS}
        errors = []
        if old is not None and new is not None:
            try:
                changes = self._changes(content_type, name, old, new)
            except OperatorError as reason:
                errors.append(str(reason))
            try:
                self._add_advisories(content_type, name, old, new)
            except OperatorError as reason:
                if not errors:  # which is mostly the same reason
                    errors.append(f"advisories: {reason}")
        self.repositories.append(
            {
                "content_type": content_type,
                "name": name,
                "change": _change(old, new),
                "old": _repository_summary(old),
                "new": _repository_summary(new),
                "error": "; ".join(errors) or None,
                **changes,
            }
        )

    def _changes(self, content_type: str, name: str, old: _Entry, new: _Entry) -> _Changes:
        reader = self._reader
        if not _has_packages(old, new) or old["packages"] == new["packages"]:
            return {kind: [] for kind in KINDS}
        return compare_packages(
            content_type,
            reader.packages(content_type, name, old),
            reader.packages(content_type, name, new),
        )

    def _add_advisories(self, content_type: str, name: str, old: _Entry, new: _Entry) -> None:
        reader = self._reader
        if _has_packages(old, new) and old["metadata"] != new["metadata"]:
            self.advisories.compare(
                name,
                reader.advisories(content_type, name, old),
                reader.advisories(content_type, name, new),
            )


def _has_packages(old: _Entry, new: _Entry) -> bool:
    """Return whether a lock lists the packages of both; those of other types are not read."""
    return "packages" in old and "packages" in new


def compare_packages(
    content_type: str, old: Iterable[Package], new: Iterable[Package]
) -> dict[str, list[dict[str, Any]]]:
    """Return the changed packages by kind of change, from two streams sorted by name and arch.

    Only the changes, and all versions of one package and architecture, are kept in memory.
    """
    changes: _Changes = {kind: [] for kind in KINDS}

    def rank(version: str) -> tuple[str, str]:
        return sort_key(content_type, version), version

    for (name, arch), olds, news in _merged(_groups(old), _groups(new)):
        if olds != news:
            identity = {"name": name, "arch": arch}
            for kind, before, after in _compare_versions(olds, news, rank):
                versions = {"old": before, "new": after}
                if kind in ("added", "removed"):
                    versions = {"version": after if kind == "added" else before}
                changes[kind].append({**identity, **versions})
    return changes


def _groups(packages: Iterable[Package]) -> Iterator[_Group]:
    """Yield the checksums of each version, for each name and architecture."""
    current: tuple[str, str] = ("", "")
    versions: _Versions = {}
    for package in packages:
        identity = (package.name, package.arch)
        if identity != current:
            if identity < current:
                raise ValueError(f"not sorted: {identity} after {current}")
            if versions:
                yield current, versions
            current, versions = identity, {}
        versions.setdefault(package.version, set()).add(package.checksum)
    if versions:
        yield current, versions


def _merged(
    old: Iterator[_Group], new: Iterator[_Group]
) -> Iterator[tuple[tuple[str, str], _Versions, _Versions]]:
    """Yield each name and architecture of two sorted streams, with its versions in both."""
    left, right = next(old, None), next(new, None)
    while left or right:
        if left is not None and (right is None or left[0] < right[0]):
            yield left[0], left[1], {}
            left = next(old, None)
        elif right is not None and (left is None or right[0] < left[0]):
            yield right[0], {}, right[1]
            right = next(new, None)
        elif left is not None and right is not None:
            yield left[0], left[1], right[1]
            left, right = next(old, None), next(new, None)


def _compare_versions(
    old: Mapping[str, Any], new: Mapping[str, Any], rank: Callable[[str], tuple[str, str]]
) -> Iterator[tuple[str, str, str]]:
    """Yield (kind of change, old version, new version) of one package, or of one series of tags.

    `old` and `new` map each version to its checksums; `rank` returns a text that sorts like
    the version, and the version.
    """
    removed, added = old.keys() - new.keys(), new.keys() - old.keys()
    if old and new:
        (old_key, before), (new_key, after) = max(map(rank, old)), max(map(rank, new))
        if before != after:
            is_upgrade, is_downgrade = old_key < new_key, old_key > new_key
            kind = "upgraded" if is_upgrade else "downgraded" if is_downgrade else "changed"
            yield kind, before, after
            removed.discard(before)
            added.discard(after)
    for version in sorted(removed, key=rank):
        yield "removed", version, ""
    for version in sorted(added, key=rank):
        yield "added", "", version
    for version in sorted(old.keys() & new.keys(), key=rank):
        if old[version] != new[version]:
            yield "changed", version, version


def _count_items(items: Iterable[_Entry], names: Iterable[str]) -> dict[str, int]:
    """Count changes of whole items; `names` are those of the new lock."""
    counts = Counter(item["change"] for item in items)
    present = sum(number for change, number in counts.items() if change != "removed")
    counts["unchanged"] = sum(1 for _name in names) - present
    return {kind: counts[kind] for kind in (*KINDS, "unchanged")}


def _count_entries(items: Iterable[_Entry], kinds: Iterable[str]) -> dict[str, int]:
    items = list(items)
    return {kind: sum(len(item[kind]) for item in items) for kind in kinds}


def _change(old: Optional[_Entry], new: Optional[_Entry]) -> str:
    return "added" if old is None else "removed" if new is None else "changed"


def _repository_summary(entry: Optional[_Entry]) -> Optional[dict[str, Any]]:
    if entry is None:
        return None
    return {
        "stamp": entry.get("stamp"),
        "base_path": entry.get("base_path"),
        "packages": entry["packages"]["count"] if "packages" in entry else None,
    }


def _compare_each(
    old: Mapping[str, _Entry],
    new: Mapping[str, _Entry],
    compare: Callable[[Optional[_Entry], Optional[_Entry]], dict[str, Any]],
) -> list[dict[str, Any]]:
    """Return the changed items of a section by name."""
    return [
        {"name": name, "change": _change(old.get(name), new.get(name))}
        | compare(old.get(name), new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def _compare_tags(old: Optional[_Entry], new: Optional[_Entry]) -> dict[str, Any]:
    """Return the changed tags of a container image."""
    changes: _Changes = {kind: [] for kind in TAG_KINDS}
    olds, news = _series(old or {}), _series(new or {})
    for name in sorted({*olds, *news}):
        digests = (olds.get(name, {}), news.get(name, {}))
        for kind, before, after in _compare_versions(*digests, lambda tag: (tag, tag)):
            old_digest, new_digest = digests[0].get(before), digests[1].get(after)
            if kind in ("added", "removed"):
                changes[kind].append({"tag": after or before, "digest": new_digest or old_digest})
            else:
                entry = {"old_digest": old_digest, "new_digest": new_digest}
                if kind == "changed":
                    changes["moved"].append({"tag": after, **entry})
                else:
                    changes[kind].append({"old": before, "new": after, **entry})
    return changes


def _series(tags: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return tags by their text without the stamp."""
    series: dict[str, dict[str, str]] = {}
    for tag, digest in tags.items():
        series.setdefault(_STAMP.sub("", tag), {})[tag] = digest
    return series


def _compare_disk_images(old: Optional[_Entry], new: Optional[_Entry]) -> dict[str, Any]:
    """Return the changed files of a disk image; `change` replaces that of the item."""
    change = _change(old, new)
    stamps = [_STAMP.findall(entry["version"]) for entry in (old, new) if entry is not None]
    if len(stamps) == 2 and all(stamps) and stamps[0] != stamps[1]:
        change = "upgraded" if stamps[0] < stamps[1] else "downgraded"
    olds, news = (entry["files"] if entry is not None else {} for entry in (old, new))
    return {
        "change": change,
        "old": _disk_image_summary(old),
        "new": _disk_image_summary(new),
        "added": [{"name": name, **news[name]} for name in sorted(news.keys() - olds.keys())],
        "removed": [{"name": name, **olds[name]} for name in sorted(olds.keys() - news.keys())],
        "changed": [
            {"name": name}
            | {f"old_{key}": olds[name][key] for key in ("sha256", "size")}
            | {f"new_{key}": news[name][key] for key in ("sha256", "size")}
            for name in sorted(olds.keys() & news.keys())
            if olds[name] != news[name]
        ],
    }


def _disk_image_summary(entry: Optional[_Entry]) -> Optional[dict[str, Any]]:
    if entry is None:
        return None
    return {"version": entry["version"], "base_path": entry.get("base_path")}


def _compare_sources(old: Optional[_Entry], new: Optional[_Entry]) -> dict[str, Any]:
    return {"old": _source(old), "new": _source(new)}


def _source(entry: Optional[_Entry]) -> Optional[dict[str, Any]]:
    """Return a source repository or a configuration, without credentials in its URL."""
    if entry is None:
        return None
    summary = {name: entry.get(name) for name in ("repository", "ref", "commit")}
    if summary["repository"]:
        summary["repository"] = redact_url(summary["repository"])
    return summary


def _configuration(lock: _Entry) -> Optional[dict[str, Any]]:
    return _source(lock["source"].get("configuration"))
