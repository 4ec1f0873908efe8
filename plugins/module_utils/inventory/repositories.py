# SPDX-License-Identifier: Apache-2.0
"""Package repositories of the inventory: `rpm_package_repos`, `deb_package_repos` and the
`deprecated_` lists of the same shape, read into `PackageRepository`.

Reading never raises for what users wrote: an item that cannot be used is one `ItemError`, and
all the others are still read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .values import (
    ARK_DEFAULTS,
    IDENTITY_KEYS,
    PACKAGE_TYPES,
    REMOTE,
    ItemValueError,
    converters,
    required_keys,
    unknown_key_message,
    without_omitted,
)


@dataclass(frozen=True)
class PackageRepository:
    """One item. Options that are given nowhere are None; `architectures`, `components` and
    `distributions` are words with one blank between, as Pulp's remotes take them."""

    content_type: str
    name: str
    short_name: str
    distribution_name: str
    base_path: str
    url: str | None = None
    sync_group: str = ""
    policy: str | None = None
    sync_policy: str | None = None
    architectures: str | None = None
    components: str | None = None
    distributions: str | None = None
    mirror: bool | None = None
    mode: str | None = None
    sync: bool = True
    publish: bool = True
    allow_failure: bool = False
    deprecated: bool = False
    # Keyed as in the pulp_repository module. Both may hold secrets, hence not in the repr.
    remote_options: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    def snapshot_name(self, stamp: str) -> str:
        """Name of the distribution that serves the snapshot of this stamp."""
        return f"{self.distribution_name}{stamp}"

    def snapshot_path(self, stamp: str) -> str:
        """Base path of the distribution that serves the snapshot of this stamp."""
        return f"{self.base_path}{stamp}"


@dataclass(frozen=True)
class ItemError:
    """An item that cannot be used: `name` is its name or else its place, `rpm_package_repos[3]`.

    `short_name` and `sync_group` are empty where the item has no usable one; they let a
    selection leave out the errors of items that nobody asked for. `problems` are the parts of the
    message; each begins with the key that it is about, if it is about one.
    """

    name: str
    message: str
    content_type: str = ""
    short_name: str = ""
    sync_group: str = ""
    problems: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


@dataclass(frozen=True)
class ParsedInventory:
    """What was read, each part in the order of the inventory, rpm before deb."""

    repositories: list[PackageRepository] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: list[ItemError] = field(default_factory=list)


def parse_repositories(
    rpm: Any = (),
    deb: Any = (),
    defaults: Mapping[str, Any] | None = None,
    deprecated: bool = False,
    purpose: str = "snapshot",
) -> ParsedInventory:
    """Read the two lists as users wrote them.

    `defaults` is `{"rpm": package_defaults_rpm, "deb": package_defaults_deb}`, laid under every
    item. `purpose` says which optional keys are needed: "snapshot" (Ark from upstream, with
    ARK_DEFAULTS under `defaults`), "mirror" (from another Pulp) or "pins" (names only); nothing
    is needed to sync `deprecated` lists. IDENTITY keys are unique over both types, as they are
    in one Pulp: of two items that claim the same value the later is the error.
    """
    parsed = ParsedInventory()
    claims: dict[tuple[str, str], str] = {}
    for content_type, items in zip(PACKAGE_TYPES, (rpm, deb)):
        under = _defaults(content_type, (defaults or {}).get(content_type), parsed.warnings)
        if purpose == "snapshot":
            under = {**ARK_DEFAULTS[content_type], **under}
        variable = f"{'deprecated_' if deprecated else ''}{content_type}_package_repos"
        for place, item in _places(variable, items):
            read = _read(place, item, content_type, under, deprecated, purpose, parsed.warnings)
            if isinstance(read, PackageRepository):
                read = _claim(place, read, claims)
            if isinstance(read, PackageRepository):
                parsed.repositories.append(read)
            else:
                parsed.errors.append(read)
    return parsed


def _defaults(content_type: str, defaults: Any, warnings: list[str]) -> dict[str, Any]:
    known = converters(content_type)
    under = without_omitted(defaults or {})
    for key in [key for key in under if key not in known]:
        warnings.append(
            f"package_defaults_{content_type}: {unknown_key_message(content_type, key)}"
        )
        del under[key]
    return under


def _places(variable: str, items: Any) -> Iterator[tuple[str, Any]]:
    """Each item with its place; what is no list of items is itself one item, and malformed."""
    if isinstance(items, Sequence) and not isinstance(items, str):
        for position, item in enumerate(items):
            yield f"{variable}[{position}]", item
    elif items:
        yield variable, None if isinstance(items, Mapping) else items


def _read(
    place: str,
    item: Any,
    content_type: str,
    under: Mapping[str, Any],
    deprecated: bool,
    purpose: str,
    warnings: list[str],
) -> PackageRepository | ItemError:
    if not isinstance(item, Mapping):
        return ItemError(place, "must be a list of mappings, one for each repository", content_type)
    own = without_omitted(item)
    known = converters(content_type)
    values: dict[str, Any] = {}
    problems = []
    for key, raw in {**under, **own}.items():
        if key in known:
            try:
                values[key] = known[key](raw)
            except ItemValueError as problem:
                problems.append(f"{key} {problem}")
    name = values.get("name", place)
    warnings += [
        f"{name}: {unknown_key_message(content_type, key)}" for key in own if key not in known
    ]
    problems += [
        f"{key} is missing" for key in IDENTITY_KEYS if key not in values and key not in own
    ]
    base_path = values.get("base_path", "x/")
    if base_path.startswith("/") or not base_path.endswith("/"):
        problems.append(f"base_path must end in '/' and not begin with it, not '{base_path}'")
    synced = values.get("sync", True) and not deprecated
    for key in required_keys(purpose, content_type, synced):
        if not values.get(key) and not any(text.startswith(f"{key} ") for text in problems):
            problems.append(f"{key} is missing")
    if purpose == "snapshot" and synced and "metalink" in (values.get("url") or ""):
        warnings.append(
            f"{name}: Pulp cannot sync from a metalink: give the URL of the mirror list or of "
            "the repository itself"
        )
    if problems:
        short_name, sync_group = values.get("short_name", ""), values.get("sync_group", "")
        message = "; ".join(problems)
        return ItemError(name, message, content_type, short_name, sync_group, tuple(problems))
    return PackageRepository(
        content_type=content_type,
        deprecated=deprecated,
        remote_options={key: values[key] for key in REMOTE if key in values},
        extra={key: value for key, value in own.items() if key not in known},
        **{key: value for key, value in values.items() if key not in REMOTE},
    )


def _claim(
    place: str, repository: PackageRepository, claims: dict[tuple[str, str], str]
) -> PackageRepository | ItemError:
    taken = [
        f"{key} '{value}' of {claims[key, value]}"
        for key in IDENTITY_KEYS
        for value in [getattr(repository, key)]
        if (key, value) in claims
    ]
    if taken:
        return ItemError(
            repository.name,
            f"{place} repeats the {', the '.join(taken)}",
            repository.content_type,
            repository.short_name,
            repository.sync_group,
        )
    claims.update({(key, getattr(repository, key)): place for key in IDENTITY_KEYS})
    return repository
