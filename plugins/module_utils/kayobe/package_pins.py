# SPDX-License-Identifier: Apache-2.0
"""New stamps for the file of package pins of a Kayobe configuration: what becomes of each pin."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import OperatorError
from ..inventory.pins import KAYOBE_PREFIX, KAYOBE_SUFFIX, PinError, check_stamps, kayobe_key
from ..inventory.selection import SelectionError, select_names
from ..inventory.stamp import is_stamp
from ..release.options import pinned
from .pin_file import read_entries, with_added, with_values

_LISTS = ("rpm", "deb", "deprecated_rpm", "deprecated_deb")
_FAMILY = re.compile(f"{KAYOBE_PREFIX}(.+){KAYOBE_SUFFIX}")
# What is said of pins that are only counted, and of those that are shown.
_COUNTED = {
    "update": "updated",
    "older": "to an OLDER stamp",
    "fill": "filled",
    "add": "added",
    "remove": "removed",
    "none": "unchanged",
    "template": "left to their templates",
    "absent": "not in the file",
}
_MARKS = {
    "older": "   OLDER than before",
    "add": "   new key",
    "template": "   left alone: it is a template",
    "remove": "   removed",
    "absent": "   not in the file: kayobe_update_add=true adds it",
}


@dataclass(frozen=True)
class PinChange:
    """One pin: `action` is a key of _COUNTED, `before` its text in the file, None where there is
    none."""

    name: str
    action: str
    before: str | None
    after: str

    @property
    def changed(self) -> bool:
        return self.action in ("update", "older", "fill", "add", "remove")

    def as_dict(self) -> dict[str, Any]:
        """The result of one item, in the shape of all modules."""
        return {**asdict(self), "type": "pin", "changed": self.changed, "error": None}


def chosen_pins(params: Mapping[str, Any]) -> tuple[dict[str, str], str, list[str]]:
    """The pins of `package_versions` that a module's parameters select, "selected 12 of 43", and
    warnings. Without any list of repositories, names alone are looked at. Raises OperatorError."""
    pins = params["package_versions"]
    if any(params[name] for name in _LISTS):
        resolved, text = pinned(params, "pins")
        names = [pin.short_name for pin in resolved.pins]
        names += [error.short_name for error in resolved.errors]
        return {name: str(pins[name]) for name in names}, text, resolved.warnings
    if params["rpm_filter"] != params["deb_filter"] or params["sync_group"]:
        raise SelectionError(
            "there is no package repository to select among: define rpm_package_repos and "
            "deb_package_repos, or select by package_filter alone"
        )
    if not pins:
        raise PinError("there is not a single pin")
    check_stamps(pins)
    named = select_names(pins, params["package_filter"], "package_filter")
    both = select_names(
        named.selected, params["rpm_filter"], "rpm_package_repo_filter and deb_package_repo_filter"
    )
    chosen = {name: str(pins[name]) for name in both.selected}
    return chosen, f"selected {len(chosen)} of {len(pins)}", [*named.warnings, *both.warnings]


def update(text: str, pins: Mapping[str, str], add: bool) -> tuple[str, list[PinChange]]:
    """The text of a file with these stamps, and what became of each pin: in the order of the file,
    then those that it does not have. Raises OperatorError; then nothing is to be written."""
    entries = read_entries(text)
    names = {kayobe_key(name): name for name in pins}
    changes = [
        _change(names[entry.key], entry.value, pins[names[entry.key]])
        for entry in entries
        if entry.key in names
    ]
    absent = sorted(set(names) - {entry.key for entry in entries})
    changes += [
        PinChange(names[key], "add" if add else "absent", None, pins[names[key]]) for key in absent
    ]
    values = {kayobe_key(one.name): one.after for one in changes if one.changed}
    new = {kayobe_key(one.name): one.after for one in changes if one.action == "add"}
    wrong = sorted(key for key in new if not re.fullmatch(r"\w+", key, re.ASCII))
    if wrong:
        raise OperatorError(
            f"{', '.join(wrong)}: no name of a variable: letters, digits and _ only"
        )
    return with_added(with_values(text, values), new, _FAMILY), changes


def _change(name: str, before: str | None, after: str) -> PinChange:
    if before is None:
        action = "fill"
    elif before == after:
        action = "none"
    elif "{{" in before or "{%" in before:
        action = "template"
    else:
        action = "older" if is_stamp(before) and after < before else "update"
    return PinChange(name, action, before, after)


def report(
    changes: list[PinChange], path: str, selected: str, is_written: bool = True
) -> list[str]:
    """The lines for the one who runs it: each pin but the unchanged ones, then the counts."""
    shown = [one for one in changes if one.action != "none"]
    width = max((len(one.name) for one in shown), default=0)
    old = max((len(_before(one)) for one in shown), default=0)
    lines = [
        f"{one.name:{width}}  {_before(one):{old}} -> {one.after or '(none)'}{_MARKS.get(one.action, '')}"
        for one in shown
    ]
    counts = [
        f"{number} {words}"
        for action, words in _COUNTED.items()
        for number in [sum(1 for one in changes if one.action == action)]
        if number
    ]
    told = f"{selected}: " if selected else ""
    kept = any(one.changed for one in changes) and not is_written
    end = " (check mode, nothing was written)" if kept else ""
    return [*lines, f"{path}: {told}{', '.join(counts)}{end}"]


def _before(change: PinChange) -> str:
    return change.before or "(none)"
