# SPDX-License-Identifier: Apache-2.0
"""Find the newest snapshot of each package repository, or the one of a stamp. Writes nothing."""

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
from ..pulp.reader import read_by_field
from ..pulp.references import missing_message
from ..pulp.server import Server
from ..pulp.types import CONTENT_TYPES, ContentType
from ..report.report import Result
from ..text import text_table
from .changes import SHRUNK_LABEL
from .comparison.snapshots import SnapshotPair, compare_snapshots, difference_text
from .health import empty_advice, expiry_of, warn_of_expiry
from .newest import SnapshotFilter, find_snapshots
from .options import read_inventory, read_pins

_FIELDS = ("pulp_href", "name", "base_path", "publication", "content_guard", "pulp_labels")
# Usually the first snapshot is the one.
_PAGE_SIZE = 3
_HEADER = ("SHORT NAME", "TYPE", "STAMP", "GUARD", "NOTE")


@dataclass(frozen=True)
class SnapshotQuery:
    """Which snapshot to find: the newest whose stamp matches the regular expression `stamps`.

    `description` and `hint` are for messages: the same condition, and another query to try. `exact`
    is the stamp, if only one matches.
    """

    stamps: str = STAMP_PATTERN
    description: str = ""
    hint: str = ""
    exact: str = ""

    @classmethod
    def from_params(cls, stamp: str | None, until: str | None) -> SnapshotQuery:
        """Return the query of a module's parameters. Raises InvalidItem and StampError."""
        if stamp and until:
            raise InvalidItem("package_stamp and package_stamp_until are both set: set one of them")
        if until:
            return cls(stamps_not_after(stamp_prefix(until)), f" up to {until}")
        if not stamp:
            return cls()
        if is_stamp(stamp):
            return cls(stamp, f" at {stamp}", exact=stamp)
        hint = f"; package_stamp_until={stamp} takes the newest up to then"
        return cls(stamps_beginning_with(stamp_prefix(stamp)), f" at {stamp}", hint)


@dataclass
class _RepositoryQuery:
    """A repository, the query for it, and its answer: the distribution of the snapshot that was found.

    `skipped`: stamps of flagged snapshots, each with the number of packages before it.
    """

    repository: PackageRepository
    query: SnapshotQuery
    found: dict[str, Any] | None = None
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def content_type(self) -> ContentType:
        return CONTENT_TYPES[self.repository.content_type]

    def stamp_of(self, snapshot: Mapping[str, Any]) -> str:
        """Return the stamp of a snapshot's distribution."""
        return stamp_of(snapshot["name"], self.repository.distribution_name) or ""


def query_packages(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict]:
    """Carry out module package_query: parameters -> results, and what else the module returns."""
    queries, errors, more = _read_queries(server, params)
    guards = read_all_guards(server)
    development = guards.hrefs.get(params["content_guard"])
    pairs: list[tuple[Result, _RepositoryQuery | None]] = [
        (_result(one.repository), one) for one in queries
    ]
    for error in errors:
        pairs.append((Result(error.name, error.content_type, error=error.message), None))

    def run(one: _RepositoryQuery | None, result: Result) -> None:
        if one:
            _find(server, one, development)
            _fill_in(one, guards, result)

    results = run_all(pairs, run, server.write_concurrency(), server.report)
    answer = {**more, **_answer(results, queries)}
    answer["differences"] = _compare(server, queries, results, params.get("compare_with") or {})
    _warn(server, queries, answer["without"])
    warn_of_expiry(server, results)
    if not answer["versions"] and not any(result.error for result in results):
        query = queries[0].query
        what = f"snapshot{query.description} of any repository, {more['selected']}"
        raise InvalidItem(f"{missing_message(server, what)}{query.hint}")
    return results, answer


def _compare(
    server: Server,
    queries: Sequence[_RepositoryQuery],
    results: Sequence[Result],
    stamps: Mapping[str, Any],
) -> list[str]:
    """Add to results what differs from other snapshots (short name -> stamp), a line for each."""
    wanted: list[tuple[str, str, _RepositoryQuery, Result]] = []
    for one, result in zip(queries, results):
        stamp = str(stamps.get(one.repository.short_name) or "")
        if one.found and stamp and stamp != result.more["stamp"]:
            wanted.append((one.repository.snapshot_name(stamp), stamp, one, result))
    found = {}
    for content_type in CONTENT_TYPES.values():
        names = [name for name, _stamp, one, _result in wanted if one.content_type is content_type]
        kind = content_type.distribution
        found.update(read_by_field(server.client, kind.endpoint, "name", names, ("publication",)))
    pairs = []
    for name, stamp, one, result in wanted:
        before = found.get(name, {}).get("publication")
        after = one.found["publication"] if one.found else None
        result.more["difference"] = f"no snapshot {stamp} to compare with"
        if before and after:
            result.more["difference"] = f"not compared with {stamp}"
            pairs.append(SnapshotPair(result, before, after, stamp))
    compare_snapshots(server, pairs)
    width = max(
        (len(one.repository.short_name) for _name, _stamp, one, _result in wanted), default=0
    )
    return [
        f"{one.repository.short_name:{width}}  {difference_text(result.more)}"
        for _name, _stamp, one, result in wanted
    ]


