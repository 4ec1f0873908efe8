# SPDX-License-Identifier: Apache-2.0
"""Selection of package repositories, pins and container images by filters and sync groups.

A filter is a string of regular expressions, separated by white space or commas, or a list of them. It
selects the items whose name matches one of the expressions anywhere; an empty filter selects all items.
A comma in brackets, such as in `a{1,2}`, separates nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Callable, Generic, Protocol, TypeVar, Union

from ..errors import OperatorError
from .repositories import ItemError, PackageRepository, ParsedInventory

Filter = Union[None, str, Sequence[str]]

CONTAINER_IMAGE_FILTER = "kolla_container_image_filter"
_SUGGESTIONS = 5
# An escaped character, or any other one; and what a bracket adds to the depth.
_PARTS = re.compile(r"\\\S|.", re.DOTALL)
_DEPTH = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


class SelectionError(OperatorError):
    """A filter that is not a regular expression, or that matches nothing."""


class NothingSelectedError(SelectionError):
    """A filter or group that matches nothing."""


class Selectable(Protocol):
    """An item that can be selected by content type, short name and sync group."""

    @property
    def content_type(self) -> str: ...

    @property
    def short_name(self) -> str: ...

    @property
    def sync_group(self) -> str: ...


@dataclass(frozen=True)
class Filters:
    """The filters of a run; all that are set must match.

    `rpm_filter` and `deb_filter` apply to items of their type, `package_filter` to both, and
    `container_image_filter` to container images. `sync_group` is the exact name of a group.
    """

    rpm_filter: Filter = None
    deb_filter: Filter = None
    package_filter: Filter = None
    sync_group: str | None = None
    container_image_filter: Filter = None

    def __bool__(self) -> bool:
        """Whether any of them is set."""
        return any(vars(self).values())


NO_FILTERS = Filters()

Item = TypeVar("Item")
Chosen = TypeVar("Chosen", bound=Selectable)


@dataclass(frozen=True)
class Selection(Generic[Item]):
    """The `selected` items in their order, out of `total`.

    `warnings` name the expressions of a filter that match nothing while others match.
    """

    selected: list[Item]
    total: int
    warnings: list[str]

    @property
    def text(self) -> str:
        """The number of selected items: ``selected 12 of 176``."""
        return f"selected {len(self.selected)} of {self.total}"


def compile_patterns(value: Filter, variable: str) -> list[re.Pattern[str]]:
    """Compile the expressions of a filter. Raises SelectionError, naming an invalid one.

    `variable` is the name of the filter in errors, here and below.
    """
    entries = [value] if isinstance(value, str) else value or []
    patterns = []
    for word in _expressions(" ".join(str(entry) for entry in entries)):
        try:
            patterns.append(re.compile(word))
        except re.error as error:
            raise SelectionError(
                f"{variable}: '{word}' is not a regular expression: {error}"
            ) from None
    return patterns


def _expressions(text: str) -> list[str]:
    """Split a filter at white space, and at commas that are not in brackets."""
    found = [""]
    depth = 0
    for part in _PARTS.findall(text):
        depth = 0 if part.isspace() else depth + _DEPTH.get(part, 0)
        if part.isspace() or (part == "," and depth <= 0):
            found.append("")
        else:
            found[-1] += part
    return [expression for expression in found if expression]


def closest_names(expression: str, names: Iterable[str]) -> list[str]:
    """Return the few names that are most similar to an expression, the closest first."""
    wanted = re.sub(r"[^\w.-]+", "", expression.replace("\\", ""))
    return difflib.get_close_matches(wanted, sorted(set(names)), n=_SUGGESTIONS, cutoff=0.5)


def select_by_name(
    items: Iterable[Item], name_of: Callable[[Item], str], value: Filter, variable: str
) -> Selection[Item]:
    """Select items by a filter of their names, which `name_of` returns."""
    everything = list(items)
    found, warnings = _search(everything, name_of, compile_patterns(value, variable), variable)
    return Selection(found, len(everything), warnings)


def select_by_group(
    items: Iterable[Item],
    group_of: Callable[[Item], str],
    sync_group: str | None,
    among: Iterable[Item],
) -> list[Item]:
    """Return the items of one sync group, all items if it is empty.

    Raises NothingSelectedError, listing the groups, when no item `among` the whole list is in it.
    """
    if not sync_group:
        return list(items)
    known = sorted({group_of(item) for item in among} - {""})
    if sync_group not in known:
        listed = ", ".join(known) if known else "no repository has one"
        raise NothingSelectedError(
            f"package_sync_group: no repository is in group '{sync_group}', groups: {listed}"
        )
    return [item for item in items if group_of(item) == sync_group]


def select_names(names: Iterable[str], value: Filter, variable: str) -> Selection[str]:
    """Select names, such as `kolla_container_images` by `kolla_container_image_filter`."""
    return select_by_name(names, str, value, variable)


def select_repositories(
    items: Iterable[Chosen], filters: Filters = NO_FILTERS
) -> Selection[Chosen]:
    """Select repositories, pins or item errors that match all filters.

    Raises SelectionError when a filter matches nothing, or when no item matches all of them. If the
    filters of both package types are equal, items of one type are enough.
    """
    everything = list(items)
    kept, warnings = everything, []
    rpm = compile_patterns(filters.rpm_filter, "rpm_package_repo_filter")
    deb = compile_patterns(filters.deb_filter, "deb_package_repo_filter")
    package = compile_patterns(filters.package_filter, "package_filter")
    image = compile_patterns(filters.container_image_filter, CONTAINER_IMAGE_FILTER)
    scopes: list[tuple[str, tuple[str, ...], list[re.Pattern[str]]]] = [
        ("package_filter", ("rpm", "deb"), package),
        (CONTAINER_IMAGE_FILTER, ("container",), image),
    ]
    if rpm == deb:
        both = "rpm_package_repo_filter and deb_package_repo_filter"
        scopes.append((both, ("rpm", "deb"), rpm))
    else:
        scopes.append(("rpm_package_repo_filter", ("rpm",), rpm))
        scopes.append(("deb_package_repo_filter", ("deb",), deb))
    for variable, types, patterns in scopes:
        if patterns:
            scope = [item for item in everything if item.content_type in types]
            found, unmatched = _search(scope, lambda item: item.short_name, patterns, variable)
            matched = {id(item) for item in found}
            kept = [item for item in kept if item.content_type not in types or id(item) in matched]
            warnings += unmatched
    group = filters.sync_group
    kept = select_by_group(kept, lambda item: item.sync_group, group, everything)
    if everything and not kept:
        raise NothingSelectedError(
            f"the filters match repositories, but none of them is in package_sync_group '{group}'"
            if group
            else "no repository matches all filters"
        )
    return Selection(kept, len(everything), warnings)


def select_inventory(
    parsed: ParsedInventory, filters: Filters = NO_FILTERS
) -> tuple[ParsedInventory, Selection[PackageRepository | ItemError]]:
    """Select the repositories and the malformed items of an inventory.

    Malformed items are selected by the short name and the sync group that they have, so that those
    of other repositories are ignored.
    """
    everything: list[PackageRepository | ItemError] = [*parsed.repositories, *parsed.errors]
    selection = select_repositories(everything, filters)
    narrowed = ParsedInventory(
        [item for item in selection.selected if isinstance(item, PackageRepository)],
        parsed.warnings,
        [item for item in selection.selected if isinstance(item, ItemError)],
    )
    return narrowed, selection


def _search(
    items: list[Item],
    name_of: Callable[[Item], str],
    patterns: list[re.Pattern[str]],
    variable: str,
) -> tuple[list[Item], list[str]]:
    if not patterns:
        return items, []
    names = [name_of(item) for item in items]
    found = [item for item, name in zip(items, names) if any(p.search(name) for p in patterns)]
    unmatched = [p.pattern for p in patterns if not any(p.search(name) for name in names)]
    warnings = []
    for expression in unmatched:
        similar = closest_names(expression, names)
        hint = f", nearest: {', '.join(similar)}" if similar else _examples(names)
        warnings.append(f"{variable}: '{expression}' matches none of {len(names)} names{hint}")
    if not found:
        raise NothingSelectedError("; ".join(warnings))
    return found, warnings


def _examples(names: list[str]) -> str:
    """Return the first names as examples, for an expression that is similar to none."""
    more = ", ..." if len(names) > _SUGGESTIONS else ""
    return f": {', '.join(names[:_SUGGESTIONS])}{more}" if names else ""
