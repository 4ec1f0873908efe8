# SPDX-License-Identifier: Apache-2.0
"""The lists of a client in a Kayobe configuration, reduced to required and selected items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import OperatorError
from .selection import NO_FILTERS, Filters, select_repositories
from .values import ItemValueError, boolean, without_omitted

LISTS = ("repositories", "publications", "development", "production")
_VARIABLES = {
    "repositories": "stackhpc_pulp_repository_{}_repos",
    "publications": "stackhpc_pulp_publication_{}_development",
    "development": "stackhpc_pulp_distribution_{}_development",
    "production": "stackhpc_pulp_distribution_{}_production",
}
# Keys that only the inventory uses.
_INVENTORY_KEYS = ("required", "short_name", "sync_group")
# Keys of the other lists, which are ignored in items of production.
_OTHER_KEYS = ("mode", "sync_policy", "skip_existing")
_MAX_NAMES = 10  # of missing items in a message
_PRODUCTION, _DEVELOPMENT = "production", "development"

Items = list[dict[str, Any]]


class ClientListError(OperatorError):
    """A malformed list or item, or lists that do not match; the message names them."""


@dataclass(frozen=True)
class _Repository:
    """A repository under one of the names by which it is selected."""

    content_type: str
    name: str
    short_name: str
    sync_group: str


def client_lists(
    lists: Mapping[str, Mapping[str, Any]], filters: Filters = NO_FILTERS
) -> dict[str, Any]:
    """Reduce the lists of a client to its required and selected items.

    `lists`: content type -> {repositories, publications, development, production} -> items. Items
    that are not `required` are removed first; their other keys are not read. A repository is
    selected by its short name (of a container image: the last part of its name), or by its name,
    which results contain. Publications and distributions are selected with their repository,
    production distributions with their development distribution.

    Of items with one name in a list, the last is used, as by a loop over the list.

    Returns the same structure, with `distribution` in each production item, `selected`, the text
    "selected 3 of 40", and `repeated`, a text for each item that a later one replaces. Raises
    SelectionError when a filter or group matches nothing, ClientListError for malformed lists and
    items, and for publications and distributions whose repository is not in the list.
    """
    required = {
        content_type: {name: _required(content_type, name, ours.get(name)) for name in LISTS}
        for content_type, ours in lists.items()
    }
    repeated: list[str] = []
    for content_type, ours in required.items():
        for name in LISTS:
            ours[name] = _last_of_each(list_variable(content_type, name), ours[name], repeated)
    everything = [
        one
        for content_type, ours in required.items()
        for item in ours["repositories"]
        for one in _selectable(content_type, item)
    ]
    _check_references(required)
    selection = select_repositories(everything, filters)
    chosen, known = (
        {(one.content_type, one.name) for one in ones} for ones in (selection.selected, everything)
    )
    narrowed: dict[str, Any] = {"selected": f"selected {len(chosen)} of {len(known)}"}
    narrowed["repeated"] = repeated
    for content_type, ours in required.items():
        kept = ours
        if filters:
            kept = _items_of(ours, {name for one, name in chosen if one == content_type})
        narrowed[content_type] = {
            **{name: [_without_inventory_keys(item) for item in kept[name]] for name in LISTS[:3]},
            "production": [_channel(item) for item in kept["production"]],
        }
    return narrowed


def _required(content_type: str, name: str, items: Any) -> Items:
    if items is not None and (isinstance(items, (str, Mapping)) or not isinstance(items, Iterable)):
        raise ClientListError(f"{content_type} {name}: must be a list")
    kept = []
    for place, item in enumerate(items or [], 1):
        if not isinstance(item, Mapping):
            raise ClientListError(f"{content_type} {name}: item {place} must be a mapping")
        try:
            needed = boolean(
                without_omitted({"required": item.get("required", True)}).get("required", True)
            )
        except ItemValueError as error:
            which = item.get("name") or item.get("repository") or f"item {place}"
            raise ClientListError(f"{content_type} {name} '{which}': required {error}") from error
        if needed:
            kept.append(without_omitted(item))
    return kept


def list_variable(content_type: str, name: str) -> str:
    """Return the variable of a Kayobe configuration that has a list; `name` is one of LISTS."""
    if content_type == "container" and name == "development":
        return "stackhpc_pulp_distribution_container"
    return _VARIABLES[name].format(content_type)


def item_name(item: Mapping[str, Any]) -> str:
    """Return the name of an item, of a publication that of its repository; empty without one."""
    return str(item.get("name") or item.get("repository") or "")


def differing_keys(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the keys in which two items differ, sorted."""
    return sorted(key for key in {*one, *other} if one.get(key) != other.get(key))


