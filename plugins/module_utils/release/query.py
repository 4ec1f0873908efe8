# SPDX-License-Identifier: Apache-2.0
"""Questions about snapshots: which one each package repository is at, or was at. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..inventory.repositories import ItemError, PackageRepository
from ..inventory.stamp import (
    STAMP_PATTERN,
    is_stamp,
    stamp_of,
    stamp_prefix,
    stamps_beginning_with,
    stamps_not_after,
    stamps_not_before,
)
from ..objects.distribution import Guards
from ..objects.listing import read_all_guards
from ..pulp.errors import InvalidItem
from ..pulp.pool import run_all
from ..pulp.references import missing_message
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES
from ..report.report import Result
from ..text import text_table
from .changes import SHRUNK_LABEL
from .newest import SnapshotFilter, find_snapshots
from .options import read_inventory, read_pins

_FIELDS = ("pulp_href", "name", "base_path", "publication", "content_guard", "pulp_labels")
# Rarely is more than the first one looked at.
_PAGE = 3
_HEADER = ("SHORT NAME", "TYPE", "STAMP", "GUARD", "NOTE")


@dataclass(frozen=True)
class SnapshotQuery:
    """Which snapshot of a repository is asked for: `stamps` is a regular expression of those that
    may be, of which the newest is taken; `words` says the same; `hint` is what else to ask.

    `exact` is the one stamp that may be, if only one may.
    """

    stamps: str = STAMP_PATTERN
    description: str = ""
    hint: str = ""
    exact: str = ""

    @classmethod
    def from_params(cls, stamp: str | None, until: str | None) -> SnapshotQuery:
        """The question in a module's parameters. Raises InvalidItem and StampError."""
        if stamp and until:
            raise InvalidItem("package_stamp and package_stamp_until are given: give one of them")
        if until:
            return cls(stamps_not_after(stamp_prefix(until)), f" up to {until}")
        if not stamp:
            return cls()
        if is_stamp(stamp):
            return cls(stamp, f" at {stamp}", exact=stamp)
        hint = f"; package_stamp_until={stamp} takes the newest up to then"
        return cls(stamps_beginning_with(stamp_prefix(stamp)), f" at {stamp}", hint)


@dataclass
class _Asked:
    """One repository, what is asked of it, and the answer: the distribution, and the stamps that
    were passed over with the numbers of packages before them."""

    repository: PackageRepository
    question: SnapshotQuery
    found: dict[str, Any] | None = None
    passed: tuple[tuple[str, str], ...] = ()


