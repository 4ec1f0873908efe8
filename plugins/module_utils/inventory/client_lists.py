# SPDX-License-Identifier: Apache-2.0
"""A client's lists as a Kayobe configuration has them: what its site needs, and what a run is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import OperatorError
from .selection import Filter, select_repositories
from .values import ItemValueError, boolean, without_omitted

LISTS = ("repositories", "publications", "development", "production")
# Keys that are about the inventory, and that Pulp knows nothing of.
_ABOUT = ("required", "short_name", "sync_group")
# Keys of the other lists that an item of production may carry, too.
_SHARED = ("mode", "sync_policy", "skip_existing")
_PRODUCTION, _DEVELOPMENT = "production", "development"

Items = list[dict[str, Any]]


class ClientListError(OperatorError):
    """A list or an item that cannot be used; the message names it."""


@dataclass(frozen=True)
class _Repository:
    """What a repository is selected by."""

    content_type: str
    name: str
    short_name: str
    sync_group: str


def client_lists(
    lists: Mapping[str, Mapping[str, Any]],
    rpm_filter: Filter = None,
    deb_filter: Filter = None,
    package_filter: Filter = None,
    sync_group: str | None = None,
    image_filter: Filter = None,
) -> dict[str, Any]:
    """Narrow a client's lists to what its site needs and to what is selected.

    `lists`: content type -> {repositories, publications, development, production} -> items.
    Items that are not `required` are dropped before anything else of them is read. Filters are
    searched in a repository's short name, for an image the last part of its name, and in its name, by
    which Pulp and all results call it;
    `sync_group` is its key of this name; publications and distributions follow their repository, production its
    development distribution. Returns the same shape, each production item with its
    `distribution`, and `selected`, the words "selected 3 of 40". Raises SelectionError when a
    filter or group matches nothing, ClientListError for what cannot be used.
    """
    required = {
        content_type: {name: _required(content_type, name, ours.get(name)) for name in LISTS}
        for content_type, ours in lists.items()
    }
    everything = [
        one
        for content_type, ours in required.items()
        for item in ours["repositories"]
        for one in _selectable(content_type, item)
    ]
    filters = rpm_filter, deb_filter, package_filter, sync_group, image_filter
    selection = select_repositories(everything, *filters)
    chosen, known = (
        {(one.content_type, one.name) for one in ones} for ones in (selection.selected, everything)
    )
    narrowed: dict[str, Any] = {"selected": f"selected {len(chosen)} of {len(known)}"}
    for content_type, ours in required.items():
        kept = ours
        if any(filters):
            kept = _following(ours, {name for one, name in chosen if one == content_type})
        narrowed[content_type] = {
            **{name: [_without_about(item) for item in kept[name]] for name in LISTS[:3]},
            "production": [_channel(item) for item in kept["production"]],
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
            needed = boolean(
                without_omitted({"required": item.get("required", True)}).get("required", True)
            )
        except ItemValueError as error:
            which = item.get("name") or item.get("repository") or f"item {place}"
            raise ClientListError(f"{content_type} {name} '{which}': required {error}") from error
        if needed:
            kept.append(without_omitted(item))
    return kept


def _following(ours: Mapping[str, Items], names: set[str]) -> dict[str, Items]:
    """The items of all lists that belong to repositories of these names."""
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
    """A production distribution; it takes over from the development one of its own name."""
    name, source = str(item.get("name", "")), item.get("distribution")
    if not source and name.endswith(_PRODUCTION):
        source = name[: -len(_PRODUCTION)] + _DEVELOPMENT
    if not source and item.get("state", "present") == "present":
        raise ClientListError(f"production '{name}': no distribution is given to take over from")
    channel = {key: value for key, value in item.items() if key not in (*_ABOUT, *_SHARED)}
    return {**channel, "name": name, "distribution": source}


def _selectable(content_type: str, item: Mapping[str, Any]) -> list[_Repository]:
    """A repository under each of its names."""
    name = str(item.get("name") or "")
    if not name:
        raise ClientListError(f"{content_type} repositories: an item has no name: {sorted(item)}")
    short = name.rpartition("/")[2] if content_type == "container" else name
    names = dict.fromkeys((str(item.get("short_name") or short), name))
    group = str(item.get("sync_group") or "")
    return [_Repository(content_type, name, one, group) for one in names]


def _without_about(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in _ABOUT}
