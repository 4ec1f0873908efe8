# SPDX-License-Identifier: Apache-2.0
"""Evidence of a release lock: named test results, recorded for the digest of the lock.

A record is valid for the content that it was recorded for. When a lock is changed, its digest
changes, and its records are kept and ignored. Of several records with one name, the last one in the
list is valid.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, NamedTuple

from ..errors import secrets_in
from ..files import replace_text_file, write_text_file
from .document import LockError, lock_digest, write_lock
from .schema import SCHEMA, problems, shown_value
from .signature import SIGNATURE_SUFFIX, load_verified_lock, sign

PASSED = "passed"
FAILED = "failed"
RESULTS = (PASSED, FAILED)
_SCHEMA = {"$ref": "#/$defs/evidence", "$defs": SCHEMA["$defs"]}
# What makes two records the same; the time and the account do not.
_COMPARED = ("name", "result", "url", "digest")


class Recorded(NamedTuple):
    """A lock with evidence, the record, and whether it was added."""

    lock: dict[str, Any]
    record: dict[str, str]
    changed: bool


class Signing(NamedTuple):
    """How a lock is verified and signed again: both may be empty, see signature.py."""

    keyring: str = ""
    command: Sequence[str] = ()


_UNSIGNED = Signing()


class Evidence(NamedTuple):
    """A test result to record; `url` leads to its details, `by` names who recorded it. Both may be empty."""

    name: str
    result: str
    url: str = ""
    by: str = ""


def add_evidence(
    lock: Mapping[str, Any], evidence: Evidence, clock: Callable[[], float] = time.time
) -> Recorded:
    """Return a valid lock with evidence recorded for its digest; the lock given is not changed.

    It is not added again if the valid record of this name is the same. `clock` returns seconds since
    1970, as time.time. Raises LockError for invalid evidence.
    """
    record = {
        **{key: value for key, value in evidence._asdict().items() if value != ""},
        "digest": lock_digest(lock),
        "recorded": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(clock()))),
    }
    found = problems(record, _SCHEMA)
    if secrets_in(evidence.url):
        found.append("url: has a secret, and everybody who gets the lock could read it")
    if found:
        raise LockError(f"the evidence cannot be recorded: {'; '.join(found)}")
    valid = valid_evidence(lock).get(evidence.name, {})
    if all(valid.get(key) == record.get(key) for key in _COMPARED):
        return Recorded(dict(lock), valid, False)
    return Recorded({**lock, "evidence": [*lock["evidence"], record]}, record, True)


def valid_evidence(lock: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the valid record of each name: the last one for the digest of the lock."""
    digest = lock_digest(lock)
    return {one["name"]: one for one in lock["evidence"] if one["digest"] == digest}


def list_evidence(lock: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return all records in their order, each with `valid`: whether it is the valid one."""
    valid = list(valid_evidence(lock).values())
    return [{**one, "valid": any(one is other for other in valid)} for one in lock["evidence"]]


def evidence_problems(lock: Mapping[str, Any], required: Iterable[str]) -> list[str]:
    """Return a sentence for each required name without a valid record that passed."""
    valid = valid_evidence(lock)
    known = {one["name"] for one in lock["evidence"]}
    problems = []
    for name in dict.fromkeys(required):
        if name not in valid:
            reason = (
                "was recorded for another content of the lock: run the test again and record it"
                if name in known
                else "is missing: run the test and record it with release_record"
            )
            problems.append(f"evidence {shown_value(name)} {reason}")
        elif valid[name]["result"] != PASSED:
            url = f" ({valid[name]['url']})" if "url" in valid[name] else ""
            problems.append(f"evidence {shown_value(name)} has the result {FAILED}{url}")
    return problems


def record_in_file(
    path: str, evidence: Evidence, write: bool, signing: Signing = _UNSIGNED
) -> tuple[dict[str, Any], list[str]]:
    """Record evidence in a lock file, unless `write` is False; return a result and warnings.

    With a keyring, the signature of the file must be valid before evidence is added to it. With a
    command, the lock with the evidence is signed by it.
    The file is replaced atomically, in the written form of locks. The result has the keys `changed`,
    `path`, `name` (of the lock), `digest`, `record`, `evidence` (see `list_evidence`) and `diff`.
    Raises LockError, and TextFileError if the file cannot be written.
    """
    content, lock, _signer = load_verified_lock(path, signing.keyring)
    added = add_evidence(lock, evidence)
    before = content.decode("utf-8")
    after = write_lock(added.lock).decode("ascii") if added.changed else before
    if write and added.changed:
        signature = b""
        if signing.command:
            signature = sign(signing.command, after.encode("ascii"), signing.keyring, path)
        replace_text_file(path, before, after)
        if signature:
            write_text_file(path + SIGNATURE_SUFFIX, signature.decode("ascii"))
    warnings = []
    if added.changed and not signing.command and os.path.lexists(path + SIGNATURE_SUFFIX):
        warnings.append(
            f"{path}{SIGNATURE_SUFFIX} is the signature of the lock without this record: sign the "
            "lock again"
        )
    result = {
        "changed": added.changed,
        "path": path,
        "name": lock["name"],
        "digest": lock_digest(lock),
        "record": added.record,
        "evidence": list_evidence(added.lock),
        "diff": {"before_header": path, "after_header": path, "before": before, "after": after},
    }
    return result, warnings
