# SPDX-License-Identifier: Apache-2.0
"""Validation of package, container image and pin variables of one host or group."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Union

from .pins import (
    MAX_EXPLAINED,
    PinError,
    check_stamps,
    pins_without_stamp,
    unknown_pin_message,
    unknown_pins_message,
)
from .repositories import ItemError, PackageRepository, parse_repositories
from .selection import (
    CONTAINER_IMAGE_FILTER,
    Filters,
    NothingSelectedError,
    SelectionError,
    closest_names,
    select_names,
    select_repositories,
)
from .stamp import STAMP_PATTERN
from .values import IDENTITY_KEYS, PACKAGE_TYPES, converters, similar_key

ERROR, WARNING = "error", "warning"

# Variable -> content type, and whether its items are deprecated.
LISTS = {
    f"{prefix}{content_type}_package_repos": (content_type, bool(prefix))
    for prefix in ("", "deprecated_")
    for content_type in PACKAGE_TYPES
}
DEFAULTS = {f"package_defaults_{content_type}": content_type for content_type in PACKAGE_TYPES}

CONTAINER_IMAGES = "kolla_container_images"
UNBUILDABLE, GROUPS = "kolla_unbuildable_images", ("old_scheme", "new_scheme")
CONTAINER_IMAGE_VARIABLES = frozenset({CONTAINER_IMAGES, CONTAINER_IMAGE_FILTER, UNBUILDABLE})
_VARIABLE_PART = re.compile("[A-Za-z0-9_]+")
_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*")
PINS = "package_versions"
# Variable -> field of Filters.
FILTERS = {
    "package_filter": "package_filter",
    "rpm_package_repo_filter": "rpm_filter",
    "deb_package_repo_filter": "deb_filter",
    "package_sync_group": "sync_group",
}
VARIABLES = frozenset({*LISTS, *DEFAULTS, *FILTERS, *CONTAINER_IMAGE_VARIABLES, PINS})

# The position of a value: the variable, then an index or key, and so on.
Place = tuple[Union[str, int], ...]

# Valid values in the place of templates, whose result is not known.
_PLACEHOLDERS = {"base_path": "template/", "sync": False}
_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_STAMPED = re.compile(f"{STAMP_PATTERN}/?$")


@dataclass(frozen=True)
class Finding:
    """A `problem` of `item` at `place`; `other` is the place of the value that it repeats, if any.

    `misspelt`: it is about an unknown key that is close to a known one.
    """

    severity: str
    place: Place
    item: str
    problem: str
    other: Place = ()
    misspelt: bool = False


@dataclass(frozen=True)
class CheckedItem:
    """A checked repository item: its `values` without templates, and the result of parsing it."""

    place: Place
    name: str
    values: Mapping[str, Any]
    parsed: PackageRepository | ItemError

    @property
    def is_deprecated(self) -> bool:
        return LISTS[str(self.place[0])][1]


def check_variables(variables: Mapping[str, Any], pinned: Collection[str] = ()) -> list[Finding]:
    """Return the findings about the variables in VARIABLES; other variables are ignored.

    Deprecated repositories are only used by pins: errors of those that are not `pinned`, by their
    short names, nor by the variables themselves, are warnings.
    """
    findings: list[Finding] = []
    defaults = {}
    for variable, content_type in DEFAULTS.items():
        defaults[content_type], found = check_defaults(variable, variables.get(variable))
        findings += found
    items: list[CheckedItem] = []
    for variable, (content_type, _deprecated) in LISTS.items():
        checked, found = check_items(variable, variables.get(variable), defaults[content_type])
        items += checked
        findings += found
    findings += [*find_duplicates(items), *find_stamped_prefixes(items), *find_nested_paths(items)]
    findings += find_unusable_short_names(items)
    pins = variables.get(PINS)
    own_pins = pins if isinstance(pins, Mapping) else {}
    findings = list(_with_harmless(findings, items, {*map(str, own_pins), *pinned}))
    known = short_names(variables)
    for variable in FILTERS:
        findings += _check_filter(variable, variables.get(variable), items, known is not None)
    findings += check_container_images(variables)
    if isinstance(pins, Mapping):
        findings += check_pins(pins, known, (PINS,))
    elif pins and not is_template(pins):
        findings.append(Finding(ERROR, (PINS,), PINS, "must map short names to stamps"))
    return findings


def _with_harmless(
    findings: Iterable[Finding], items: Iterable[CheckedItem], pinned: Collection[str]
) -> Iterator[Finding]:
    """Yield findings, with a warning in place of each error of a deprecated item without a pin."""
    harmless = {
        item.place
        for item in items
        if item.is_deprecated and str(item.values.get("short_name")) not in pinned
    }
    for finding in findings:
        is_harmless = finding.severity == ERROR and finding.place[:2] in harmless
        yield replace(finding, severity=WARNING) if is_harmless else finding


def is_template(value: Any) -> bool:
    """Return whether a value is a template."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def check_defaults(variable: str, value: Any) -> tuple[dict[str, Any], list[Finding]]:
    """Return the valid values of a variable of defaults, and findings about the others."""
    if not isinstance(value, Mapping):
        is_invalid = bool(value) and not is_template(value)
        finding = Finding(ERROR, (variable,), variable, "must be a mapping")
        return {}, [finding] if is_invalid else []
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
    variable: str, value: Any, defaults: Mapping[str, Any]
) -> tuple[list[CheckedItem], list[Finding]]:
    """Return the items of one list, with `defaults` for their keys, and findings about them."""
    if is_template(value):
        return [], [Finding(WARNING, (variable,), variable, "not checked: the list is a template")]
    if value and not isinstance(value, list):
        return [], [Finding(ERROR, (variable,), variable, "must be a list of mappings")]
    items, findings = [], []
    for position, item in enumerate(value or []):
        place: Place = (variable, position)
        if is_template(item):
            name = f"{variable}[{position}]"
            findings.append(Finding(WARNING, place, name, "not checked: the item is a template"))
        else:
            checked, found = _check_item(place, item, defaults)
            items.append(checked)
            findings += found
    return items, findings


