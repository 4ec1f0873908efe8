# SPDX-License-Identifier: Apache-2.0
"""JSON Schema of the release lock, and a validator of the keywords that it uses.

docs/release-lock.schema.json has the same schema for other programs. All text of a lock is printable
ASCII, so that it has one canonical form.

Source of the format: https://json-schema.org/draft/2020-12/json-schema-validation
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Callable, NamedTuple

from ..errors import redact_url
from ..text import printable

LOCK_VERSION = 1
MAX_PROBLEMS = 100
_MAX_SHOWN = 80
_MAX_INTEGER = 2**63 - 1

# "$" of Python also matches before a line feed at the end.
_END = r"$(?!\n)"
_HOST = r"[A-Za-z0-9\[][A-Za-z0-9._:\[\]-]*"
_USER = r"[A-Za-z0-9_][A-Za-z0-9_.-]*@"
_SEGMENT = "[A-Za-z0-9._+~:@=,-]+"
# Printable, without "?" and "#": the query of a URL may have a token.
_LOCATION = '[!-"$->@-~]+'


def _time(dash: str, colon: str) -> str:
    """Return the pattern of a time with the separators of its day and its hour."""
    day = dash.join(["[0-9]{4}", "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"])
    return f"{day}T{colon.join(['([01][0-9]|2[0-3])', '[0-5][0-9]', '[0-5][0-9]'])}"


def _text(title: str, pattern: str, length: int) -> dict[str, Any]:
    """Return the schema of a text; errors report "... is not <title>"."""
    return {"title": title, "type": "string", "maxLength": length, "pattern": f"^{pattern}{_END}"}


def _mapping(keys: str, values: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    """Return the schema of a mapping with any number of keys."""
    return {
        "type": "object",
        "propertyNames": _reference(keys),
        "additionalProperties": values,
        **keywords,
    }


def _record(properties: dict[str, Any], optional: Sequence[str] = ()) -> dict[str, Any]:
    """Return the schema of a mapping with known keys."""
    return {
        "type": "object",
        "required": sorted(set(properties) - set(optional)),
        "additionalProperties": False,
        "properties": properties,
    }


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _integer(maximum: int = _MAX_INTEGER) -> dict[str, Any]:
    return {"type": "integer", "minimum": 0, "maximum": maximum}


_DEFINITIONS: dict[str, Any] = {
    "name": _text(
        "a name of at most 128 letters, digits, '.', '_' and '-'",
        "[A-Za-z0-9_][A-Za-z0-9._-]*",
        128,
    ),
    "shortName": _text(
        "a name of letters, digits, '.', '_', '+', '~' and '-'",
        "[A-Za-z0-9_][A-Za-z0-9._+~-]*",
        255,
    ),
    "imageName": _text(
        "the name of a container image",
        "[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*",
        255,
    ),
    "relativePath": _text(
        "a relative path without '.', '..', empty parts and special characters",
        rf"(?![~-])(?!(.*/)?\.\.?(/|$)){_SEGMENT}(/{_SEGMENT})*",
        1024,
    ),
    "stamp": _text("a stamp: expected YYYYMMDDTHHMMSS (UTC)", _time("", ""), 15),
    "time": _text("a time: expected YYYY-MM-DDTHH:MM:SSZ (UTC)", _time("-", ":") + "Z", 20),
    "digest": _text(
        "a digest: expected sha256: and 64 lower-case hexadecimal digits", "sha256:[0-9a-f]{64}", 71
    ),
    "sha256": _text("a sha256: expected 64 lower-case hexadecimal digits", "[0-9a-f]{64}", 64),
    "commit": _text(
        "a commit: expected 40 or 64 lower-case hexadecimal digits",
        "([0-9a-f]{40}|[0-9a-f]{64})",
        64,
    ),
    "ref": _text("a git ref", r"(?![-/.])(?!.*(\.\.|//|@\{))[A-Za-z0-9._/+@#=,-]+", 255),
    "pulpUrl": _text(
        "an http or https URL without credentials, query and fragment",
        rf"https?://{_HOST}(/[A-Za-z0-9._~/-]*)?",
        2048,
    ),
    "url": _text(
        "an http or https URL without credentials", rf"https?://{_HOST}([/?#][!-~]*)?", 2048
    ),
    "repositoryUrl": _text(
        "the URL of a git repository (https, http, ssh, file, user@host:path) without password and "
        "query, or an absolute path",
        rf"(https?://{_HOST}/{_LOCATION}|ssh://({_USER})?{_HOST}/{_LOCATION}"
        rf"|file:///{_LOCATION}|/{_LOCATION}|{_USER}{_HOST}:(?!-){_LOCATION})",
        2048,
    ),
    "account": _text("one line of printable ASCII characters", "[!-~][ -~]*", 200),
    "repository": _record(
        {
            "stamp": _reference("stamp"),
            "base_path": _reference("relativePath"),
            "metadata": _mapping("relativePath", _reference("digest"), minProperties=1),
            "packages": _record({"count": _integer(), "digest": _reference("digest")}),
        },
        optional=["packages"],
    ),
    "repositories": _mapping("shortName", _reference("repository")),
    "packageRepositories": _mapping(
        "shortName", {"$ref": "#/$defs/repository", "required": ["packages"]}
    ),
    "tags": _mapping("name", _reference("digest"), minProperties=1),
    "image": _record(
        {
            "version": _reference("shortName"),
            "base_path": _reference("relativePath"),
            "files": _mapping(
                "relativePath",
                _record({"sha256": _reference("sha256"), "size": _integer()}),
                minProperties=1,
            ),
        }
    ),
    "checkout": _record(
        {
            "repository": _reference("repositoryUrl"),
            "ref": _reference("ref"),
            "commit": _reference("commit"),
        }
    ),
    "evidence": _record(
        {
            "name": _reference("name"),
            "result": {"type": "string", "enum": ["passed", "failed"]},
            "url": _reference("url"),
            "digest": _reference("digest"),
            "recorded": _reference("time"),
            "by": _reference("account"),
        },
        optional=["url", "by"],
    ),
}

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Release lock of stackhpc.release_train",
    **_record(
        {
            "lock_version": {"type": "integer", "const": LOCK_VERSION},
            "name": _reference("name"),
            "source": _record(
                {"pulp": _reference("pulpUrl"), "configuration": _reference("checkout")},
                optional=["configuration"],
            ),
            "packages": _record(
                {
                    "rpm": _reference("packageRepositories"),
                    "deb": _reference("packageRepositories"),
                    "file": _reference("repositories"),
                    "python": _reference("repositories"),
                },
                optional=["rpm", "deb", "file", "python"],
            ),
            "containers": _mapping("imageName", _reference("tags")),
            "images": _mapping("shortName", _reference("image")),
            "sources": _mapping("shortName", _reference("checkout")),
            "evidence": {"type": "array", "maxItems": 10000, "items": _reference("evidence")},
        }
    ),
    "$defs": _DEFINITIONS,
}


class _Place(NamedTuple):
    """A value of a document with its path, and the schema that has the definitions."""

    value: Any
    path: str
    root: Mapping[str, Any]

    def below(self, key: Any) -> _Place:
        """Return the value of a key or index."""
        if isinstance(key, int):
            path = f"{self.path}[{key}]"
        elif re.fullmatch(r"[A-Za-z0-9_-]{1,100}", key):
            path = f"{self.path}.{key}" if self.path else key
        else:
            path = f"{self.path}[{shown_value(key)}]"
        return _Place(self.value[key], path, self.root)


def problems(document: Any, schema: Mapping[str, Any] = SCHEMA) -> list[str]:
    """Return what a document (as of JSON) violates, each with its path; at most MAX_PROBLEMS.

    Raises ValueError for a keyword of a schema that is not supported. Unlike in JSON Schema, a number
    with a fraction of zero (1.0) is not an integer, because it has another canonical form.
    """
    return list(islice(_problems(_Place(document, "", schema), schema), MAX_PROBLEMS))


def shown_value(value: Any) -> str:
    """Return a value as it may be shown in an error: one line, bounded, without credentials."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, str) and re.search(":.*@", value):
        value = redact_url(value)
    # Letters outside of ASCII are escaped: none is valid, and some look like others.
    text = json.dumps(value if isinstance(value, (str, int, float, type(None))) else str(value))
    text = printable(text)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."


