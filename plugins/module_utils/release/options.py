# SPDX-License-Identifier: Apache-2.0
"""Options that the package modules share, and the reading of the inventory they are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidArguments
from ..inventory.pins import Pin, ResolvedPins, resolve_pins
from ..inventory.repositories import (
    ItemError,
    PackageRepository,
    ParsedInventory,
    parse_repositories,
)
from ..inventory.selection import Filters, SelectionError, select_inventory, select_repositories
from ..inventory.values import PACKAGE_TYPES, converters
from ..pulp.options import RETRYING
from ..report.retry import retry_text, select_unfinished

SELECTION_OPTIONS: dict[str, dict[str, Any]] = {
    "rpm_filter": {"type": "raw"},
    "deb_filter": {"type": "raw"},
    "package_filter": {"type": "raw"},
    "sync_group": {"type": "str"},
}

SYNC_OPTIONS: dict[str, dict[str, Any]] = {
    "retry": {"type": "path"},
    **RETRYING,
    "update_secrets": {
        "type": "str",
        "choices": ["always", "all", "on_create"],
        "default": "always",
    },
}

PIN_OPTIONS: dict[str, dict[str, Any]] = {
    "package_versions": {"type": "dict", "required": True},
    "pins_strict": {"type": "bool", "default": False},
}


def inventory_lists(prefix: str = "") -> dict[str, dict[str, Any]]:
    """The options `rpm` and `deb`: lists in the inventory's shape.

    Their keys are no options of Ansible, whose check of one value would fail the whole module:
    a malformed value fails its item alone. See `refuse_unknown_keys`.
    """
    return {f"{prefix}{name}": {"type": "list", "elements": "dict"} for name in PACKAGE_TYPES}


def inventory_defaults(suffix: str = "_defaults") -> dict[str, dict[str, Any]]:
    """The options `rpm_defaults` and `deb_defaults`: default values for each item."""
    return {f"{name}{suffix}": {"type": "dict"} for name in PACKAGE_TYPES}


def refuse_unknown_keys(params: Mapping[str, Any]) -> None:
    """Raise InvalidArguments, in Ansible's words, for keys that items of the inventory do not have."""
    for name in PACKAGE_TYPES:
        known = converters(name)
        given = {option: params.get(option) or [] for option in (name, f"deprecated_{name}")}
        for option in (f"{name}_mirror_defaults", f"{name}_defaults"):
            given[option] = [params.get(option) or {}]
        for option, mappings in given.items():
            unknown = {f"{option}.{key}" for item in mappings for key in item if key not in known}
            if unknown:
                raise InvalidArguments(
                    f"Unsupported parameters: {', '.join(sorted(unknown))}. "
                    f"Supported parameters include: {', '.join(sorted(known))}"
                )


def read_inventory(params: Mapping[str, Any], purpose: str) -> tuple[ParsedInventory, str]:
    """The selected part of the inventory in a module's parameters, and "selected 12 of 176"."""
    refuse_unknown_keys(params)
    parsed = _parse(params, "", purpose)
    if not parsed.repositories and not parsed.errors:
        raise SelectionError(
            "there is no package repository: define rpm_package_repos or deb_package_repos"
        )
    narrowed, selection = select_inventory(parsed, _filters(params))
    narrowed.warnings.extend(selection.warnings)
    if not params.get("retry"):
        return narrowed, selection.text
    everything: list[PackageRepository | ItemError] = [*narrowed.repositories, *narrowed.errors]
    left = select_unfinished(everything, params["retry"])
    repositories = [one for one in left if isinstance(one, PackageRepository)]
    errors = [one for one in left if isinstance(one, ItemError)]
    text = retry_text(len(left), params["retry"])
    return ParsedInventory(repositories, narrowed.warnings, errors), text


def read_whole_inventory(params: Mapping[str, Any], purpose: str) -> ParsedInventory:
    """The inventory in a module's parameters, whatever is selected."""
    return _parse(params, "", purpose)


def read_pins(params: Mapping[str, Any], purpose: str) -> tuple[ResolvedPins, str]:
    """The selected pins of `package_versions`, resolved, and "selected 12 of 43", with the pins that no
    repository has.

    Malformed items are selected, too, by the short name and group that they have.
    """
    refuse_unknown_keys(params)
    active = _parse(params, "", purpose)
    deprecated = _parse(params, "deprecated_", "pins")
    resolved = resolve_pins(params["package_versions"], active, deprecated, params["pins_strict"])
    everything: list[Pin | ItemError] = [*resolved.pins, *resolved.errors]
    selection = select_repositories(everything, _filters(params))
    chosen = selection.selected
    text = resolved.selected(selection.text, len(chosen))
    if params.get("retry"):
        chosen = select_unfinished(chosen, params["retry"])
        text = retry_text(len(chosen), params["retry"])
    narrowed = ResolvedPins(
        [one for one in chosen if isinstance(one, Pin)],
        [one for one in chosen if isinstance(one, ItemError)],
        resolved.unknown,
        [*active.warnings, *resolved.warnings, *selection.warnings],
    )
    return narrowed, text


def read_lists(params: Mapping[str, Any]) -> tuple[ParsedInventory, ParsedInventory]:
    """The active and the deprecated lists in a module's parameters; both may be empty."""
    refuse_unknown_keys(params)
    return _parse(params, "", "pins"), _parse(params, "deprecated_", "pins")


def _parse(params: Mapping[str, Any], prefix: str, purpose: str) -> ParsedInventory:
    rpm, deb = (
        [given_options(item) for item in params.get(f"{prefix}{name}") or []]
        for name in PACKAGE_TYPES
    )
    defaults = {name: given_options(params.get(f"{name}_defaults")) for name in PACKAGE_TYPES}
    return parse_repositories(rpm, deb, defaults, bool(prefix), purpose)


def given_options(item: Mapping[str, Any] | None) -> dict[str, Any]:
    """Without the None that Ansible puts in for every option that is not given."""
    return {key: value for key, value in (item or {}).items() if value is not None}


def _filters(params: Mapping[str, Any]) -> Filters:
    return Filters(
        params["rpm_filter"], params["deb_filter"], params["package_filter"], params["sync_group"]
    )
