# SPDX-License-Identifier: Apache-2.0
"""Release locks: read and validate, write deterministically, and compute their digest.

A lock is YAML with mappings, lists, text and whole numbers (see schema.py). The reader works on the
events of a YAML parser and constructs no objects. It refuses everything that two programs may read
differently: anchors and aliases, tags, duplicate keys, and unquoted dates, numbers and truth values
where text is meant.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from ..errors import OperatorError
from .schema import LOCK_VERSION, problems, shown_value

try:
    import yaml
except ImportError:
    HAS_YAML = False
else:
    HAS_YAML = True

MAX_BYTES = 16 * 1024 * 1024
# A valid lock has a depth of 6.
_MAX_DEPTH = 16
_MAX_VALUES = 1_000_000
_SHOWN_PROBLEMS = 20
_EVIDENCE = "evidence"
_INTEGER = re.compile("0|-?[1-9][0-9]{0,18}")
_PLAIN = re.compile("[A-Za-z][A-Za-z0-9_./-]*")
# Words that YAML 1.1 reads as a truth value or null.
_WORDS = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})
_STAMP_FORMAT = "%Y%m%dT%H%M%S"
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_TAG_PREFIX = "tag:yaml.org,2002:"


class LockError(OperatorError):
    """A lock that cannot be read, is invalid, or does not fulfil what is required of it."""


def new_lock(name: str, source: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a lock without evidence, validated.

    `content` has the keys `packages`, `containers`, `images` and `sources`, all optional. Raises
    LockError.
    """
    lock: dict[str, Any] = {
        "packages": {},
        "containers": {},
        "images": {},
        "sources": {},
        **content,
        "lock_version": LOCK_VERSION,
        "name": name,
        "source": source,
        _EVIDENCE: [],
    }
    validate(lock, "the new lock")
    # A copy without subclasses, such as those of Ansible.
    return json.loads(json.dumps(lock))


def load_lock(path: str) -> tuple[bytes, dict[str, Any]]:
    """Return the bytes of a lock file and the lock in it, without verifying its signature.

    Raises LockError. See `load_verified_lock` in signature.py.
    """
    content = read_bytes(path, MAX_BYTES)
    return content, read_lock(content, path)


def read_bytes(path: str, limit: int) -> bytes:
    """Return the content of a regular file of at most `limit` bytes. Raises LockError."""
    try:
        # Opening a FIFO would wait for a writer.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise LockError(f"{path}: cannot be read: it is not a regular file")
            content = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LockError(f"{path}: cannot be read: {reason}") from error
    if len(content) > limit:
        raise LockError(f"{path}: cannot be read: it has more than {limit} bytes")
    return content


def read_lock(text: bytes, source: str) -> dict[str, Any]:
    """Return the lock in a YAML text; `source` names the text in errors.

    Raises LockError if it is not YAML, not valid, or of another version.
    """
    if len(text) > MAX_BYTES:
        raise LockError(f"{source}: cannot be read: it has more than {MAX_BYTES} bytes")
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LockError(f"{source}: is not a lock: byte {error.start + 1} is not UTF-8") from error
    if not HAS_YAML:
        raise LockError(
            f"the Python library 'PyYAML' is missing for {sys.executable}: install it there, or "
            "set ansible_python_interpreter: '{{ ansible_playbook_python }}'"
        )
    try:
        lock = _Reader(decoded, source).read()
    except (yaml.YAMLError, ValueError) as error:
        raise LockError(f"{source}: is not YAML: {_yaml_problem(error)}") from error
    validate(lock, source)
    return lock


def validate(lock: Any, source: str) -> None:
    """Validate a lock in memory. Raises LockError with all problems, the first 20 in full."""
    if not isinstance(lock, dict) or "lock_version" not in lock:
        raise LockError(f"{source}: is not a release lock: the key lock_version is missing")
    version = lock["lock_version"]
    if isinstance(version, int) and not isinstance(version, bool) and version != LOCK_VERSION:
        raise LockError(
            f"{source}: lock_version {shown_value(version)} is not supported: this version of "
            f"stackhpc.release_train reads lock_version {LOCK_VERSION}. Install the version of "
            "the collection that wrote the lock, or a later one"
        )
    found = problems(lock) or _time_problems(lock)
    if found:
        more = f" (and {len(found) - _SHOWN_PROBLEMS} more)" if found[_SHOWN_PROBLEMS:] else ""
        raise LockError(
            f"{source}: is not a valid lock: {'; '.join(found[:_SHOWN_PROBLEMS])}{more}"
        )


def write_lock(lock: Mapping[str, Any]) -> bytes:
    """Return a lock as YAML: equal locks have equal bytes. Raises LockError if it is invalid."""
    validate(lock, "the lock to write")
    lines = ["---"]
    _write_mapping(lock, "", lines)
    return ("\n".join(lines) + "\n").encode("ascii")


def lock_digest(lock: Mapping[str, Any]) -> str:
    """Return the digest of a valid lock: "sha256:" and hexadecimal digits.

    It is computed over everything except the evidence, as JSON with sorted keys and without
    blanks.
    """
    content = {key: value for key, value in lock.items() if key != _EVIDENCE}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode('utf-8')).hexdigest()}"