def _problems(place: _Place, schema: Mapping[str, Any]) -> Iterator[str]:
    if not _has_type(place.value, schema.get("type")):
        yield _problem(place, f"{shown_value(place.value)} is not {_TYPES[schema['type']].title}")
        return
    for keyword, argument in schema.items():
        if keyword in _KEYWORDS:
            yield from _KEYWORDS[keyword](place, argument, schema)
        elif keyword not in _OTHER_KEYWORDS:
            raise ValueError(f"unsupported keyword {keyword}")


def _problem(place: _Place, text: str) -> str:
    return f"{place.path or 'the lock'}: {text}"


class _Type(NamedTuple):
    title: str
    classes: tuple[type, ...]


_TYPES = {
    "object": _Type("a mapping", (dict,)),
    "array": _Type("a list", (list,)),
    "string": _Type("text (numbers, dates and truth values need quotes)", (str,)),
    "integer": _Type("a whole number", (int,)),
}


def _has_type(value: Any, name: str | None) -> bool:
    if name is None:
        return True
    return isinstance(value, _TYPES[name].classes) and not isinstance(value, bool)


def _reference_problems(place: _Place, argument: str, _schema: Any) -> Iterator[str]:
    definition = place.root
    for part in argument.partition("#/")[2].split("/"):
        definition = definition[part]
    yield from _problems(place, definition)


