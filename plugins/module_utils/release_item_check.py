# SPDX-License-Identifier: Apache-2.0
"""All that is wrong with the package repositories of an inventory, before a run finds it.

The rules of single items are those of `parse_repositories`. A value that holds a template is not
known before a run, so that nothing is said of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union

from .release_inventory import ItemError, PackageRepository, parse_repositories
from .release_item_keys import IDENTITY, PACKAGE_TYPES, converters
from .release_stamp import STAMP_PATTERN

__all__ = [
    "DEFAULTS",
    "ERROR",
    "LISTS",
    "WARNING",
    "CheckedItem",
    "Finding",
    "Place",
    "check_defaults",
    "check_items",
    "ending_in_stamps",
    "is_template",
    "nested_paths",
    "repeated",
]

ERROR, WARNING = "error", "warning"

# Variable -> type and whether it is deprecated.
LISTS = {
    f"{prefix}{content_type}_package_repos": (content_type, bool(prefix))
    for prefix in ("", "deprecated_")
    for content_type in PACKAGE_TYPES
}
DEFAULTS = {f"package_defaults_{content_type}": content_type for content_type in PACKAGE_TYPES}

# Where something is: the variable, then position or key, and so on.
Place = tuple[Union[str, int], ...]

# Of what is unknown as long as it is a template, nothing can be missing or wrong.
_STAND_INS = {"base_path": "template/", "sync": False}
_ENDS_IN_STAMP = re.compile(f"{STAMP_PATTERN}/?$")


@dataclass(frozen=True)
class Finding:
    """`problem` of `item`, at `place`; `other` is the place that it repeats, if it does."""

    severity: str
    place: Place
    item: str
    problem: str
    other: Place = ()


@dataclass(frozen=True)
class CheckedItem:
    """A repository as far as it is known: `values` are what it says without templates."""

    place: Place
    name: str
    values: Mapping[str, Any]
    read: PackageRepository | ItemError

    @property
    def is_deprecated(self) -> bool:
        return LISTS[str(self.place[0])][1]


def is_template(value: Any) -> bool:
    """Whether Ansible would template a value."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def check_defaults(variable: str, value: Any) -> tuple[dict[str, Any], list[Finding]]:
    """What is laid under items, as far as it is right, and what is wrong with it."""
    if not isinstance(value, Mapping):
        is_wrong = bool(value) and not is_template(value)
        return {}, [Finding(ERROR, (variable,), variable, "must be a mapping")] if is_wrong else []
    content_type = DEFAULTS[variable]
    known, usable = converters(content_type), {}
    warnings = parse_repositories(defaults={content_type: value}).warnings
    findings = [_warning(text, (variable,), variable, value, variable) for text in warnings]
    for key, entry in value.items():
        if key in known and entry is not None and not is_template(entry):
            try:
                known[key](entry)
                usable[key] = entry
            except ValueError as problem:
                findings.append(Finding(ERROR, (variable, key), variable, f"{key} {problem}"))
    return usable, findings


def check_items(
    variable: str, value: Any, under: Mapping[str, Any]
) -> tuple[list[CheckedItem], list[Finding]]:
    """The items of one list, on top of the defaults `under`, and what is wrong with each."""
    if is_template(value):
        return [], [Finding(WARNING, (variable,), variable, "not checked: it is one template")]
    if value and not isinstance(value, list):
        return [], [Finding(ERROR, (variable,), variable, "must be a list of mappings")]
    items, findings = [], []
    for position, item in enumerate(value or []):
        place: Place = (variable, position)
        if is_template(item):
            name = f"{variable}[{position}]"
            findings.append(Finding(WARNING, place, name, "not checked: it is a template"))
        else:
            checked, found = _check_item(place, item, under)
            items.append(checked)
            findings += found
    return items, findings


