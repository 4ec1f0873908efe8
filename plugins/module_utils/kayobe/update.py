# SPDX-License-Identifier: Apache-2.0
"""Write pins into the files of a Kayobe configuration: packages, container images, disk images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import OperatorError
from ..files import read, replace
from .config import IMAGE_PINS, IMAGE_TAGS, PACKAGE_PINS, KayobeFileError, kayobe_file
from .image_pins import update_tags, update_versions
from .package_pins import PinChange, chosen_pins, report, update

# The options of the module, beside those that select package repositories.
OPTIONS: dict[str, dict[str, Any]] = {
    "config": {"type": "path", "required": True},
    "add": {"type": "bool", "default": False},
    "package_versions": {"type": "dict"},
    "image_tag": {"type": "str", "default": ""},
    "image_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "image_reset": {"type": "bool", "default": False},
    "image_version": {"type": "str", "default": ""},
    "image_names": {"type": "list", "elements": "str", "default": []},
}


@dataclass(frozen=True)
class _Edit:
    """What becomes of one file."""

    path: str
    before: str
    after: str
    changes: list[PinChange]
    selected: str

    @property
    def changed(self) -> bool:
        return self.after != self.before

    def diff(self) -> dict[str, str]:
        headers = {"before_header": self.path, "after_header": self.path}
        return {**headers, "before": self.before, "after": self.after}


def update_configuration(
    params: Mapping[str, Any], write: bool
) -> tuple[dict[str, Any], list[str]]:
    """Do what the module's parameters say; returns its answer and warnings.

    Nothing is written before all files are known to be sound. Raises OperatorError.
    """
    _refuse_halves(params)
    edits: list[_Edit] = []
    warnings: list[str] = []
    if params["package_versions"] is not None:
        edit, warnings = _packages(params)
        edits.append(edit)
    if params["image_tag"]:
        edits.append(_tags(params))
    if params["image_version"]:
        edits.append(_versions(params))
    if write:
        for edit in edits:
            if edit.changed:
                replace(edit.path, edit.before, edit.after)
    changes = [change for edit in edits for change in edit.changes]
    older = [change.name for change in changes if change.action == "older"]
    if older:
        warnings = [*warnings, f"stamps go back to OLDER ones: {', '.join(older)}"]
    diffs = [edit.diff() for edit in edits if edit.changed]
    answer = {
        "changed": bool(diffs),
        "path": edits[0].path,
        "paths": [edit.path for edit in edits],
        "results": [change.as_dict() for change in changes],
        "selected": edits[0].selected,
        "text": [
            line
            for edit in edits
            for line in report(edit.changes, edit.path, edit.selected, is_written=write)
        ],
        "diff": diffs[0] if len(diffs) == 1 else diffs or {},
    }
    return answer, warnings


def _refuse_halves(params: Mapping[str, Any]) -> None:
    """Raise OperatorError for options that say nothing without another, and for none at all."""
    problems = [
        f"{name} says nothing without {other}"
        for name, other in (
            ("image_keys", "image_tag"),
            ("image_reset", "image_tag"),
            ("image_names", "image_version"),
        )
        if params[name] and not params[other]
    ]
    if (
        params["package_versions"] is None
        and not params["image_tag"]
        and not params["image_version"]
    ):
        problems.append(
            "give package_versions, image_tag or image_version: there is nothing to pin"
        )
    if problems:
        raise OperatorError("; ".join(problems))


def _packages(params: Mapping[str, Any]) -> tuple[_Edit, list[str]]:
    path = _file(params, PACKAGE_PINS, "package pins")
    pins, selected, warnings = chosen_pins(params)
    before = read(path)
    try:
        after, changes = update(before, pins, params["add"])
    except OperatorError as error:
        raise _unwritten(path, error) from error
    return _Edit(path, before, after, changes, selected), warnings


def _tags(params: Mapping[str, Any]) -> _Edit:
    path = _file(params, IMAGE_TAGS, "tags of images")
    before = read(path)
    try:
        after, changes = update_tags(
            before,
            params["image_tag"],
            params["image_keys"],
            params["image_reset"],
            params["add"],
        )
    except OperatorError as error:
        raise _unwritten(path, error) from error
    return _Edit(path, before, after, changes, "")


def _versions(params: Mapping[str, Any]) -> _Edit:
    path = _file(params, IMAGE_PINS, "versions of disk images")
    before = read(path)
    try:
        after, changes = update_versions(before, params["image_version"], params["image_names"])
    except OperatorError as error:
        raise _unwritten(path, error) from error
    return _Edit(path, before, after, changes, "")


def _unwritten(path: str, error: OperatorError) -> OperatorError:
    return OperatorError(f"{path}: {error}. Nothing was written")


def _file(params: Mapping[str, Any], name: str, what: str) -> str:
    try:
        return kayobe_file(params["config"], name)
    except KayobeFileError as error:
        raise KayobeFileError(f"no {what} {error}") from error
