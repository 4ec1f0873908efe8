# SPDX-License-Identifier: Apache-2.0
"""Edit the package pins of a Kayobe configuration, and report the change of each pin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import OperatorError
from ..inventory.pins import KAYOBE_PREFIX, KAYOBE_SUFFIX, PinError, check_stamps, kayobe_variable
from ..inventory.selection import SelectionError, select_names
from ..inventory.stamp import STAMP_PATTERN
from ..release.options import read_pins, refuse_unknown_keys
from .pin_file import read_entries, with_added, with_values

_LISTS = ("rpm", "deb", "deprecated_rpm", "deprecated_deb")
_PACKAGE_VARIABLE = re.compile(f"{KAYOBE_PREFIX}(.+){KAYOBE_SUFFIX}")
_STAMP_AT_END = re.compile(f"({STAMP_PATTERN})$")
_ACTION_COUNTS = {
    "update": "updated",
    "older": "to an OLDER stamp",
    "fill": "filled",
    "add": "added",
    "remove": "removed",
    "none": "unchanged",
    "template": "templates, not changed",
    "absent": "not in the file",
}
_ACTION_NOTES = {
    "older": "   OLDER than before",
    "add": "   new key",
    "template": "   not changed: it is a template",
    "remove": "   removed",
    "absent": "   not in the file: set kayobe_update_add=true to add it",
}


@dataclass(frozen=True)
class PinChange:
    """The change of one pin.

    `action` is a key of _ACTION_COUNTS; `before` is the value in the file, None if it has none;
    `after` is the value that was asked for, empty for a pin that is removed.
    """

    name: str
    action: str
    before: str | None
    after: str

    @property
    def changed(self) -> bool:
        """Whether the file changes."""
        return self.action in ("update", "older", "fill", "add", "remove")

    def as_dict(self) -> dict[str, Any]:
        """Return the result of one item in the shape that all modules return."""
        return {**asdict(self), "type": "pin", "changed": self.changed, "error": None}


def update_package_pins(
    text: str, pins: Mapping[str, str], add: bool
) -> tuple[str, list[PinChange]]:
    """Return the text of a file with these pins (short name -> stamp), and the change of each: in
    the order of the file, then pins that it does not have, which are added with `add`.

    Raises OperatorError for a file that cannot be edited.
    """
    entries = read_entries(text)
    names = {kayobe_variable(name): name for name in pins}
    changes = [
        pin_change(names[entry.key], entry.value, pins[names[entry.key]])
        for entry in entries
        if entry.key in names
    ]
    absent = sorted(set(names) - {entry.key for entry in entries})
    changes += [
        PinChange(names[key], "add" if add else "absent", None, pins[names[key]]) for key in absent
    ]
    values = {kayobe_variable(change.name): change.after for change in changes if change.changed}
    added = {
        kayobe_variable(change.name): change.after for change in changes if change.action == "add"
    }
    invalid = sorted(key for key in added if not re.fullmatch(r"\w+", key, re.ASCII))
    if invalid:
        raise OperatorError(
            f"invalid variable name {', '.join(invalid)}: expected letters, digits and underscores"
        )
    return with_added(with_values(text, values), added, _PACKAGE_VARIABLE), changes


def pin_change(name: str, before: str | None, after: str) -> PinChange:
    """Return the change of a pin that is in the file, with an empty value where `before` is None."""
    if before is None:
        action = "fill"
    elif before == after:
        action = "none"
    elif "{{" in before or "{%" in before:
        action = "template"
    else:
        action = "older" if _is_older(after, before) else "update"
    return PinChange(name, action, before, after)


def _is_older(value: str, other: str) -> bool:
    """Whether two values differ by their stamps alone, and the first has the older one."""
    parts, other_parts = _STAMP_AT_END.split(value), _STAMP_AT_END.split(other)
    return (
        len(parts) == len(other_parts) == 3
        and parts[0] == other_parts[0]
        and parts[1] < other_parts[1]
    )


def select_package_pins(params: Mapping[str, Any]) -> tuple[dict[str, str], str, list[str]]:
    """Return the pins of `package_versions` that a module's parameters select (short name -> stamp),
    a text such as "selected 12 of 43", and warnings.

    Without lists of repositories the filters are compared with the short names of the pins. Raises
    OperatorError.
    """
    refuse_unknown_keys(params)
    pins = params["package_versions"]
    if any(params[name] for name in _LISTS):
        resolved, text = read_pins(params, "pins")
        names = [pin.short_name for pin in resolved.pins]
        names += [error.short_name for error in resolved.errors]
        return {name: str(pins[name]) for name in names}, text, resolved.warnings
    if params["rpm_filter"] != params["deb_filter"] or params["sync_group"]:
        raise SelectionError(
            "cannot select by repository type or sync group without package repositories: define "
            "rpm_package_repos and deb_package_repos, or select by package_filter"
        )
    if not pins:
        raise PinError("package_versions is empty: give at least one pin")
    check_stamps(pins)
    by_name = select_names(pins, params["package_filter"], "package_filter")
    selection = select_names(
        by_name.selected,
        params["rpm_filter"],
        "rpm_package_repo_filter and deb_package_repo_filter",
    )
    selected = {name: str(pins[name]) for name in selection.selected}
    warnings = [*by_name.warnings, *selection.warnings]
    return selected, f"selected {len(selected)} of {len(pins)}", warnings


def report_lines(
    changes: list[PinChange], path: str, selected: str, is_written: bool = True, others: int = 0
) -> list[str]:
    """Return the lines to print: every pin that is not unchanged, then the counts of all.

    `others`: the number of pins of the file that were not given.
    """
    listed = [change for change in changes if change.action != "none"]
    name_width = max((len(change.name) for change in listed), default=0)
    value_width = max((len(change.before or "(none)") for change in listed), default=0)
    lines = [
        f"{change.name:{name_width}}  {change.before or '(none)':{value_width}} -> "
        f"{change.after or '(none)'}{_ACTION_NOTES.get(change.action, '')}"
        for change in listed
    ]
    counts = [
        f"{count} {words}"
        for action, words in _ACTION_COUNTS.items()
        for count in [sum(1 for change in changes if change.action == action)]
        if count
    ]
    prefix = f"{selected}: " if selected else ""
    is_pending = any(change.changed for change in changes) and not is_written
    suffix = " (check mode, nothing was written)" if is_pending else ""
    left = f"; not updated: {others} other pins of the file" if others else ""
    return [*lines, f"{path}: {prefix}{', '.join(counts)}{left}{suffix}"]


def count_other_pins(text: str, pins: Iterable[str]) -> int:
    """Return the number of pins in the text of a file that are none of these short names."""
    given = {kayobe_variable(name) for name in pins}
    keys = {entry.key for entry in read_entries(text)}
    return sum(1 for key in keys if _PACKAGE_VARIABLE.fullmatch(key) and key not in given)