def _check_item(
    place: Place, item: Any, under: Mapping[str, Any]
) -> tuple[CheckedItem, list[Finding]]:
    variable = str(place[0])
    content_type, is_deprecated = LISTS[variable]
    whole = item if isinstance(item, Mapping) else {}
    lists = {content_type: [_without_templates(item) if whole else item]}
    parsed = parse_repositories(
        **lists, defaults={content_type: under}, deprecated=is_deprecated, purpose="snapshot"
    )
    read: PackageRepository | ItemError = (parsed.repositories or parsed.errors)[0]
    given = whole.get("name")
    name = given if isinstance(given, str) and given else f"{variable}[{place[1]}]"
    findings = [_warning(text, place, name, whole, read.name) for text in parsed.warnings]
    if isinstance(read, ItemError):
        for problem in read.problems or (read.message,):
            findings.append(Finding(ERROR, _at(place, problem.split()[0], whole), name, problem))
    values = {key: value for key, value in whole.items() if not is_template(value)}
    return CheckedItem(place, name, values, read), findings


def _without_templates(item: Mapping[Any, Any]) -> dict[Any, Any]:
    """An item in which every template is something that could come of it."""
    texts = {"name", "short_name", "distribution_name", "url", "sync_group"}
    texts |= {"distributions", "components", "architectures"}
    usable = {}
    for key, value in item.items():
        if not is_template(value) or key in texts:
            usable[key] = value
        elif key in _STAND_INS:
            usable[key] = _STAND_INS[key]
    return usable


def _warning(text: str, place: Place, name: str, whole: Mapping[Any, Any], prefix: str) -> Finding:
    problem = text[len(prefix) + 2 :] if text.startswith(f"{prefix}: ") else text
    found = re.search(r"key '([^']*)'", problem)
    key = found[1] if found else "url" if "metalink" in problem else ""
    return Finding(WARNING, _at(place, key, whole), name, problem)


def _at(place: Place, key: str, whole: Mapping[Any, Any]) -> Place:
    return (*place, key) if key in whole else place


def repeated(items: Iterable[CheckedItem]) -> Iterator[Finding]:
    """What two items must not have in common, over both types. An item that only pins may still
    name and one that is synced may, but pins then mean the latter."""
    claims: dict[tuple[str, str], CheckedItem] = {}
    for item in items:
        for key in IDENTITY:
            value = item.values.get(key)
            if not isinstance(value, str) or not value:
                continue
            first = claims.setdefault((key, value), item)
            if first is not item:
                severity = ERROR if first.is_deprecated == item.is_deprecated else WARNING
                problem = f"repeats the {key} '{value}' of {first.name}"
                yield Finding(severity, (*item.place, key), item.name, problem, (*first.place, key))


def ending_in_stamps(items: Iterable[CheckedItem]) -> Iterator[Finding]:
    """Prefixes of snapshots that already are snapshots: stamps have one length, so that only equal
    prefixes give equal names, but a path may come to lie below a snapshot of another repository."""
    for item in items:
        for key in ("distribution_name", "base_path"):
            value = item.values.get(key)
            if isinstance(value, str) and _ENDS_IN_STAMP.search(value):
                problem = (
                    f"{key} '{value}' ends in a stamp: that of each snapshot is appended to it"
                )
                yield Finding(WARNING, (*item.place, key), item.name, problem)


def nested_paths(items: Iterable[CheckedItem]) -> Iterator[Finding]:
    """Base paths that lie below a snapshot of another repository: Pulp refuses them."""
    paths = [(item, item.values.get("base_path")) for item in items]
    owners = {path: item for item, path in paths if isinstance(path, str)}
    for item, path in paths:
        for found in re.finditer(f"{STAMP_PATTERN}/", path if isinstance(path, str) else ""):
            owner = owners.get(str(path)[: found.start()])
            if owner:
                problem = f"base_path '{path}' lies below a snapshot of {owner.name}"
                other = (*owner.place, "base_path")
                yield Finding(ERROR, (*item.place, "base_path"), item.name, problem, other)
