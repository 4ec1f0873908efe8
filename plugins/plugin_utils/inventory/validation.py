# SPDX-License-Identifier: Apache-2.0
"""Validation of inventory files: findings about the variables of packages and images, with lines."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...module_utils.errors import redact
from ...module_utils.inventory.client_validation import (
    CLIENT_VARIABLES,
    check_client_lists,
    client_repositories,
)
from ...module_utils.inventory.pins import kayobe_variable, package_pins_of_kayobe
from ...module_utils.inventory.validation import (
    ERROR,
    LISTS,
    VARIABLES,
    WARNING,
    Finding,
    check_pins,
    check_variables,
    short_names,
)
from ...module_utils.kayobe.config import (
    CLIENT_LISTS_FILE,
    PACKAGE_PINS_FILE,
    KayobeFileError,
    kayobe_file,
)
from .files import InventoryFiles, Variables, read_file, read_inventory
from .located_yaml import LocatedDict, line_of

_ACTIVE = tuple(name for name, (_type, deprecated) in LISTS.items() if not deprecated)


@dataclass(frozen=True, order=True)
class LocatedFinding:
    """A finding with its file and line (from 1). Errors sort before warnings."""

    severity: str
    file: str
    line: int
    item: str
    problem: str

    @property
    def text(self) -> str:
        mark = "" if self.severity == ERROR else f"{self.severity}: "
        return f"{self.file}:{self.line}: {mark}{self.item}: {self.problem}"

    @property
    def result(self) -> dict[str, Any]:
        """The finding as a module result; only errors count as failures."""
        is_error = self.severity == ERROR
        return {
            "name": self.item,
            "type": "finding",
            "action": "failed" if is_error else "unchanged",
            "changed": False,
            "error": self.problem if is_error else "",
            **{key: getattr(self, key) for key in ("severity", "file", "line", "problem")},
        }


@dataclass(frozen=True)
class Validation:
    """All findings, and the numbers of repositories and files that were read.

    `notes`: what was not checked.
    """

    findings: list[LocatedFinding]
    repositories: int
    files: int
    encrypted: list[str]
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> int:
        return sum(1 for finding in self.findings if finding.severity == ERROR)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors

    @property
    def text(self) -> list[str]:
        """A line for each finding, the counts last."""
        lines = [finding.text for finding in self.findings]
        secret = f", {len(self.encrypted)} encrypted not read" if self.encrypted else ""
        counts = f"{_count(self.errors, 'error')}, {_count(self.warnings, 'warning')}"
        checked = f"{_count(self.repositories, 'repository')} in {_count(self.files, 'file')}"
        return [*lines, *self.notes, f"{counts}: {checked}{secret}"]


@dataclass(frozen=True)
class _Scope:
    """The variables of one group or host, and the file that sets each of them."""

    values: dict[str, Any]
    sources: dict[str, Variables]


def validate_inventory(
    paths: Iterable[str], kayobe_config: str = "", strict: bool = False
) -> Validation:
    """Validate inventories (files or directories) and the pins of a Kayobe configuration, if given.

    The variables of each group and host are validated together with those for all hosts. `strict`:
    an unknown key that is close to a known one is an error.
    """
    sources = list(paths)
    files = read_inventory(sources, VARIABLES)
    scopes, found = _scopes(files.variables)
    pins: Variables | None = None
    if kayobe_config:
        pins = _read_pins(kayobe_config, files, found)
    pinned = package_pins_of_kayobe(pins.values) if pins else {}
    lists = _read_client_lists(kayobe_config, files) if kayobe_config else None
    own = client_repositories(lists.values) if lists else {}
    is_client = bool(own) and not any(name in scope.values for scope in scopes for name in _ACTIVE)
    for scope in scopes:
        for finding in check_variables(scope.values, pinned):
            if strict and finding.misspelt:
                finding = replace(finding, severity=ERROR)
            found.add(_located(finding, scope.sources))
    if not is_client and not any(name in scope.values for scope in scopes for name in _ACTIVE):
        problem = f"has neither {' nor '.join(_ACTIVE)}: specify other files or directories"
        found.add(LocatedFinding(ERROR, ", ".join(map(_shown, sources)), 1, "inventory", problem))
    if pins:
        found |= set(_check_pins(pins, scopes, is_client))
    if lists:
        for finding in check_client_lists(lists.values):
            found.add(_located(finding, dict.fromkeys(CLIENT_VARIABLES, lists)))
    for file in files.problems:
        severity = ERROR if file.is_error else WARNING
        found.add(LocatedFinding(severity, _shown(file.path), file.line, "file", file.problem))
    items = {
        id(item)
        for scope in scopes
        for name in LISTS
        for value in [scope.values.get(name)]
        for item in (value if isinstance(value, list) else [])
    }
    encrypted = [_shown(path) for path in files.encrypted]
    number = sum(own.values()) if is_client else len(items)
    notes = (_client_note(own),) if is_client else ()
    return Validation(sorted(found), number, len(files.read), encrypted, notes)


def _client_note(lists: Mapping[str, int]) -> str:
    """Return what is not checked for a client, whose lists are evaluated only when it is synced."""
    counts = ", ".join(f"{number} of {name}" for name, number in lists.items())
    return (
        f"the inventory has no lists of package repositories: checked the items of the client ({counts}) "
        "for repeated names; not checked: their templates and URLs, whether each pin has a repository, "
        "images"
    )


def _scopes(variables: Iterable[Variables]) -> tuple[list[_Scope], set[LocatedFinding]]:
    """Return a scope for all hosts, and one for each group or host with own variables.

    The findings are variables that are set twice in the same scope.
    """
    by_name: dict[str, dict[str, Variables]] = {"all": {}}
    found = set()
    for source in variables:
        own = by_name.setdefault(source.scope, {})
        for name in source.values:
            if name in VARIABLES:
                if name in own:
                    where = f"{_shown(source.path)}:{line_of(source.values, (name,))}"
                    problem = f"is ignored: {where} overrides it"
                    found.add(_at((name,), name, problem, own[name]))
                own[name] = source
    for_all = by_name.pop("all")
    merged = [for_all, *({**for_all, **own} for own in by_name.values() if own)]
    scopes = [
        _Scope({name: source.values[name] for name, source in one.items()}, one) for one in merged
    ]
    return scopes, found


def _at(
    place: tuple[Any, ...], item: str, problem: str, source: Variables, severity: str = WARNING
) -> LocatedFinding:
    line = line_of(source.values, place)
    return LocatedFinding(severity, _shown(source.path), line, item, redact(problem))


def _located(finding: Finding, sources: dict[str, Variables]) -> LocatedFinding:
    problem = finding.problem
    if finding.other:
        other = sources[str(finding.other[0])]
        problem += f" ({_shown(other.path)}:{line_of(other.values, finding.other)})"
    source = sources[str(finding.place[0])]
    return _at(finding.place, finding.item, problem, source, finding.severity)


def _read_pins(root: str, files: InventoryFiles, found: set[LocatedFinding]) -> Variables | None:
    """Return the variables of the file of package pins of a Kayobe configuration, if it has one.

    Adds what is wrong with the file to `found`.
    """
    try:
        path = Path(kayobe_file(root, PACKAGE_PINS_FILE))
    except KayobeFileError as error:
        problem = f"no package pins {error}"
        found.add(LocatedFinding(ERROR, _shown(root), 1, PACKAGE_PINS_FILE, problem))
        return None
    content = read_file(path, files)
    if isinstance(content, LocatedDict):
        return Variables("all", path, content)
    problem = "expected a mapping of variables"
    found.add(LocatedFinding(ERROR, _shown(path), 1, PACKAGE_PINS_FILE, problem))
    return None


def _read_client_lists(root: str, files: InventoryFiles) -> Variables | None:
    """Return the variables of the file with the lists of a client, if a configuration has it."""
    try:
        path = Path(kayobe_file(root, CLIENT_LISTS_FILE))
    except KayobeFileError:
        return None
    content = read_file(path, files) if path.is_file() else None
    return Variables("all", path, content) if isinstance(content, LocatedDict) else None


def _check_pins(
    source: Variables, scopes: list[_Scope], is_client: bool = False
) -> Iterator[LocatedFinding]:
    """Validate the package pins of a Kayobe configuration; of a client, only their form."""
    pins = package_pins_of_kayobe(source.values)
    if not pins:
        problem = f"no pins, expected {kayobe_variable('<short name>')} keys"
        yield LocatedFinding(ERROR, _shown(source.path), 1, PACKAGE_PINS_FILE, problem)
    known: set[str] | None = None if is_client else set()
    for scope in scopes:
        names = short_names(scope.values)
        known = None if known is None or names is None else known | names
    for finding in check_pins(pins, known, (), kayobe_variable, empty=WARNING):
        yield _at(finding.place, finding.item, finding.problem, source, finding.severity)


def _shown(path: Path | str) -> str:
    """Return a path relative to the current directory if it is below it, else absolute."""
    relative = os.path.relpath(path)
    return os.path.abspath(path) if relative.startswith("..") else relative


def _count(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
