# SPDX-License-Identifier: Apache-2.0
"""All that is wrong with the package and image variables of one host or group, before a run finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .release_image_check import IMAGE_VARIABLES, check_images
from .release_item_check import (
    DEFAULTS,
    ERROR,
    LISTS,
    WARNING,
    CheckedItem,
    Finding,
    Place,
    check_defaults,
    check_items,
    ending_in_stamps,
    is_template,
    nested_paths,
    repeated,
)
from .release_pins import PinError, check_stamps, unknown_pin, without_stamp
from .release_selection import NothingSelectedError, SelectionError, select_repositories

__all__ = ["VARIABLES", "check_pins", "check_variables", "short_names"]

PINS = "package_versions"
# Variable -> what select_repositories calls it.
FILTERS = {
    "package_filter": "package_filter",
    "rpm_package_repo_filter": "rpm_filter",
    "deb_package_repo_filter": "deb_filter",
    "package_sync_group": "sync_group",
}
VARIABLES = frozenset({*LISTS, *DEFAULTS, *FILTERS, *IMAGE_VARIABLES, PINS})


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
    findings += [*repeated(items), *ending_in_stamps(items), *nested_paths(items)]
    known = short_names(variables)
    for variable in FILTERS:
        findings += _check_filter(variable, variables.get(variable), items, known is not None)
    findings += check_images(variables)
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
                severity = empty if without_stamp({name: value}) else ERROR
                yield Finding(severity, where, name, str(error))
        if known is not None and name not in known:
            yield Finding(WARNING, where, name, unknown_pin(name, known))


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