def _read_queries(
    server: Server, params: Mapping[str, Any]
) -> tuple[list[_RepositoryQuery], list[ItemError], dict[str, Any]]:
    """Return the queries for the selected repositories, the malformed items that are selected, and
    what the module returns of the selection."""
    query = SnapshotQuery.from_params(params["stamp"], params["stamp_until"])
    if params["package_versions"] is not None:
        if query != SnapshotQuery():
            raise InvalidItem(
                "the pins have stamps already: do not set package_stamp or package_stamp_until"
            )
        resolved, selected = read_pins(params, "pins")
        queries = [
            _RepositoryQuery(pin.repository, SnapshotQuery.from_params(pin.stamp, None))
            for pin in resolved.pins
        ]
        errors, unknown, warnings = resolved.errors, resolved.unknown, resolved.warnings
    else:
        inventory, selected = read_inventory(params, "pins")
        queries = [_RepositoryQuery(repository, query) for repository in inventory.repositories]
        errors, unknown, warnings = inventory.errors, [], inventory.warnings
    for warning in warnings:
        server.report.warn(warning)
    return queries, errors, {"selected": selected, "unknown_pins": unknown}


def _result(repository: PackageRepository) -> Result:
    keys = ("stamp", "snapshot", "base_path", "content_guard", "packages_before")
    more = {"short_name": repository.short_name, **dict.fromkeys(keys)}
    return Result(repository.name, repository.content_type, more=more)


def _find(server: Server, one: _RepositoryQuery, development: str | None) -> None:
    """Set the snapshot that a query finds. A distribution that serves nothing is not a snapshot, and
    a flagged one is skipped while it is in development (`development`: href of that guard)."""
    for snapshot in _snapshots(server, one):
        if not snapshot["publication"]:
            continue
        before = snapshot["pulp_labels"].get(SHRUNK_LABEL)
        in_development = snapshot["content_guard"] == development
        if one.query.exact or before is None or not in_development:
            one.found = snapshot
            return
        one.skipped += ((one.stamp_of(snapshot), before),)
    if one.query.exact:
        raise InvalidItem(_missing_message(server, one))


def _snapshots(server: Server, one: _RepositoryQuery) -> Iterator[dict[str, Any]]:
    """Yield the snapshots that match, the newest first, read page by page."""
    kind, prefix = one.content_type.distribution, one.repository.distribution_name
    wanted = SnapshotFilter(kind, prefix, one.query.stamps)
    skip = 0
    while True:
        page = find_snapshots(server.client, wanted, _FIELDS, skip, _PAGE_SIZE)
        yield from page
        if len(page) < _PAGE_SIZE:
            return
        skip += len(page)


def _missing_message(server: Server, one: _RepositoryQuery) -> str:
    """Return the error for an exact stamp that does not exist, with those before and after it."""
    kind, prefix = one.content_type.distribution, one.repository.distribution_name
    stamp, nearest = one.query.exact, []
    for pattern, oldest_first, side in (
        (stamps_not_after(stamp), False, "before"),
        (stamps_not_before(stamp), True, "after"),
    ):
        wanted = SnapshotFilter(kind, prefix, pattern, oldest_first)
        page = find_snapshots(server.client, wanted, ("name", "publication"), limit=_PAGE_SIZE)
        served = [one.stamp_of(snapshot) for snapshot in page if snapshot["publication"]]
        nearest += [f"{served[0]} {side} it"] if served else []
    name = one.repository.snapshot_name(stamp)
    hint = f"nearest: {' and '.join(nearest)}" if nearest else "the repository has no snapshot"
    return f"{missing_message(server, f'snapshot {name!r} that serves content')}; {hint}"


def _fill_in(one: _RepositoryQuery, guards: Guards, result: Result) -> None:
    if one.found is None:
        result.action = "skipped"
        return
    guard = one.found["content_guard"]
    result.more.update(
        stamp=one.stamp_of(one.found),
        snapshot=one.found["name"],
        base_path=one.found["base_path"],
        content_guard=guards.names.get(guard or "", guard),
        packages_before=one.found["pulp_labels"].get(SHRUNK_LABEL),
    )
    expiry = expiry_of(one.found["pulp_labels"])
    if expiry:
        result.more["valid_until"] = expiry


def _answer(results: Sequence[Result], queries: Sequence[_RepositoryQuery]) -> dict[str, Any]:
    """Return what the module returns besides results, of which those of malformed items are last."""
    answered = list(zip(results, queries))
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
            for one in queries
            for stamp, before in one.skipped
        ],
        "lines": text_table(_HEADER, [_row(result, one) for result, one in answered]),
    }


def _row(result: Result, one: _RepositoryQuery) -> tuple[object, ...]:
    more, notes = result.more, [f"skipped {stamp}, flagged" for stamp, _before in one.skipped]
    if more["packages_before"] == "0":
        notes.append("flagged: no packages")
    elif more["packages_before"]:
        notes.append(f"flagged: {more['packages_before']} packages before")
    if more.get("valid_until"):
        notes.append(f"expires {more['valid_until'][:10]}")
    stamp = "failed" if result.error else more["stamp"] or "none"
    return more["short_name"], result.type, stamp, more["content_guard"], "; ".join(notes)


def _warn(server: Server, queries: Sequence[_RepositoryQuery], without: Sequence[str]) -> None:
    """Warn about flagged snapshots that were skipped, and repositories without a snapshot."""
    for one in queries:
        for stamp, before in one.skipped:
            reason = f"too many of the {before} packages before it are missing. Check it"
            if before == "0":
                reason = f"it has no packages: {empty_advice(one.repository)}"
            server.report.warn(
                f"{one.repository.short_name}: {stamp} is skipped, because {reason}, and set its exact "
                "stamp to use it"
            )
    if without:
        query = queries[0].query
        names = ", ".join(without)
        server.report.warn(f"no snapshot{query.description} of {names}{query.hint}")