def _const_problems(place: _Place, argument: Any, _schema: Any) -> Iterator[str]:
    if type(place.value) is not type(argument) or place.value != argument:
        yield _problem(place, f"{shown_value(place.value)} is not {json.dumps(argument)}")


def _enum_problems(place: _Place, argument: list[str], _schema: Any) -> Iterator[str]:
    if place.value not in argument:
        yield _problem(place, f"{shown_value(place.value)} is not one of {', '.join(argument)}")


def _pattern_problems(place: _Place, argument: str, schema: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(place.value, str):
        return
    # A long text is not searched: maxLength reports it.
    is_short = len(place.value) <= schema.get("maxLength", _MAX_INTEGER)
    if is_short and not re.search(argument, place.value):
        title = schema.get("title", f"text of the form {argument}")
        yield _problem(place, f"{shown_value(place.value)} is not {title}")


def _length_problems(place: _Place, argument: int, _schema: Any) -> Iterator[str]:
    if isinstance(place.value, str) and len(place.value) > argument:
        yield _problem(place, f"{shown_value(place.value)} has more than {argument} characters")


def _range_problems(place: _Place, argument: int, schema: Mapping[str, Any]) -> Iterator[str]:
    low, high = schema.get("minimum", -_MAX_INTEGER), schema.get("maximum", _MAX_INTEGER)
    if _has_type(place.value, "integer") and not low <= place.value <= high:
        yield _problem(place, f"{shown_value(place.value)} is not between {low} and {high}")


def _required_problems(place: _Place, argument: list[str], _schema: Any) -> Iterator[str]:
    if isinstance(place.value, dict):
        for key in argument:
            if key not in place.value:
                yield _problem(place, f"the key {key} is missing")


def _size_problems(place: _Place, argument: int, _schema: Any) -> Iterator[str]:
    if isinstance(place.value, dict) and len(place.value) < argument:
        yield _problem(place, f"expected at least {argument} entry")


def _property_problems(place: _Place, argument: Mapping[str, Any], _schema: Any) -> Iterator[str]:
    if isinstance(place.value, dict):
        for key, schema in argument.items():
            if key in place.value:
                yield from _problems(place.below(key), schema)


def _additional_problems(place: _Place, argument: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(place.value, dict):
        return
    known = schema.get("properties", {})
    for key in place.value:
        if key in known:
            continue
        if argument is False:
            yield _problem(place, f"unknown key {shown_value(key)}")
        elif isinstance(key, str):
            yield from _problems(place.below(key), argument)


def _name_problems(place: _Place, argument: Mapping[str, Any], _schema: Any) -> Iterator[str]:
    if isinstance(place.value, dict):
        for key in place.value:
            if isinstance(key, str):
                yield from _problems(_Place(key, place.path, place.root), argument)
            else:
                yield _problem(place, f"the key {shown_value(key)} is not text")


def _item_problems(place: _Place, argument: Mapping[str, Any], _schema: Any) -> Iterator[str]:
    if isinstance(place.value, list):
        for index in range(len(place.value)):
            yield from _problems(place.below(index), argument)


def _count_problems(place: _Place, argument: int, _schema: Any) -> Iterator[str]:
    if isinstance(place.value, list) and len(place.value) > argument:
        yield _problem(place, f"has more than {argument} entries")


_KEYWORDS: dict[str, Callable[[_Place, Any, Mapping[str, Any]], Iterator[str]]] = {
    "$ref": _reference_problems,
    "additionalProperties": _additional_problems,
    "const": _const_problems,
    "enum": _enum_problems,
    "items": _item_problems,
    "maxItems": _count_problems,
    "maxLength": _length_problems,
    "minProperties": _size_problems,
    "minimum": _range_problems,
    "pattern": _pattern_problems,
    "properties": _property_problems,
    "propertyNames": _name_problems,
    "required": _required_problems,
}
# "minimum" checks "maximum", too.
_OTHER_KEYWORDS = {"$defs", "$schema", "maximum", "title", "type"}