def query_packages(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """The whole of module package_query: parameters -> results, and what else it returns."""
    asked, errors, more = _asked(server, params)
    guards = read_all_guards(server)
    development = guards.hrefs.get(params["content_guard"])
    pairs: list[tuple[Result, _Asked | None]] = [(_result(one.repository), one) for one in asked]
    for error in errors:
        pairs.append((Result(error.name, error.content_type, error=error.message), None))

    def walk(one: _Asked | None, result: Result) -> None:
        if one:
            _look(server, one, development)
            _describe(one, guards, result)

    results = run_all(pairs, walk, server.write_concurrency(), server.report)
    answer = {**more, **_answer(results, asked)}
    _warn(server, asked, answer["without"])
    if not answer["versions"] and not any(result.error for result in results):
        what = f"snapshot{asked[0].question.description} of any repository, {more['selected']}"
        raise InvalidItem(f"{missing_message(server, what)}{asked[0].question.hint}")
    return results, answer


def _asked(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[_Asked], list[ItemError], dict[str, Any]]:
    """What is asked, the malformed items that are, and what the module returns of the selection."""
    question = SnapshotQuery.from_params(params["stamp"], params["stamp_until"])
    if params["package_versions"] is not None:
        if question != SnapshotQuery():
            raise InvalidItem("pins name stamps: leave out package_stamp and package_stamp_until")
        resolved, selected = read_pins(params, "pins")
        asked = [
            _Asked(pin.repository, SnapshotQuery.from_params(pin.stamp, None))
            for pin in resolved.pins
        ]
        errors, unknown, warnings = resolved.errors, resolved.unknown, resolved.warnings
    else:
        inventory, selected = read_inventory(params, "pins")
        asked = [_Asked(repository, question) for repository in inventory.repositories]
        errors, unknown, warnings = inventory.errors, [], inventory.warnings
    for warning in warnings:
        server.report.warn(warning)
    return asked, errors, {"selected": selected, "unknown_pins": unknown}


def _result(repository: PackageRepository) -> Result:
    keys = ("stamp", "snapshot", "base_path", "content_guard", "packages_before")
    more = {"short_name": repository.short_name, **dict.fromkeys(keys)}
    return Result(repository.name, repository.content_type, more=more)


def _look(server: Server, one: _Asked, development: str | None) -> None:
    """Find the snapshot that is asked for; one that serves nothing is none, whatever its name."""
    for snapshot in _snapshots(server, one):
        if not snapshot["publication"]:
            continue
        before = snapshot["pulp_labels"].get(SHRUNK_LABEL)
        in_development = snapshot["content_guard"] == development
        if one.question.exact or before is None or not in_development:
            one.found = snapshot
            return
        one.passed += ((_stamp(one, snapshot), before),)
    if one.question.exact:
        raise InvalidItem(_missing(server, one))


def _snapshots(server: Server, one: _Asked) -> Iterator[dict[str, Any]]:
    """The snapshots that fit, the newest first, some at a time."""
    kind = CONTENT_TYPES[one.repository.content_type].distribution
    wanted = SnapshotFilter(kind, one.repository.distribution_name, one.question.stamps)
    skip = 0
    while True:
        page = find_snapshots(server.client, wanted, _FIELDS, skip, _PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        skip += len(page)


def _missing(server: Server, one: _Asked) -> str:
    """What to say of an exact stamp that is not there, with those around it."""
    kind = CONTENT_TYPES[one.repository.content_type].distribution
    stamp, around = one.question.exact, []
    for pattern, oldest_first, side in (
        (stamps_not_after(stamp), False, "before"),
        (stamps_not_before(stamp), True, "after"),
    ):
        wanted = SnapshotFilter(kind, one.repository.distribution_name, pattern, oldest_first)
        page = find_snapshots(server.client, wanted, ("name", "publication"), limit=_PAGE)
        served = [_stamp(one, entry) for entry in page if entry["publication"]]
        around += [f"{served[0]} {side} it"] if served else []
    name = one.repository.snapshot_name(stamp)
    near = f"nearest: {' and '.join(around)}" if around else "the repository has none at all"
    return f"{missing_message(server, f'snapshot {name!r} that serves anything')}; {near}"


def _stamp(one: _Asked, snapshot: Mapping[str, Any]) -> str:
    return stamp_of(snapshot["name"], one.repository.distribution_name) or ""


def _describe(one: _Asked, guards: Guards, result: Result) -> None:
    if one.found is None:
        result.action = "skipped"
        return
    guard = one.found["content_guard"]
    result.more.update(
        stamp=_stamp(one, one.found),
        snapshot=one.found["name"],
        base_path=one.found["base_path"],
        content_guard=guards.names.get(guard or "", guard),
        packages_before=one.found["pulp_labels"].get(SHRUNK_LABEL),
    )


def _answer(results: Sequence[Result], asked: Sequence[_Asked]) -> dict[str, Any]:
    """What the module returns besides results, which may be more: malformed items are last."""
    answered = list(zip(results, asked))
    return {
        "versions": {
            result.more["short_name"]: result.more["stamp"]
            for result, _one in answered
            if result.more["stamp"]
        },
        "without": [
            result.more["short_name"] for result, _one in answered if result.action == "skipped"
        ],
        "flagged": [
            {"short_name": one.repository.short_name, "stamp": stamp, "packages_before": before}
            for one in asked
            for stamp, before in one.passed
        ],
        "lines": text_table(_HEADER, [_row(result, one) for result, one in answered]),
    }


def _row(result: Result, one: _Asked) -> tuple[object, ...]:
    more, notes = result.more, [f"passed over {stamp}, flagged" for stamp, _before in one.passed]
    if more["packages_before"]:
        notes.append(f"flagged: {more['packages_before']} packages before")
    stamp = "failed" if result.error else more["stamp"] or "none"
    return more["short_name"], result.type, stamp, more["content_guard"], "; ".join(notes)


def _warn(server: Server, asked: Sequence[_Asked], without: Sequence[str]) -> None:
    """Say what an answer lacks, or leaves out on purpose."""
    for one in asked:
        for stamp, before in one.passed:
            server.report.warn(
                f"{one.repository.short_name}: {stamp} is passed over, because it lost too many of "
                f"the {before} packages before it: look at it, and name its exact stamp to take it"
            )
    if without:
        question = asked[0].question
        names = ", ".join(without)
        server.report.warn(f"no snapshot{question.description} of {names}{question.hint}")