def _check_item(
    place: Place, item: Any, defaults: Mapping[str, Any]
) -> tuple[CheckedItem, list[Finding]]:
    variable = str(place[0])
    content_type, is_deprecated = LISTS[variable]
    whole = item if isinstance(item, Mapping) else {}
    lists = {content_type: [_without_templates(item) if whole else item]}
    parsed = parse_repositories(
        **lists, defaults={content_type: defaults}, deprecated=is_deprecated, purpose="snapshot"
    )
    result: PackageRepository | ItemError = (parsed.repositories or parsed.errors)[0]
    own_name = whole.get("name")
    name = own_name if isinstance(own_name, str) and own_name else f"{variable}[{place[1]}]"
    findings = [_warning(text, place, name, whole, result.name) for text in parsed.warnings]
    if isinstance(result, ItemError):
        for problem in result.problems or (result.message,):
            findings.append(Finding(ERROR, _at(place, problem.split()[0], whole), name, problem))
    values = {key: value for key, value in whole.items() if not is_template(value)}
    return CheckedItem(place, name, values, result), findings


def _without_templates(item: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return an item with valid values in the place of templates."""
    texts = {"name", "short_name", "distribution_name", "sync_group"}
    texts |= {"distributions", "components", "architectures"}
    usable = {}
    for key, value in item.items():
        if not is_template(value) or key in texts:
            usable[key] = value
        elif key in _PLACEHOLDERS:
            usable[key] = _PLACEHOLDERS[key]
        elif key == "url":
            rest = "template" if "{%" in value else _TEMPLATE.sub("template", value)
            usable[key] = rest if "://" in rest else f"https://{rest}"
    return usable


def _warning(text: str, place: Place, name: str, whole: Mapping[Any, Any], prefix: str) -> Finding:
    problem = text[len(prefix) + 2 :] if text.startswith(f"{prefix}: ") else text
    found = re.search(r"key '([^']*)'", problem)
    key = found[1] if found else "url" if "metalink" in problem else ""
    content_type = DEFAULTS.get(str(place[0])) or LISTS[str(place[0])][0]
    misspelt = bool(found and similar_key(content_type, key))
    return Finding(WARNING, _at(place, key, whole), name, problem, misspelt=misspelt)


def _at(place: Place, key: str, whole: Mapping[Any, Any]) -> Place:
    return (*place, key) if key in whole else place


def find_duplicates(items: Iterable[CheckedItem]) -> Iterator[Finding]:
    """Yield a finding for two items that share identity keys, of one or both content types.

    That is a warning if one of them is deprecated: pins then select the other one.
    """
    claims: dict[tuple[str, str], CheckedItem] = {}
    for item in items:
        repeated: dict[Place, tuple[CheckedItem, list[str]]] = {}
        for key in IDENTITY_KEYS:
            value = item.values.get(key)
            if not isinstance(value, str) or not value:
                continue
            first = claims.setdefault((key, value), item)
            if first is not item:
                repeated.setdefault(first.place, (first, []))[1].append(key)
        for first, keys in repeated.values():
            severity = ERROR if first.is_deprecated == item.is_deprecated else WARNING
            shared = ", ".join(f"the {key} '{item.values[key]}'" for key in keys)
            problem, key = f"repeats {shared} of {first.name}", keys[0]
            yield Finding(severity, (*item.place, key), item.name, problem, (*first.place, key))


def find_stamped_prefixes(items: Iterable[CheckedItem]) -> Iterator[Finding]:
    """Yield findings about names and paths that end in a stamp, like those of snapshots."""
    for item in items:
        for key in ("distribution_name", "base_path"):
            value = item.values.get(key)
            if isinstance(value, str) and _STAMPED.search(value):
                problem = (
                    f"{key} '{value}' ends in a stamp: the stamp of snapshots is appended to it"
                )
                yield Finding(WARNING, (*item.place, key), item.name, problem)


def find_unusable_short_names(items: Iterable[CheckedItem]) -> Iterator[Finding]:
    """Yield findings about short names that cannot be a part of a variable of a Kayobe configuration."""
    for item in items:
        name = item.values.get("short_name")
        if isinstance(name, str) and name and not _VARIABLE_PART.fullmatch(name):
            problem = (
                f"short_name '{name}' makes no variable: use only letters, digits and underscores"
            )
            yield Finding(ERROR, (*item.place, "short_name"), item.name, problem)


def find_nested_paths(items: Iterable[CheckedItem]) -> Iterator[Finding]:
    """Yield findings about base paths below a snapshot of another repository, which Pulp rejects."""
    paths = [(item, item.values.get("base_path")) for item in items]
    owners = {path: item for item, path in paths if isinstance(path, str)}
    for item, path in paths:
        for found in re.finditer(f"{STAMP_PATTERN}/", path if isinstance(path, str) else ""):
            owner = owners.get(str(path)[: found.start()])
            if owner:
                problem = f"base_path '{path}' is below a snapshot of {owner.name}"
                other = (*owner.place, "base_path")
                yield Finding(ERROR, (*item.place, "base_path"), item.name, problem, other)


def check_container_images(variables: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield findings about the list of container images, the unbuildable ones, and the filter."""
    images = variables.get(CONTAINER_IMAGES)
    if images is None or is_template(images):
        return
    if not isinstance(images, list):
        yield Finding(ERROR, (CONTAINER_IMAGES,), CONTAINER_IMAGES, "must be a list of image names")
        return
    first: dict[str, int] = {}
    for place, name in enumerate(images):
        if is_template(name):
            return
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            yield Finding(
                ERROR, (CONTAINER_IMAGES, place), str(name), "is not the name of an image"
            )
        elif name in first:
            yield Finding(
                ERROR, (CONTAINER_IMAGES, place), name, "is listed twice: remove one of them"
            )
        else:
            first[name] = place
    yield from _check_unbuildable(variables.get(UNBUILDABLE), set(first))
    pattern = variables.get(CONTAINER_IMAGE_FILTER)
    if pattern and first and not is_template(pattern):
        try:
            select_names(list(first), pattern, CONTAINER_IMAGE_FILTER)
        except SelectionError as error:
            yield Finding(
                ERROR,
                (CONTAINER_IMAGE_FILTER,),
                CONTAINER_IMAGE_FILTER,
                str(error).replace(f"{CONTAINER_IMAGE_FILTER}: ", ""),
            )


def _check_unbuildable(unbuildable: Any, known: set[str]) -> Iterator[Finding]:
    """Yield findings about unbuildable images: base distribution -> images, maybe by scheme."""
    if unbuildable is None or is_template(unbuildable):
        return
    if not isinstance(unbuildable, Mapping):
        yield Finding(ERROR, (UNBUILDABLE,), UNBUILDABLE, "must map base distributions to images")
        return
    for group, content in unbuildable.items():
        nested = content if isinstance(content, Mapping) and group in GROUPS else {None: content}
        for part, names in nested.items():
            place = (UNBUILDABLE, group, *([part] if part is not None else []))
            if is_template(names) or names is None:
                continue
            if not isinstance(names, list):
                yield Finding(ERROR, place, str(group), "must be a list of image names")
                continue
            for number, name in enumerate(names):
                if not is_template(name) and name not in known:
                    similar = closest_names(str(name), known)
                    hint = f" (nearest: {', '.join(similar)})" if similar else ""
                    yield Finding(
                        WARNING, (*place, number), str(name), f"is not in {CONTAINER_IMAGES}{hint}"
                    )


def check_pins(
    pins: Mapping[Any, Any],
    known: set[str] | None,
    place: Place,
    key_of: Callable[[str], str] = str,
    empty: str = ERROR,
) -> Iterator[Finding]:
    """Yield findings about pins, short name -> stamp.

    `known`: the short names of the inventory, None if templates hide some; `key_of`: returns the key
    of a short name at `place`; `empty`: the severity of a pin without a stamp. Many unknown pins
    are one finding, at the first of them.
    """
    for short_name, value in pins.items():
        name, where = str(short_name), (*place, key_of(short_name))
        if not is_template(value):
            try:
                check_stamps({name: value})
            except PinError as error:
                severity = empty if pins_without_stamp({name: value}) else ERROR
                yield Finding(severity, where, name, str(error))
    unknown = [] if known is None else [str(name) for name in pins if str(name) not in known]
    if known is not None and len(unknown) > MAX_EXPLAINED:
        problem = unknown_pins_message(unknown, known, len(pins))
        yield Finding(WARNING, (*place, key_of(unknown[0])), "pins", problem)
    elif known is not None:
        for name in unknown:
            where = (*place, key_of(name))
            yield Finding(WARNING, where, name, unknown_pin_message(name, known))


def short_names(variables: Mapping[str, Any]) -> set[str] | None:
    """Return the short names of all lists, None if templates hide some."""
    names: set[str] = set()
    for variable in LISTS:
        value = variables.get(variable)
        for item in [value, *(value if isinstance(value, list) else [])]:
            name = item.get("short_name") if isinstance(item, Mapping) else ""
            if is_template(item) or is_template(name):
                return None
            names |= {name} if isinstance(name, str) and name else set()
    return names


def _check_filter(
    variable: str, value: Any, items: list[CheckedItem], is_certain: bool
) -> Iterator[Finding]:
    """Yield findings about a filter: invalid expressions, and those that match no item.

    With `is_certain` False templates hide some items, so that only invalid expressions count.
    """
    if not value or any(map(is_template, value if isinstance(value, list) else [value])):
        return
    if not isinstance(value, (str, list)):
        yield Finding(ERROR, (variable,), variable, "must be a string or a list of strings")
        return
    if variable == "package_sync_group" and any(is_template(i.parsed.sync_group) for i in items):
        is_certain = False
    try:
        values: dict[str, Any] = {FILTERS[variable]: value}
        selection = select_repositories([item.parsed for item in items], Filters(**values))
        warnings = selection.warnings
    except NothingSelectedError as error:
        if is_certain:
            yield Finding(ERROR, (variable,), variable, _without_variable(variable, str(error)))
        return
    except SelectionError as error:
        yield Finding(ERROR, (variable,), variable, _without_variable(variable, str(error)))
        return
    for warning in warnings if is_certain else []:
        yield Finding(WARNING, (variable,), variable, _without_variable(variable, warning))


def _without_variable(variable: str, text: str) -> str:
    """Return the message of a selection without the name of the variable."""
    return text.replace(f"{variable}: ", "")