def repeated_message(first: int, second: int, keys: list[str]) -> str:
    """Return the message for two items with one name at these positions, from 1."""
    difference = f"differ in {', '.join(keys)}: the last one is used" if keys else "are equal"
    return f"is listed twice, as items {first} and {second}, which {difference}; remove one of them"


def _last_of_each(variable: str, items: Items, repeated: list[str]) -> Items:
    """Return the items without those that a later one of the same name replaces."""
    last: dict[str, int] = {}
    for place, item in enumerate(items):
        name = item_name(item)
        if name and name in last:
            keys = differing_keys(items[last[name]], item)
            message = repeated_message(last[name] + 1, place + 1, keys)
            repeated.append(f"{variable} (of the required items): '{name}' {message}")
        last[name] = place
    return [
        item
        for place, item in enumerate(items)
        if last[item_name(item)] == place or not item_name(item)
    ]


def _check_references(required: Mapping[str, Mapping[str, Items]]) -> None:
    """Raise ClientListError for required items that need an item which another list does not have.

    From ansible-core 2.19 on, a template can drop the items of a list that use an undefined variable.
    """
    problems = [
        problem
        for content_type, ours in required.items()
        for problem in _missing_items(content_type, ours)
    ]
    if problems:
        raise ClientListError(
            f"{'; '.join(problems)}. A templated list may drop an item whose variables are undefined, "
            "such as its pin stackhpc_pulp_repo_<short name>_version: define them, or set required to "
            "false in each list"
        )


def _missing_items(content_type: str, ours: Mapping[str, Items]) -> list[str]:
    """Return a message for each list that does not have items which other lists need."""
    repositories = {str(item.get("name")) for item in ours["repositories"]}
    published = {str(item.get("repository")) for item in ours["publications"]}
    served = {str(item.get("name")) for item in ours["development"]}
    needed: dict[str, dict[str, list[str]]] = {name: {} for name in LISTS}
    for name in ("publications", "development"):
        for item in _present(ours[name]):
            repository = str(item.get("repository") or "")
            if not repository:
                continue
            if repository not in repositories:
                needed["repositories"].setdefault(repository, []).append(
                    list_variable(content_type, name)
                )
            elif published and repository not in published:
                needed["publications"].setdefault(repository, []).append(
                    list_variable(content_type, name)
                )
    for item in _present(ours["production"]):
        source = str(_channel(item)["distribution"])
        if served and source not in served:
            place = list_variable(content_type, "production")
            needed["development"].setdefault(source, []).append(place)
    return [
        f"{list_variable(content_type, name)} does not have {_named(items)}"
        for name, items in needed.items()
        if items
    ]


def _present(items: Items) -> Items:
    return [item for item in items if item.get("state", "present") == "present"]


def _named(items: Mapping[str, list[str]]) -> str:
    """Return the names of items with the lists that need them, `'a' (needed by x and y)`."""
    names = [
        f"'{name}' (needed by {' and '.join(dict.fromkeys(places))})"
        for name, places in items.items()
    ]
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return f"{', '.join(names[:_MAX_NAMES])}{more}"


def _items_of(ours: Mapping[str, Items], names: set[str]) -> dict[str, Items]:
    """Return the items of all lists that belong to the repositories with these names."""
    development = [item for item in ours["development"] if item.get("repository") in names]
    served = {item.get("name") for item in development}
    return {
        "repositories": [item for item in ours["repositories"] if item.get("name") in names],
        "publications": [item for item in ours["publications"] if item.get("repository") in names],
        "development": development,
        "production": [
            item for item in ours["production"] if _channel(item)["distribution"] in served
        ],
    }


def _channel(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a production item with the distribution that it takes the publication from.

    That is the development distribution with the same prefix unless the item names one.
    """
    name, source = str(item.get("name", "")), item.get("distribution")
    if not source and name.endswith(_PRODUCTION):
        source = name[: -len(_PRODUCTION)] + _DEVELOPMENT
    if not source and item.get("state", "present") == "present":
        raise ClientListError(
            f"production '{name}': set distribution, or let the name end in production"
        )
    channel = {
        key: value for key, value in item.items() if key not in (*_INVENTORY_KEYS, *_OTHER_KEYS)
    }
    return {**channel, "name": name, "distribution": source}


def _selectable(content_type: str, item: Mapping[str, Any]) -> list[_Repository]:
    """Return a repository under each name by which it can be selected."""
    name = str(item.get("name") or "")
    if not name:
        raise ClientListError(
            f"{content_type} repositories: name is missing in an item with the keys {sorted(item)}"
        )
    short = name.rpartition("/")[2] if content_type == "container" else name
    names = dict.fromkeys((str(item.get("short_name") or short), name))
    group = str(item.get("sync_group") or "")
    return [_Repository(content_type, name, one, group) for one in names]


def _without_inventory_keys(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in _INVENTORY_KEYS}
