# SPDX-License-Identifier: Apache-2.0
"""Validation of the lists of a client in a Kayobe configuration, without evaluating templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .client_lists import LISTS, differing_keys, item_name, list_variable, repeated_message
from .validation import WARNING, Finding, is_template
from .values import PACKAGE_TYPES

# From which a Kayobe configuration derives the other lists.
SOURCE_LISTS = tuple(f"stackhpc_pulp_{content_type}_repos" for content_type in PACKAGE_TYPES)
CLIENT_VARIABLES = (
    SOURCE_LISTS
    + tuple(list_variable(content_type, name) for content_type in PACKAGE_TYPES for name in LISTS)
    + tuple(list_variable("container", name) for name in ("repositories", "development"))
)


def client_repositories(variables: Mapping[str, Any]) -> dict[str, int]:
    """Return the lists of package repositories that are no templates, and how many items they have."""
    derived = (list_variable(content_type, "repositories") for content_type in PACKAGE_TYPES)
    lists = ((name, variables.get(name)) for name in (*SOURCE_LISTS, *derived))
    return {name: len(value) for name, value in lists if isinstance(value, list)}


def check_client_lists(variables: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a finding for each item that repeats the name of an earlier one in its list.

    Items with different `required` can be alternatives, and are ignored; so are lists and names that
    are templates.
    """
    for variable in CLIENT_VARIABLES:
        value = variables.get(variable)
        items = value if isinstance(value, list) else []
        seen: dict[tuple[str, str], int] = {}
        for place, item in enumerate(items):
            name = item_name(item) if isinstance(item, Mapping) else ""
            if not name or is_template(name):
                continue
            first = seen.setdefault((name, str(item.get("required", True))), place)
            if first != place:
                keys = differing_keys(items[first], item)
                problem = f"{variable}: {repeated_message(first + 1, place + 1, keys)}"
                yield Finding(WARNING, (variable, place), name, problem, (variable, first))
            seen[name, str(item.get("required", True))] = place
