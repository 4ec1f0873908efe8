# SPDX-License-Identifier: Apache-2.0
"""Write pins of packages, container images and disk images into the files of a Kayobe
configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import OperatorError
from ..files import read_text_file, replace_text_file
from .config import (
    CONTAINER_IMAGE_PINS,
    DISK_IMAGE_PINS,
    PACKAGE_PINS_FILE,
    KayobeFileError,
    kayobe_file,
)
from .image_pins import TagUpdate, update_container_image_tags, update_disk_image_versions
from .package_pins import (
    PinChange,
    count_other_pins,
    report_lines,
    select_package_pins,
    update_package_pins,
)

# The options of module kayobe_pins, besides those that select package repositories.
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
class _FileEdit:
    """The text of one file before and after the run, and the change of each pin."""

    path: str
    before: str
    after: str
    changes: list[PinChange]
    selected: str = ""
    others: int = 0

    @property
    def changed(self) -> bool:
        return self.after != self.before

    def diff(self) -> dict[str, str]:
        headers = {"before_header": self.path, "after_header": self.path}
        return {**headers, "before": self.before, "after": self.after}


def update_configuration(
    params: Mapping[str, Any], write: bool
) -> tuple[dict[str, Any], list[str]]:
    """Carry out module kayobe_pins; returns what the module returns, and warnings.

    All files are checked before the first one is written. Raises OperatorError.
    """
    _check_options(params)
    edits: list[_FileEdit] = []
    warnings: list[str] = []
    if params["package_versions"] is not None:
        edit, warnings = _edit_package_pins(params)
        edits.append(edit)
    if params["image_tag"]:
        edits.append(_edit_container_image_tags(params))
    if params["image_version"]:
        edits.append(_edit_disk_image_versions(params))
    if write:
        for edit in edits:
            if edit.changed:
                replace_text_file(edit.path, edit.before, edit.after)
    changes = [change for edit in edits for change in edit.changes]
    older = [change.name for change in changes if change.action == "older"]
    if older:
        warnings = [*warnings, f"the new stamps of these pins are OLDER: {', '.join(older)}"]
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
            for line in report_lines(edit.changes, edit.path, edit.selected, write, edit.others)
        ],
        "diff": diffs[0] if len(diffs) == 1 else diffs or {},
    }
    return answer, warnings


def _check_options(params: Mapping[str, Any]) -> None:
    """Raise OperatorError for options without the one that they belong to, or without any pin."""
    problems = [
        f"{name} requires {other}"
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
            "there is nothing to pin: give package_versions, image_tag or image_version"
        )
    if problems:
        raise OperatorError("; ".join(problems))


def _edit_package_pins(params: Mapping[str, Any]) -> tuple[_FileEdit, list[str]]:
    path = _path(params, PACKAGE_PINS_FILE, "package pins")
    pins, selected, warnings = select_package_pins(params)
    edit = _edit(path, lambda text: update_package_pins(text, pins, params["add"]), selected)
    return replace(edit, others=count_other_pins(edit.before, pins)), warnings


def _edit_container_image_tags(params: Mapping[str, Any]) -> _FileEdit:
    path = _path(params, CONTAINER_IMAGE_PINS, "container image tags")
    update = TagUpdate(
        params["image_tag"], params["image_keys"], params["image_reset"], params["add"]
    )
    return _edit(path, lambda text: update_container_image_tags(text, update))


def _edit_disk_image_versions(params: Mapping[str, Any]) -> _FileEdit:
    path = _path(params, DISK_IMAGE_PINS, "disk image versions")
    version, names = params["image_version"], params["image_names"]
    return _edit(path, lambda text: update_disk_image_versions(text, version, names))


def _edit(
    path: str, update: Callable[[str], tuple[str, list[PinChange]]], selected: str = ""
) -> _FileEdit:
    before = read_text_file(path)
    try:
        after, changes = update(before)
    except OperatorError as error:
        raise OperatorError(f"{path}: {error}. Nothing was written") from error
    return _FileEdit(path, before, after, changes, selected)


def _path(params: Mapping[str, Any], name: str, what: str) -> str:
    try:
        return kayobe_file(params["config"], name)
    except KayobeFileError as error:
        raise KayobeFileError(f"no {what} {error}") from None
