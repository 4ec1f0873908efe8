# SPDX-License-Identifier: Apache-2.0
"""An earlier lock as the default of the pins of a new one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..lock.signature import load_verified_lock
from ..pulp.errors import InvalidItem
from ..report.report import Result
from .resolve import CONTAINERS, DISK_IMAGE, IMAGE, IMAGES, PACKAGES, EntryKey
from .sources import SOURCE

_PACKAGE_OPTION = "package_versions"
# The options with the pins of each type; those of package repositories are in _PACKAGE_OPTION.
_OPTIONS = {IMAGE: "container_tags", DISK_IMAGE: "images", SOURCE: "sources"}


@dataclass(frozen=True)
class Kept:
    """The entry of a source repository in the earlier lock; its ref is not resolved again."""

    entry: Mapping[str, str]


@dataclass(frozen=True)
class EarlierLock:
    """An earlier lock: its name, and the `entries` that a new lock takes over.

    `params` are the options of the module with the pins of these entries.
    """

    name: str
    params: Mapping[str, Any]
    entries: Mapping[EntryKey, Any]

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> EarlierLock:
        """Read the lock of the option `earlier`; without it nothing is taken over.

        A pin in the options replaces that of the earlier lock, and null removes it. Raises
        OperatorError.
        """
        path = params["earlier"]
        if not path:
            return cls("", params, {})
        _content, lock, _signer = load_verified_lock(path, params["keyring"] or "")
        given = {option: _names(params[option]) for option in (_PACKAGE_OPTION, *_OPTIONS.values())}
        entries = {
            key: entry
            for key, entry in _entries_of(lock)
            if key[1] not in given[_OPTIONS.get(key[0], _PACKAGE_OPTION)]
        }
        others = sorted({kind for kind, _name, _stamp in entries} & {"file", "python"})
        if others:
            raise InvalidItem(
                f"{path} has package repositories of type {' and '.join(others)}, which cannot be "
                "pinned: give the pins without an earlier lock"
            )
        return cls(lock["name"], _with_pins(params, entries), entries)

    def sources(self) -> list[tuple[Result, Kept]]:
        """Return the source repositories that are taken over, with a result for each."""
        return [
            (Result(name, SOURCE, more={"short_name": name, "stamp": ref}), Kept(entry))
            for (kind, name, ref), entry in self.entries.items()
            if kind == SOURCE
        ]

    def require_known(self, unknown: Iterable[str]) -> None:
        """Raise InvalidItem if repositories that are taken over are among the `unknown` ones."""
        kept = {name for kind, name, _stamp in self.entries if kind not in _OPTIONS}
        lost = sorted(kept.intersection(unknown))
        if lost:
            raise InvalidItem(
                f"release {self.name} has package repositories that the inventory does not have: "
                f"{', '.join(lost)}. Add them to the inventory, or set their pins to null"
            )

    def require_same(self, key: EntryKey, entry: Any) -> None:
        """Raise InvalidItem if what is taken over has other content now."""
        if self.entries.get(key, entry) != entry:
            raise InvalidItem(
                f"its content is not that of release {self.name}, although the pin is the same: find "
                "out who changed it, or give the pin to accept what is served now"
            )


def _entries_of(lock: Mapping[str, Any]) -> Iterator[tuple[EntryKey, Any]]:
    for kind, repositories in lock[PACKAGES].items():
        for name, entry in repositories.items():
            yield (kind, name, entry["stamp"]), entry
    for name, tags in lock[CONTAINERS].items():
        for tag, digest in tags.items():
            yield (IMAGE, name, tag), digest
    for name, entry in lock[IMAGES].items():
        yield (DISK_IMAGE, name, entry["version"]), entry
    for name, entry in lock["sources"].items():
        yield (SOURCE, name, entry["ref"]), entry


def _names(pins: Any) -> set[str]:
    """Return what the pins of an option are for: a mapping by name, or a list of disk images."""
    if isinstance(pins, list):
        return {str(item["repository"]).strip("/ ") for item in pins}
    return set(pins or {})


def _with_pins(params: Mapping[str, Any], entries: Mapping[EntryKey, Any]) -> dict[str, Any]:
    stamps: dict[str, str] = {}
    tags: dict[str, list[str]] = {}
    images: list[dict[str, Any]] = []
    for (kind, name, stamp), entry in entries.items():
        if kind == IMAGE:
            tags.setdefault(name, []).append(stamp)
        elif kind == DISK_IMAGE:
            base_path, _slash, last = entry["base_path"].rpartition("/")
            if not base_path or last != stamp:
                raise InvalidItem(
                    f"the earlier lock has the disk image {name} in another directory than that of its "
                    f"version {stamp}: give its pin in images"
                )
            images.append({"repository": name, "base_path": base_path, "version": stamp})
        elif kind != SOURCE:
            stamps[name] = stamp
    return {
        **params,
        _PACKAGE_OPTION: _merged(stamps, params[_PACKAGE_OPTION]),
        _OPTIONS[IMAGE]: _merged(tags, params[_OPTIONS[IMAGE]]),
        _OPTIONS[DISK_IMAGE]: [*images, *(params[_OPTIONS[DISK_IMAGE]] or [])],
        _OPTIONS[SOURCE]: _merged({}, params[_OPTIONS[SOURCE]]),
    }


def _merged(kept: Mapping[str, Any], given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    merged = {**kept, **(given or {})}
    return {name: pin for name, pin in merged.items() if pin is not None} or None
