# SPDX-License-Identifier: Apache-2.0
"""YAML that knows where it came from: the lines of keys and items, without any password.

What is encrypted, or has a tag that nobody knows, is read as a template: a value that is there, and
cannot be known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml


class NotYamlError(Exception):
    """Text that is no YAML; `line` is where, from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class LocatedDict(dict):
    """A mapping; `lines` has the line of each key, from 1."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Any, int] = {}


class LocatedList(list):
    """A list; `lines` has the line of each item, from 1."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Any, int] = {}


@dataclass(frozen=True)
class Loaded:
    """What a text holds, and the keys that one of its mappings has twice: line, key, first line."""

    content: Any
    repeated: list[tuple[int, str, int]]


class _Loader(yaml.SafeLoader):
    """Reads one text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeated: list[tuple[int, str, int]] = []


def load(text: str) -> Loaded:
    """Read a text with one document or none. Raises NotYamlError."""
    try:
        loader = _Loader(text)
        content = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise NotYamlError(f"not YAML: {error.problem or error.context}", line) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotYamlError(f"not YAML: {error}", 1) from error
    return Loaded(content, loader.repeated)


def line_of(content: Any, place: tuple[Any, ...]) -> int:
    """The line of the last key or position of `place` that is there, 1 where none is."""
    line = 1
    for part in place:
        lines = getattr(content, "lines", {})
        if part not in lines:
            break
        line, content = lines[part], content[part]
    return line


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Iterator[LocatedDict]:
    found = LocatedDict()
    yield found
    first: dict[str, int] = {}
    for key_node, _value_node in node.value:
        if isinstance(key_node, yaml.ScalarNode):
            line = key_node.start_mark.line + 1
            if key_node.value in first:
                loader.repeated.append((line, key_node.value, first[key_node.value]))
            first.setdefault(key_node.value, line)
    loader.flatten_mapping(node)
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        try:
            found[key] = loader.construct_object(value_node, deep=True)
        except TypeError:
            mark = key_node.start_mark
            raise yaml.constructor.ConstructorError(None, None, "found no key", mark) from None
        found.lines[key] = key_node.start_mark.line + 1


def _sequence(loader: _Loader, node: yaml.SequenceNode) -> Iterator[LocatedList]:
    found = LocatedList()
    yield found
    for position, item in enumerate(node.value):
        found.append(loader.construct_object(item, deep=True))
        found.lines[position] = item.start_mark.line + 1


def _unknown(loader: _Loader, node: yaml.Node) -> str:
    if node.tag == "!unsafe" and isinstance(node, yaml.ScalarNode):
        return str(loader.construct_scalar(node))
    return f"{{{{ {node.tag} }}}}"


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:seq", _sequence)
_Loader.add_constructor(None, _unknown)
