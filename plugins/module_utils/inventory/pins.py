# SPDX-License-Identifier: Apache-2.0
"""Package pins, short name -> stamp, resolved to package repositories of the inventory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import OperatorError
from .repositories import ItemError, PackageRepository, ParsedInventory
from .selection import closest_names
from .stamp import is_stamp

# Keys of `etc/kayobe/pulp-repo-versions.yml`: prefix, short name, suffix.
KAYOBE_PREFIX = "stackhpc_pulp_repo_"
KAYOBE_SUFFIX = "_version"
# More unknown pins than these are one message without similar names.
MAX_EXPLAINED = 3
_MAX_NAMES = 10


class PinError(OperatorError):
    """Pins that cannot be resolved; the message lists all problems."""


@dataclass(frozen=True)
class Pin:
    """A repository with a stamp; selected by the type, short name and group of the repository."""

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
    """Resolved pins.

    `pins`: in the order of the inventory, active before deprecated repositories; `errors`: malformed
    items that are pinned; `unknown`: sorted short names that the inventory does not have, with one
    warning for all of them.
    """

    pins: list[Pin]
    errors: list[ItemError] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def selected(self, text: str, number: int) -> str:
        """Add the unknown pins to a text such as "selected 4 of 4", of which `number` are selected."""
        if not self.unknown:
            return text
        total = len(self.pins) + len(self.errors) + len(self.unknown)
        return f"selected {number} of {total} pins; {unknown_pins_text(self.unknown)}"


def unknown_pins_text(unknown: Sequence[str]) -> str:
    """Return the number of pins that no repository has, and the first of their names."""
    if not unknown:
        return ""
    more = f" and {len(unknown) - _MAX_NAMES} more" if len(unknown) > _MAX_NAMES else ""
    what = "1 pin has" if len(unknown) == 1 else f"{len(unknown)} pins have"
    return f"{what} no repository in this inventory: {', '.join(unknown[:_MAX_NAMES])}{more}"


def kayobe_variable(short_name: str) -> str:
    """Return the variable of a Kayobe configuration that pins a repository."""
    return f"{KAYOBE_PREFIX}{short_name}{KAYOBE_SUFFIX}"


def package_pins_of_kayobe(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pins among the variables of a Kayobe configuration: short name -> value."""
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
    """Return the sorted short names whose value is null or blank: not pinned yet."""
    return sorted(
        short_name
        for short_name, value in pins.items()
        if value is None or (isinstance(value, str) and not value.strip())
    )


def check_stamps(pins: Mapping[str, Any]) -> None:
    """Raise PinError, naming every pin whose value is not a stamp.

    YAML reads an unquoted stamp as a string; numbers and times have another format.
    """
    problem = _stamp_problem(pins)
    if problem:
        raise PinError(problem)


def _stamp_problem(pins: Mapping[str, Any]) -> str:
    """Return a message that names every pin whose value is not a stamp; empty without one."""
    empty = pins_without_stamp(pins)
    problems = [f"'{short_name}' has no stamp" for short_name in empty]
    for short_name in sorted(set(pins) - set(empty)):
        if not is_stamp(pins[short_name]):
            problems.append(f"'{short_name}' is pinned to '{pins[short_name]}'")
    expected = "expected a stamp YYYYMMDDTHHMMSS, such as 20261120T200001"
    return f"{'; '.join(problems)}: {expected}" if problems else ""


def resolve_pins(
    pins: Mapping[str, Any],
    active: ParsedInventory,
    deprecated: ParsedInventory | None = None,
    strict: bool = False,
) -> ResolvedPins:
    """Resolve pins, short name -> stamp, to the repositories of the inventory.

    A deprecated repository is used if the active list has no item of its short name. A pin of
    neither list is a warning, with `strict` an error. Raises PinError without any pin, for malformed
    stamps, naming the unknown pins, too, and when all pins are unknown.
    """
    if not pins:
        raise PinError("there are no package pins")
    stamp_problem = _stamp_problem(pins)
    deprecated = deprecated or ParsedInventory()
    known = {repository.short_name: repository for repository in active.repositories}
    malformed = [error for error in active.errors if error.short_name in pins]
    taken = {*known, *(error.short_name for error in malformed)}
    for repository in deprecated.repositories:
        if repository.short_name not in taken:
            known.setdefault(repository.short_name, repository)
    malformed += [
        error
        for error in deprecated.errors
        if error.short_name in pins and error.short_name not in taken
    ]
    found = {*known, *(error.short_name for error in malformed)}
    unknown = sorted(short_name for short_name in pins if short_name not in found)
    warnings = [unknown_pins_message(unknown, known, len(pins))] if unknown else []
    if stamp_problem or (unknown and (strict or len(unknown) == len(pins))):
        raise PinError("; ".join(filter(None, [stamp_problem, *warnings])))
    resolved = [
        Pin(repository, str(pins[short_name]))
        for short_name, repository in known.items()
        if short_name in pins
    ]
    return ResolvedPins(resolved, malformed, unknown, warnings)


def unknown_pins_message(unknown: Sequence[str], known: Iterable[str], total: int) -> str:
    """Return one message for all pins that no repository has."""
    if len(unknown) <= MAX_EXPLAINED:
        return "; ".join(unknown_pin_message(short_name, known) for short_name in unknown)
    names = ", ".join(f"'{short_name}'" for short_name in unknown)
    return f"{len(unknown)} of {total} pins have no package repository of that short name: {names}"


def unknown_pin_message(short_name: str, known: Iterable[str]) -> str:
    """Return the message for a pin whose short name is not `known`, with similar names."""
    similar = closest_names(short_name, known)
    hint = f" (nearest: {', '.join(similar)})" if similar else ""
    return f"'{short_name}' is pinned, but no package repository has that short name{hint}"
