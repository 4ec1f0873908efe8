# SPDX-License-Identifier: Apache-2.0
"""A YAML loader that keeps the lines of keys and items.

Encrypted values and values with an unknown tag are loaded as a template, `{{ !vault }}`: they are
set, but their content is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml


class NotYamlError(Exception):
    """A text that is not YAML; `line` is the line of the error, from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class LocatedDict(dict):
    """A mapping; `lines` maps each key to its line, from 1."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Any, int] = {}


class LocatedList(list):
    """A list; `lines` maps each index to its line, from 1."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Any, int] = {}


@dataclass(frozen=True)
class Loaded:
    """The content of a text, and its duplicate keys as (line, key, line of the first one)."""

    content: Any
    repeated: list[tuple[int, str, int]]


class _Loader(yaml.SafeLoader):
    """The loader of one text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeated: list[tuple[int, str, int]] = []


def load(text: str) -> Loaded:
    """Load a text with at most one document. Raises NotYamlError."""
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
    """Return the line of the deepest key or index of `place` that exists, 1 if none does."""
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
