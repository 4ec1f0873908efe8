# SPDX-License-Identifier: Apache-2.0
"""YAML files of an inventory and the variables in them, read without Ansible.

Ansible would require the vault password of every encrypted file.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .located_yaml import LocatedDict, NotYamlError, load

_YAML = (".yml", ".yaml", ".json")
# Suffixes of other files in such directories. A host name may contain any other suffix.
_IGNORED_SUFFIXES = ("~", ".bak", ".cfg", ".md", ".orig", ".pyc", ".retry", ".rst", ".swp", ".txt")
_GROUP_KEYS = {"hosts", "vars", "children"}


@dataclass(frozen=True)
class Variables:
    """The variables of one group or host in one file; `scope` is `all`, `group x` or `host x`."""

    scope: str
    path: Path
    values: LocatedDict


@dataclass(frozen=True)
class FileProblem:
    """A problem with a file as a whole, or with one line of it."""

    path: Path
    line: int
    problem: str
    is_error: bool = True


@dataclass
class InventoryFiles:
    """What was read. A later file of the same scope overrides earlier ones."""

    variables: list[Variables] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)
    read: list[Path] = field(default_factory=list)
    encrypted: list[Path] = field(default_factory=list)


def read_inventory(paths: Iterable[str], known: Collection[str]) -> InventoryFiles:
    """Read inventories, files or directories, with the `group_vars` and `host_vars` beside them.

    A file with one of the `known` variables at the top level is read as variables of all hosts.
    """
    files = InventoryFiles()
    directories = []
    for text in paths:
        path = Path(os.path.expanduser(text))
        if path.is_dir():
            directories.append(path)
            for source in _listed(path, recursive=False):
                _read_source(source, files, known)
        elif path.is_file():
            directories.append(path.parent)
            _read_source(path, files, known)
        elif "," not in text:  # a list of hosts has no files
            files.problems.append(FileProblem(path, 1, "no such file or directory"))
    for directory in dict.fromkeys(directories):
        for kind in ("group", "host"):
            _read_folder(directory / f"{kind}_vars", kind, files)
    return files


def read_file(path: Path, files: InventoryFiles) -> Any:
    """Return the content of a file, None if it is empty or cannot be read.

    The file, or the problem, is added to `files`.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        files.problems.append(FileProblem(path, 1, f"cannot be read: {error}"))
        return None
    if text.startswith("$ANSIBLE_VAULT"):
        files.encrypted.append(path)
        return None
    files.read.append(path)
    try:
        loaded = load(text)
    except NotYamlError as error:
        files.problems.append(FileProblem(path, error.line, str(error)))
        return None
    for line, key, first in loaded.repeated:
        problem = f"{key} overrides the same key in line {first}"
        files.problems.append(FileProblem(path, line, problem, is_error=False))
    return loaded.content


def _listed(directory: Path, recursive: bool) -> Iterator[Path]:
    """Yield the files that Ansible reads: with a YAML suffix, or without a suffix."""
    for path in sorted(directory.iterdir()):
        if path.name.startswith(".") or path.name.endswith("~"):
            continue
        if path.is_dir() and recursive and not path.suffix:
            yield from _listed(path, recursive)
        elif path.is_file() and path.suffix in ("", *_YAML):
            yield path


def _read_source(path: Path, files: InventoryFiles, known: Collection[str]) -> None:
    """Read a file of groups and hosts. Other formats than YAML are skipped."""
    if path.suffix not in _YAML:
        return
    content = read_file(path, files)
    if not isinstance(content, LocatedDict) or "plugin" in content:
        return
    if any(key in known for key in content):
        files.variables.append(Variables("all", path, content))
        return
    for name, group in content.items():
        _read_group(str(name), group, path, files)


def _read_group(name: str, group: Any, path: Path, files: InventoryFiles) -> None:
    if not isinstance(group, LocatedDict):
        return
    for scope, values in [(_scope("group", name), group.get("vars"))]:
        if isinstance(values, LocatedDict):
            files.variables.append(Variables(scope, path, values))
    for kind in _GROUP_KEYS - {"vars"}:
        members = group.get(kind)
        for member, values in members.items() if isinstance(members, LocatedDict) else ():
            if kind == "children":
                _read_group(str(member), values, path, files)
            elif isinstance(values, LocatedDict):
                files.variables.append(Variables(_scope("host", str(member)), path, values))


def _read_folder(directory: Path, kind: str, files: InventoryFiles) -> None:
    """Read a directory of variables.

    For each group or host Ansible reads the directory or the file of its name, else the first file
    with a YAML suffix.
    """
    found: dict[str, list[Path]] = {}
    for entry in sorted(directory.iterdir(), key=_rank) if directory.is_dir() else ():
        if not entry.name.startswith(".") and not entry.name.endswith(_IGNORED_SUFFIXES):
            named = entry.is_dir() or entry.suffix not in _YAML
            found.setdefault(entry.name if named else entry.stem, []).append(entry)
    for name, (chosen, *others) in sorted(found.items()):
        for path in _listed(chosen, recursive=True) if chosen.is_dir() else [chosen]:
            content = read_file(path, files)
            if isinstance(content, LocatedDict):
                files.variables.append(Variables(_scope(kind, name), path, content))
            elif content is not None:
                files.problems.append(FileProblem(path, 1, "must be a mapping of variables"))
        for path in others:
            problem = f"is ignored: Ansible reads {chosen.name} instead"
            files.problems.append(FileProblem(path, 1, problem, is_error=False))


def _rank(path: Path) -> int:
    return _YAML.index(path.suffix) + 1 if path.is_file() and path.suffix in _YAML else 0


def _scope(kind: str, name: str) -> str:
    return name if (kind, name) == ("group", "all") else f"{kind} {name}"
