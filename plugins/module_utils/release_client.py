# SPDX-License-Identifier: Apache-2.0
"""A client's lists as a Kayobe configuration has them: what its site needs, and what a run is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.errors import OperatorError
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_selection import (
    Filter,
    select_by_name,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_values import (
    ItemValueError,
    flag,
    given,
)

__all__ = ["LISTS", "ClientListError", "client_lists"]

LISTS = ("repositories", "publications", "development", "production")
# Keys that are about the inventory, and that Pulp knows nothing of.
_ABOUT = ("required", "short_name", "sync_group")
_PRODUCTION, _DEVELOPMENT = "production", "development"

Items = list[dict[str, Any]]


class ClientListError(OperatorError):
    """A list or an item that cannot be used; the message names it."""


def client_lists(
    lists: Mapping[str, Mapping[str, Any]], package_filter: Filter = None
) -> dict[str, Any]:
    """Narrow a client's lists to what its site needs and to what is selected.

    `lists`: content type -> {repositories, publications, development, production} -> items.
    Items that are not `required` are dropped before anything else of them is read. The filter is
    searched in a repository's short name, or its name where it has none; publications and
    distributions follow their repository, production its development distribution.
    Returns the same shape, production as {name, base_path, distribution}, and `selected`, the
    words "selected 3 of 40". Raises SelectionError when a filter matches nothing.
    """
    required = {
        content_type: {name: _required(content_type, name, ours.get(name)) for name in LISTS}
        for content_type, ours in lists.items()
    }
    everything = [item for ours in required.values() for item in ours["repositories"]]
    selection = select_by_name(everything, _short_name, package_filter, "package_filter")
    chosen = {id(item) for item in selection.selected}
    narrowed: dict[str, Any] = {"selected": selection.text}
    for content_type, ours in required.items():
        kept = ours
        if package_filter:
            names = {item["name"] for item in ours["repositories"] if id(item) in chosen}
            kept = _following(ours, names)
        narrowed[content_type] = {
            **{name: [_without_about(item) for item in kept[name]] for name in LISTS[:3]},
            "production": [_channel(item) for item in kept["production"] if _present(item)],
        }
    return narrowed


def _required(content_type: str, name: str, items: Any) -> Items:
    if items is not None and (isinstance(items, (str, Mapping)) or not isinstance(items, Iterable)):
        raise ClientListError(f"{content_type} {name}: this is not a list")
    kept = []
    for place, item in enumerate(items or [], 1):
        if not isinstance(item, Mapping):
            raise ClientListError(f"{content_type} {name}: item {place} is no mapping")
        try:
            needed = flag(given({"required": item.get("required", True)}).get("required", True))
        except ItemValueError as error:
            which = item.get("name") or item.get("repository") or f"item {place}"
            raise ClientListError(f"{content_type} {name} '{which}': required {error}") from error
        if needed:
            kept.append(given(item))
    return kept


def _following(ours: Mapping[str, Items], names: set[str]) -> dict[str, Items]:
    """The items of all lists that belong to repositories of these names."""
    development = [item for item in ours["development"] if item.get("repository") in names]
    served = {item.get("name") for item in development}
    return {
        "repositories": [item for item in ours["repositories"] if item["name"] in names],
        "publications": [item for item in ours["publications"] if item.get("repository") in names],
        "development": development,
        "production": [
            item for item in ours["production"] if _channel(item)["distribution"] in served
        ],
    }


def _channel(item: Mapping[str, Any]) -> dict[str, Any]:
    """A production distribution; it takes over from the development one of its own name."""
    name, source = str(item.get("name", "")), item.get("distribution")
    if not source:
        if not name.endswith(_PRODUCTION):
            raise ClientListError(
                f"production '{name}': no distribution is given to take over from"
            )
        source = name[: -len(_PRODUCTION)] + _DEVELOPMENT
    return {"name": name, "base_path": item.get("base_path"), "distribution": source}


def _present(item: Mapping[str, Any]) -> bool:
    return item.get("state", "present") == "present"


def _short_name(item: Mapping[str, Any]) -> str:
    return str(item.get("short_name") or item.get("name") or "")


def _without_about(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in _ABOUT}
