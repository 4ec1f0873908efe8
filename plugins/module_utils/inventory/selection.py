# SPDX-License-Identifier: Apache-2.0
"""Selection: which repositories, pins or images of a list a run is about.

A filter is text of regular expressions with white space between, or a list of them. An item is
selected when one of them is found anywhere in its name; an empty filter selects all.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Callable, Generic, Protocol, TypeVar, Union

from ..errors import OperatorError
from .repositories import ItemError, PackageRepository, ParsedInventory

Filter = Union[None, str, Sequence[str]]

CONTAINER_IMAGE_FILTER = "kolla_container_image_filter"
_SUGGESTIONS = 5


class SelectionError(OperatorError):
    """A filter that is no regular expression, or one that selects nothing."""


class NothingSelectedError(SelectionError):
    """A filter or group that matches nothing."""


class Selectable(Protocol):
    """What can be selected by type, short name and sync group."""

    @property
    def content_type(self) -> str: ...

    @property
    def short_name(self) -> str: ...

    @property
    def sync_group(self) -> str: ...


Item = TypeVar("Item")
Chosen = TypeVar("Chosen", bound=Selectable)


@dataclass(frozen=True)
class Selection(Generic[Item]):
    """The `selected` items in their order, out of `total`; `warnings` name those expressions of
    a filter that found nothing while others of it did."""

    selected: list[Item]
    total: int
    warnings: list[str]

    @property
    def text(self) -> str:
        """What every run says: ``selected 12 of 176``."""
        return f"selected {len(self.selected)} of {self.total}"


def compile_patterns(value: Filter, variable: str) -> list[re.Pattern[str]]:
    """The compiled expressions of a filter; raises SelectionError naming a wrong one."""
    entries = [value] if isinstance(value, str) else value or []
    patterns = []
    for word in " ".join(str(entry) for entry in entries).split():
        try:
            patterns.append(re.compile(word))
        except re.error as error:
            raise SelectionError(
                f"{variable}: '{word}' is not a regular expression: {error}"
            ) from None
    return patterns


def closest_names(expression: str, names: Iterable[str]) -> list[str]:
    """The few names that look most like what an expression was meant to find, best first."""
    wanted = re.sub(r"[^\w.-]+", "", expression.replace("\\", ""))
    return difflib.get_close_matches(wanted, sorted(set(names)), n=_SUGGESTIONS, cutoff=0.5)


def select_by_name(
    items: Iterable[Item], name_of: Callable[[Item], str], value: Filter, variable: str
) -> Selection[Item]:
    """Select items by the name that `name_of` gives; `variable` is what errors call the filter."""
    everything = list(items)
    found, warnings = _search(everything, name_of, compile_patterns(value, variable), variable)
    return Selection(found, len(everything), warnings)


def select_by_group(
    items: Iterable[Item],
    group_of: Callable[[Item], str],
    sync_group: str | None,
    among: Iterable[Item],
) -> list[Item]:
    """The items in exactly this sync group, all for an empty one.

    Raises NothingSelectedError, listing the groups, when nothing `among` the whole list is in it.
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
    """Select among names, e.g. of `kolla_container_images` by `kolla_container_image_filter`."""
    return select_by_name(names, str, value, variable)


def select_repositories(
    items: Iterable[Chosen],
    rpm_filter: Filter = None,
    deb_filter: Filter = None,
    package_filter: Filter = None,
    sync_group: str | None = None,
    image_filter: Filter = None,
) -> Selection[Chosen]:
    """Select among repositories, pins or item errors; all that is given must match.

    `rpm_filter` and `deb_filter` are for items of their type, `package_filter` for both,
    `image_filter` for container images, `sync_group` is an exact name. Raises SelectionError when one of them matches nothing, or
    all together do. The same filter given for both types, as automation of today does, has to
    match in one of them only.
    """
    everything = list(items)
    kept, warnings = everything, []
    rpm = compile_patterns(rpm_filter, "rpm_package_repo_filter")
    deb = compile_patterns(deb_filter, "deb_package_repo_filter")
    scopes: list[tuple[str, tuple[str, ...], list[re.Pattern[str]]]] = [
        ("package_filter", ("rpm", "deb"), compile_patterns(package_filter, "package_filter")),
        (
            CONTAINER_IMAGE_FILTER,
            ("container",),
            compile_patterns(image_filter, CONTAINER_IMAGE_FILTER),
        ),
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
    kept = select_by_group(kept, lambda item: item.sync_group, sync_group, everything)
    if everything and not kept:
        raise NothingSelectedError(
            "the filters match repositories, but none of them is in package_sync_group"
            f" '{sync_group}'"
            if sync_group
            else "no repository matches all of the filters given"
        )
    return Selection(kept, len(everything), warnings)


def select_inventory(
    parsed: ParsedInventory, **filters: Any
) -> tuple[ParsedInventory, Selection[PackageRepository | ItemError]]:
    """A parsed inventory narrowed to what is selected, with the selection's words.

    `filters` as for `select_repositories`. Errors are narrowed by the short name and group that
    their items have, so a malformed item that nobody asked for does no harm.
    """
    everything: list[PackageRepository | ItemError] = [*parsed.repositories, *parsed.errors]
    selection = select_repositories(everything, **filters)
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
    lost = [p.pattern for p in patterns if not any(p.search(name) for name in names)]
    complaints = []
    for expression in lost:
        near = closest_names(expression, names)
        hint = f", nearest: {', '.join(near)}" if near else _first(names)
        complaints.append(f"{variable}: '{expression}' matches none of {len(names)} names{hint}")
    if not found:
        raise NothingSelectedError("; ".join(complaints))
    return found, complaints


def _first(names: list[str]) -> str:
    """What names look like, for someone who came nowhere near one."""
    more = ", ..." if len(names) > _SUGGESTIONS else ""
    return f": {', '.join(names[:_SUGGESTIONS])}{more}" if names else ""
