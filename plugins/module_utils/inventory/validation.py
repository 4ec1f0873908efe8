# SPDX-License-Identifier: Apache-2.0
"""All that is wrong with the package and image variables of one host or group, before a run finds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union

from .pins import PinError, check_stamps, pins_without_stamp, unknown_pin_message
from .repositories import ItemError, PackageRepository, parse_repositories
from .selection import (
    CONTAINER_IMAGE_FILTER,
    NothingSelectedError,
    SelectionError,
    closest_names,
    select_names,
    select_repositories,
)
from .stamp import STAMP_PATTERN
from .values import IDENTITY_KEYS, PACKAGE_TYPES, converters

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
_PLACEHOLDERS = {"base_path": "template/", "sync": False}
_STAMPED = re.compile(f"{STAMP_PATTERN}/?$")


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
        elif key in _PLACEHOLDERS:
            usable[key] = _PLACEHOLDERS[key]
    return usable


def _warning(text: str, place: Place, name: str, whole: Mapping[Any, Any], prefix: str) -> Finding:
    problem = text[len(prefix) + 2 :] if text.startswith(f"{prefix}: ") else text
    found = re.search(r"key '([^']*)'", problem)
    key = found[1] if found else "url" if "metalink" in problem else ""
    return Finding(WARNING, _at(place, key, whole), name, problem)


def _at(place: Place, key: str, whole: Mapping[Any, Any]) -> Place:
    return (*place, key) if key in whole else place


def find_duplicates(items: Iterable[CheckedItem]) -> Iterator[Finding]:
    """What two items must not have in common, over both types. An item that only pins may still
    name and one that is synced may, but pins then mean the latter."""
    claims: dict[tuple[str, str], CheckedItem] = {}
    for item in items:
        for key in IDENTITY_KEYS:
            value = item.values.get(key)
            if not isinstance(value, str) or not value:
                continue
            first = claims.setdefault((key, value), item)
            if first is not item:
                severity = ERROR if first.is_deprecated == item.is_deprecated else WARNING
                problem = f"repeats the {key} '{value}' of {first.name}"
                yield Finding(severity, (*item.place, key), item.name, problem, (*first.place, key))


def find_stamped_prefixes(items: Iterable[CheckedItem]) -> Iterator[Finding]:
    """Prefixes of snapshots that already are snapshots: stamps have one length, so that only equal
    prefixes give equal names, but a path may come to lie below a snapshot of another repository."""
    for item in items:
        for key in ("distribution_name", "base_path"):
            value = item.values.get(key)
            if isinstance(value, str) and _STAMPED.search(value):
                problem = (
                    f"{key} '{value}' ends in a stamp: that of each snapshot is appended to it"
                )
                yield Finding(WARNING, (*item.place, key), item.name, problem)


def find_nested_paths(items: Iterable[CheckedItem]) -> Iterator[Finding]:
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


CONTAINER_IMAGES = "kolla_container_images"
UNBUILDABLE, GROUPS = "kolla_unbuildable_images", ("old_scheme", "new_scheme")
CONTAINER_IMAGE_VARIABLES = frozenset({CONTAINER_IMAGES, CONTAINER_IMAGE_FILTER, UNBUILDABLE})
_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*")


def check_container_images(variables: Mapping[str, Any]) -> Iterator[Finding]:
    """Names that cannot be, that are there twice, or that no list has, and filters that find nothing."""
    images = variables.get(CONTAINER_IMAGES)
    if images is None or is_template(images):
        return
    if not isinstance(images, list):
        yield Finding(
            ERROR, (CONTAINER_IMAGES,), CONTAINER_IMAGES, "must be a list of names of images"
        )
        return
    first: dict[str, int] = {}
    for place, name in enumerate(images):
        if is_template(name):
            return
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            yield Finding(ERROR, (CONTAINER_IMAGES, place), str(name), "is no name of an image")
        elif name in first:
            yield Finding(
                ERROR, (CONTAINER_IMAGES, place), name, "is in the list twice: remove one of them"
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
    """Images under base distributions, or under `old_scheme` and `new_scheme`."""
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
                yield Finding(ERROR, place, str(group), "must be a list of names of images")
                continue
            for number, name in enumerate(names):
                if not is_template(name) and name not in known:
                    near = closest_names(str(name), known)
                    hint = f" (nearest: {', '.join(near)})" if near else ""
                    yield Finding(
                        WARNING, (*place, number), str(name), f"is not in {CONTAINER_IMAGES}{hint}"
                    )


PINS = "package_versions"
# Variable -> what select_repositories calls it.
FILTERS = {
    "package_filter": "package_filter",
    "rpm_package_repo_filter": "rpm_filter",
    "deb_package_repo_filter": "deb_filter",
    "package_sync_group": "sync_group",
}
VARIABLES = frozenset({*LISTS, *DEFAULTS, *FILTERS, *CONTAINER_IMAGE_VARIABLES, PINS})


def check_variables(variables: Mapping[str, Any]) -> list[Finding]:
    """Everything that is wrong with them; variables of other kinds do not count."""
    findings: list[Finding] = []
    under = {}
    for variable, content_type in DEFAULTS.items():
        under[content_type], found = check_defaults(variable, variables.get(variable))
        findings += found
    items: list[CheckedItem] = []
    for variable, (content_type, _deprecated) in LISTS.items():
        checked, found = check_items(variable, variables.get(variable), under[content_type])
        items += checked
        findings += found
    findings += [*find_duplicates(items), *find_stamped_prefixes(items), *find_nested_paths(items)]
    known = short_names(variables)
    for variable in FILTERS:
        findings += _check_filter(variable, variables.get(variable), items, known is not None)
    findings += check_container_images(variables)
    pins = variables.get(PINS)
    if isinstance(pins, Mapping):
        findings += check_pins(pins, known, (PINS,))
    elif pins and not is_template(pins):
        findings.append(Finding(ERROR, (PINS,), PINS, "must map short names to stamps"))
    return findings


def check_pins(
    pins: Mapping[Any, Any],
    known: set[str] | None,
    place: Place,
    key_of: Callable[[str], str] = str,
    empty: str = ERROR,
) -> Iterator[Finding]:
    """What is wrong with pins, short name to value. `known` are the short names that there are,
    None when a template hides some; `empty` is how bad a pin without a stamp is; `key_of` tells
    the key of a short name at `place`."""
    for short_name, value in pins.items():
        name, where = str(short_name), (*place, key_of(short_name))
        if not is_template(value):
            try:
                check_stamps({name: value})
            except PinError as error:
                severity = empty if pins_without_stamp({name: value}) else ERROR
                yield Finding(severity, where, name, str(error))
        if known is not None and name not in known:
            yield Finding(WARNING, where, name, unknown_pin_message(name, known))


def short_names(variables: Mapping[str, Any]) -> set[str] | None:
    """The short names of all lists, None when a template hides some."""
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
    """A filter has to be made of regular expressions, and to find something among all items."""
    if not value or any(map(is_template, value if isinstance(value, list) else [value])):
        return
    if not isinstance(value, (str, list)):
        yield Finding(ERROR, (variable,), variable, "must be text or a list of texts")
        return
    if variable == "package_sync_group" and any(is_template(i.read.sync_group) for i in items):
        is_certain = False
    try:
        chosen: dict[str, Any] = {FILTERS[variable]: value}
        selection = select_repositories([item.read for item in items], **chosen)
        warnings = selection.warnings
    except NothingSelectedError as error:
        if is_certain:
            yield Finding(ERROR, (variable,), variable, _alone(variable, str(error)))
        return
    except SelectionError as error:
        yield Finding(ERROR, (variable,), variable, _alone(variable, str(error)))
        return
    for warning in warnings if is_certain else []:
        yield Finding(WARNING, (variable,), variable, _alone(variable, warning))


def _alone(variable: str, text: str) -> str:
    """The words of a selection without the name of the variable, which stands there already."""
    return text.replace(f"{variable}: ", "")
