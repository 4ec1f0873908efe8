# SPDX-License-Identifier: Apache-2.0
"""Package repositories of the inventory: parser of `rpm_package_repos` and `deb_package_repos`.

The lists of deprecated repositories have the same format. A malformed item is returned as an
`ItemError`; it does not affect other items.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .values import (
    ARK_DEFAULTS,
    IDENTITY_KEYS,
    PACKAGE_TYPES,
    REMOTE_KEYS,
    ItemValueError,
    converters,
    path_problem,
    required_keys,
    unknown_key_message,
    url_problem,
    without_omitted,
)


@dataclass(frozen=True)
class PackageRepository:
    """One item with its defaults applied; keys without any value are None.

    `architectures`, `components` and `distributions` are words with single spaces between, as in
    Pulp's remotes. `remote_options` have the keys of module pulp_repository, `extra` the unknown ones.
    """

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
    allow_empty: bool = False
    deprecated: bool = False
    # Both may contain secrets, hence not in the repr.
    remote_options: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    def snapshot_name(self, stamp: str) -> str:
        """Return the name of the distribution of a snapshot."""
        return f"{self.distribution_name}{stamp}"

    def snapshot_path(self, stamp: str) -> str:
        """Return the base path of the distribution of a snapshot."""
        return f"{self.base_path}{stamp}"


@dataclass(frozen=True)
class ItemError:
    """A malformed item: `name` is its name, else its position, `rpm_package_repos[3]`.

    `short_name` and `sync_group` are empty if the item has no valid one; they are used to select
    errors like items. `problems` are the parts of the message; one about a key begins with the key.
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
    """Parsed lists, in the order of the inventory, rpm before deb."""

    repositories: list[PackageRepository] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: list[ItemError] = field(default_factory=list)


@dataclass(frozen=True)
class _ListContext:
    """What the items of one list have in common."""

    content_type: str
    defaults: Mapping[str, Any]
    deprecated: bool
    purpose: str

    @property
    def variable(self) -> str:
        """The name of the list in the inventory."""
        return f"{'deprecated_' if self.deprecated else ''}{self.content_type}_package_repos"


def parse_repositories(
    rpm: Any = (),
    deb: Any = (),
    defaults: Mapping[str, Any] | None = None,
    deprecated: bool = False,
    purpose: str = "snapshot",
) -> ParsedInventory:
    """Parse the two lists of an inventory.

    `defaults` is `{"rpm": package_defaults_rpm, "deb": package_defaults_deb}`; items override it.
    `purpose` determines the required keys: "snapshot" (Ark syncs from upstream, with ARK_DEFAULTS),
    "mirror" (sync from another Pulp) or "pins" (names only). `deprecated` lists are not synced.
    IDENTITY_KEYS must be unique over both types, as in Pulp: the later of two items with the same
    value is an error.
    """
    parsed = ParsedInventory()
    claims: dict[tuple[str, str], str] = {}
    for content_type, items in zip(PACKAGE_TYPES, (rpm, deb)):
        values = _defaults(content_type, (defaults or {}).get(content_type), parsed.warnings)
        if purpose == "snapshot":
            values = {**ARK_DEFAULTS[content_type], **values}
        context = _ListContext(content_type, values, deprecated, purpose)
        for place, item in _places(context.variable, items):
            result = _parse_item(place, item, context, parsed.warnings)
            if isinstance(result, PackageRepository):
                result = _check_unique(place, result, claims)
            if isinstance(result, PackageRepository):
                parsed.repositories.append(result)
            else:
                parsed.errors.append(result)
    return parsed


def _defaults(content_type: str, defaults: Any, warnings: list[str]) -> dict[str, Any]:
    known = converters(content_type)
    values = without_omitted(defaults or {})
    for key in [key for key in values if key not in known]:
        warnings.append(
            f"package_defaults_{content_type}: {unknown_key_message(content_type, key)}"
        )
        del values[key]
    return values


def _places(variable: str, items: Any) -> Iterator[tuple[str, Any]]:
    """Yield each item with its position. A value that is not a list is one malformed item."""
    if isinstance(items, Sequence) and not isinstance(items, str):
        for index, item in enumerate(items):
            yield f"{variable}[{index}]", item
    elif items:
        yield variable, None if isinstance(items, Mapping) else items


def _parse_item(
    place: str, item: Any, context: _ListContext, warnings: list[str]
) -> PackageRepository | ItemError:
    content_type = context.content_type
    if not isinstance(item, Mapping):
        return ItemError(place, "must be a list of mappings, one for each repository", content_type)
    own = without_omitted(item)
    known = converters(content_type)
    values, problems = _convert({**context.defaults, **own}, content_type)
    name = values.get("name", place)
    warnings += [
        f"{name}: {unknown_key_message(content_type, key)}" for key in own if key not in known
    ]
    problems += [
        f"{key} is missing" for key in IDENTITY_KEYS if key not in values and key not in own
    ]
    problems += _semantic_problems(values, context, problems)
    if _syncs_from_metalink(values, context):
        warnings.append(
            f"{name}: Pulp cannot sync from a metalink: set the URL of the mirror list or of the "
            "repository itself"
        )
    if problems:
        short_name, sync_group = values.get("short_name", ""), values.get("sync_group", "")
        message = "; ".join(problems)
        return ItemError(name, message, content_type, short_name, sync_group, tuple(problems))
    return PackageRepository(
        content_type=content_type,
        deprecated=context.deprecated,
        remote_options={key: values[key] for key in REMOTE_KEYS if key in values},
        extra={key: value for key, value in own.items() if key not in known},
        **{key: value for key, value in values.items() if key not in REMOTE_KEYS},
    )


def _convert(item: Mapping[str, Any], content_type: str) -> tuple[dict[str, Any], list[str]]:
    """Return the converted values of known keys, and the problems of the others."""
    known = converters(content_type)
    values: dict[str, Any] = {}
    problems = []
    for key, value in item.items():
        if key in known:
            try:
                values[key] = known[key](value)
            except ItemValueError as problem:
                problems.append(f"{key} {problem}")
    return values, problems


def _semantic_problems(
    values: Mapping[str, Any], context: _ListContext, found: Sequence[str]
) -> list[str]:
    """Return problems of valid values: a malformed path or URL, and missing required keys."""
    problems = []
    problem = path_problem(values.get("base_path", "x/"), context.purpose != "pins")
    if problem:
        problems.append(f"base_path {problem}")
    url = values.get("url") or ""
    if url and context.purpose == "snapshot" and _is_synced(values, context):
        problem = url_problem(url)
        if problem:
            problems.append(f"url {problem}")
    for key in required_keys(context.purpose, context.content_type, _is_synced(values, context)):
        if not values.get(key) and not any(text.startswith(f"{key} ") for text in found):
            problems.append(f"{key} is missing")
    return problems


def _is_synced(values: Mapping[str, Any], context: _ListContext) -> bool:
    return bool(values.get("sync", True)) and not context.deprecated


def _syncs_from_metalink(values: Mapping[str, Any], context: _ListContext) -> bool:
    is_metalink = "metalink" in (values.get("url") or "")
    return is_metalink and context.purpose == "snapshot" and _is_synced(values, context)


def _check_unique(
    place: str, repository: PackageRepository, claims: dict[tuple[str, str], str]
) -> PackageRepository | ItemError:
    """Return an error for a value of IDENTITY_KEYS in `claims`, else add the values to it."""
    values = {(key, getattr(repository, key)): place for key in IDENTITY_KEYS}
    taken = [
        f"{key} '{value}' of {claims[key, value]}"
        for key, value in values
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
    claims.update(values)
    return repository
