# SPDX-License-Identifier: Apache-2.0
"""Pins of packages: short name -> stamp, as a configuration asks for them, resolved to the
repositories of the inventory whose snapshots they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import OperatorError
from .repositories import ItemError, PackageRepository
from .selection import closest_names
from .stamp import is_stamp

# A key of `etc/kayobe/pulp-repo-versions.yml` is prefix, short name, suffix.
KAYOBE_PREFIX = "stackhpc_pulp_repo_"
KAYOBE_SUFFIX = "_version"


class PinError(OperatorError):
    """Pins that cannot be resolved; the message lists everything that is wrong with them."""


@dataclass(frozen=True)
class Pin:
    """One repository at one stamp; selectable by the repository's type, name and group."""

    repository: PackageRepository
    stamp: str

    @property
    def content_type(self) -> str:
        return self.repository.content_type

    @property
    def short_name(self) -> str:
        return self.repository.short_name

    @property
    def sync_group(self) -> str:
        return self.repository.sync_group

    @property
    def snapshot_name(self) -> str:
        return self.repository.snapshot_name(self.stamp)

    @property
    def snapshot_path(self) -> str:
        return self.repository.snapshot_path(self.stamp)


@dataclass(frozen=True)
class ResolvedPins:
    """`pins` in the order of the inventory, active before deprecated repositories; `errors`, the
    malformed items that are pinned; the short names that are `unknown` there, sorted; and a
    warning for each of these."""

    pins: list[Pin]
    errors: list[ItemError] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def kayobe_variable(short_name: str) -> str:
    """The variable of a Kayobe configuration that pins this repository."""
    return f"{KAYOBE_PREFIX}{short_name}{KAYOBE_SUFFIX}"


def package_pins_of_kayobe(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Short name -> value, as it is, of the pins among variables; all others are left out."""
    long_enough = len(KAYOBE_PREFIX) + len(KAYOBE_SUFFIX)
    return {
        key[len(KAYOBE_PREFIX) : -len(KAYOBE_SUFFIX)]: value
        for key, value in variables.items()
        if isinstance(key, str)
        and len(key) > long_enough
        and key.startswith(KAYOBE_PREFIX)
        and key.endswith(KAYOBE_SUFFIX)
    }


def pins_without_stamp(pins: Mapping[str, Any]) -> list[str]:
    """Short names, sorted, whose value is null or blank: known, but not pinned yet."""
    return sorted(
        short_name
        for short_name, value in pins.items()
        if value is None or (isinstance(value, str) and not value.strip())
    )


def check_stamps(pins: Mapping[str, Any]) -> None:
    """Raise PinError naming every pin whose value is not a stamp.

    YAML leaves an unquoted stamp text; a number or a time there was written in another form.
    """
    empty = pins_without_stamp(pins)
    problems = [f"'{short_name}' has no stamp" for short_name in empty]
    for short_name in sorted(set(pins) - set(empty)):
        if not is_stamp(pins[short_name]):
            problems.append(f"'{short_name}' is pinned to '{pins[short_name]}'")
    if problems:
        raise PinError(
            f"{'; '.join(problems)}: expected a stamp YYYYMMDDTHHMMSS, such as 20261120T200001"
        )


def resolve_pins(
    pins: Mapping[str, Any],
    active: Iterable[PackageRepository],
    deprecated: Iterable[PackageRepository] = (),
    errors: Iterable[ItemError] = (),
    deprecated_errors: Iterable[ItemError] = (),
    strict: bool = False,
) -> ResolvedPins:
    """Resolve short name -> stamp against the inventory; active repositories come first.

    `errors` of the parsed lists count where their item is pinned, those of deprecated items only
    where the active list does not have the name. A pin of neither list is reported and skipped,
    with `strict` it is an error. Raises PinError for no pins at all, malformed stamps, and when
    all pins are unknown.
    """
    if not pins:
        raise PinError("there is not a single pin")
    check_stamps(pins)
    known = {repository.short_name: repository for repository in active}
    broken = [error for error in errors if error.short_name in pins]
    taken = {*known, *(error.short_name for error in broken)}
    for repository in deprecated:
        if repository.short_name not in taken:
            known.setdefault(repository.short_name, repository)
    broken += [
        error
        for error in deprecated_errors
        if error.short_name in pins and error.short_name not in taken
    ]
    found = {*known, *(error.short_name for error in broken)}
    unknown = sorted(short_name for short_name in pins if short_name not in found)
    warnings = [unknown_pin_message(short_name, known) for short_name in unknown]
    if unknown and (strict or len(unknown) == len(pins)):
        raise PinError("; ".join(warnings))
    resolved = [
        Pin(repository, str(pins[short_name]))
        for short_name, repository in known.items()
        if short_name in pins
    ]
    return ResolvedPins(resolved, broken, unknown, warnings)


def unknown_pin_message(short_name: str, known: Iterable[str]) -> str:
    """What to say of a pin that belongs to none of the `known` short names."""
    near = closest_names(short_name, known)
    hint = f" (nearest: {', '.join(near)})" if near else ""
    return f"'{short_name}' is pinned, but no package repository has that short name{hint}"