def _time_problems(lock: Mapping[str, Any]) -> list[str]:
    """Return stamps and times of a lock that match their pattern and do not exist."""
    places = [
        (f"packages.{content_type}.{name}.stamp", entry["stamp"], _STAMP_FORMAT)
        for content_type, entries in lock["packages"].items()
        for name, entry in entries.items()
    ]
    places += [
        (f"{_EVIDENCE}[{index}].recorded", record["recorded"], _TIME_FORMAT)
        for index, record in enumerate(lock[_EVIDENCE])
    ]
    return [
        f"{path}: {shown_value(value)} is a date that does not exist"
        for path, value, form in places
        if not _exists(value, form)
    ]


def _exists(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _yaml_problem(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    text = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return f"line {mark.line + 1}: {text}" if mark else text


def _write_mapping(mapping: Mapping[str, Any], indent: str, lines: list[str]) -> None:
    for key in sorted(mapping):
        _write_value(f"{indent}{_scalar(key)}:", mapping[key], indent, lines)


def _write_value(start: str, value: Any, indent: str, lines: list[str]) -> None:
    if isinstance(value, Mapping):
        lines.append(start if value else f"{start} {{}}")
        _write_mapping(value, f"{indent}  ", lines)
    elif isinstance(value, list):
        lines.append(start if value else f"{start} []")
        for item in value:
            first = len(lines)
            _write_mapping(item, f"{indent}    ", lines)
            lines[first] = f"{indent}  - {lines[first].lstrip(' ')}"
    else:
        lines.append(f"{start} {_scalar(value)}")


def _scalar(value: str | int) -> str:
    """Return a whole number, or ASCII text: quoted unless it begins with a letter and is harmless."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value)


class _Reader:
    """Builds the content of one YAML document from the events of a parser."""

    def __init__(self, text: str, source: str) -> None:
        # Two parsers with the same events; libyaml is faster by a factor of 10.
        self._loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        self._source = source
        self._values = 0

    def read(self) -> Any:
        """Return the content of the only document. Raises LockError, and errors of the parser."""
        try:
            event = self._next("StreamStart", "DocumentStart")
            if type(event).__name__ == "StreamEndEvent":
                self._fail(event, "the text is empty")
            value = self._value(event, 0)
            event = self._next("DocumentEnd")
            if type(event).__name__ != "StreamEndEvent":
                self._fail(event, "expected one document")
            return value
        finally:
            self._loader.dispose()

    def _next(self, *skipped: str) -> Any:
        """Return the next event after those of the skipped types."""
        event = self._loader.get_event()
        for kind in skipped:
            if type(event).__name__ == f"{kind}Event":
                event = self._loader.get_event()
        return event

    def _value(self, event: Any, depth: int) -> Any:
        kind = type(event).__name__
        if kind == "AliasEvent":
            self._fail(event, f"the alias {shown_value(event.anchor)} is not allowed")
        if event.anchor:
            self._fail(event, f"the anchor {shown_value(event.anchor)} is not allowed")
        if event.tag is not None:
            self._fail(event, f"the tag {shown_value(event.tag)} is not allowed")
        self._values += 1
        if self._values > _MAX_VALUES:
            self._fail(event, f"more than {_MAX_VALUES} values are not allowed")
        if depth > _MAX_DEPTH:
            self._fail(event, f"more than {_MAX_DEPTH} levels are not allowed")
        if kind == "MappingStartEvent":
            return self._mapping(depth)
        if kind == "SequenceStartEvent":
            return self._list(depth)
        return self._scalar(event)

    def _mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while type(event := self._next()).__name__ != "MappingEndEvent":
            key = self._value(event, depth + 1)
            if not isinstance(key, str):
                self._fail(event, f"the key {shown_value(key)} is not text: put it in quotes")
            if key in found:
                self._fail(event, f"the key {shown_value(key)} is repeated")
            found[key] = self._value(self._next(), depth + 1)
        return found

    def _list(self, depth: int) -> list[Any]:
        found = []
        while type(event := self._next()).__name__ != "SequenceEndEvent":
            found.append(self._value(event, depth + 1))
        return found

    def _scalar(self, event: Any) -> str | int:
        text: str = event.value
        if not event.implicit[0]:  # in quotes, or a block
            return text
        resolvers = self._loader.yaml_implicit_resolvers
        candidates = resolvers.get(text[:1], []) + resolvers.get(None, [])
        tag = next((tag for tag, pattern in candidates if pattern.match(text)), "")
        if not tag:
            return text
        if _INTEGER.fullmatch(text):
            return int(text)
        kind = tag.rpartition(_TAG_PREFIX)[2]
        return self._fail(
            event, f"{shown_value(text)} is of the YAML type {kind}: put it in quotes if it is text"
        )

    def _fail(self, event: Any, problem: str) -> NoReturn:
        raise LockError(
            f"{self._source}: is not a lock: line {event.start_mark.line + 1}: {problem}"
        )
