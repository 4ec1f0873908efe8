# SPDX-License-Identifier: Apache-2.0
"""Access: whether one account can read the snapshots and pull the images that pins name, and why
not, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .pulp_content import KNOWN, REFUSED, UNCERTAIN, ContentApp
from .pulp_errors import InvalidItem
from .pulp_pipeline import run_all
from .pulp_registry import Registry
from .pulp_report import Result
from .pulp_server import Server
from .release_access_images import PULLABLE, ImageCheck, ImagePin, image_pins
from .release_asker import Asker, ask_who
from .release_inventory import ItemError
from .release_packages import pinned
from .release_pins import Pin, ResolvedPins
from .release_stamp import is_stamp

__all__ = ["check_access", "metadata_of"]

SERVED, FORBIDDEN, MISSING, EMPTY = "served", "forbidden", "missing", "empty"
WRONG_PASSWORD, UNCLEAR, FAILED, MALFORMED = "wrong password", "unclear", "failed", "malformed"
_LINES = 40


def check_access(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module access_check: parameters -> results, and what else it returns.

    An account that the server does not know is asked for nothing more. Raises PulpError when
    nobody answers, and InvalidItem when nothing is pinned.
    """
    resolved, selected = ResolvedPins([], [], [], []), "selected 0 of 0"
    if params["package_versions"] is not None:
        resolved, selected = pinned(params, "mirror")
    for warning in resolved.warnings:
        server.report.warn(warning)
    images = image_pins(params["container_tags"], params["container_namespace"])
    if params["package_versions"] is None and not images:
        raise InvalidItem(
            "nothing is pinned: container_tags is empty, and package_versions not given"
        )
    connection = server.client.connection
    app = ContentApp(connection)
    registry = Registry(connection, [pin.name for _result, pin in images if not pin.mistake])
    asker = ask_who(app, connection)
    check, image_check = _Check(app, asker), ImageCheck(registry, asker)
    pairs: list[tuple[Result, Pin | ImagePin | None]] = [
        *((_result(pin), pin) for pin in resolved.pins),
        *((_malformed(error, params), None) for error in resolved.errors),
        *images,
    ]

    def walk(pin: Pin | ImagePin | None, result: Result) -> None:
        if isinstance(pin, ImagePin):
            image_check.walk(pin, result)
        elif pin:
            check.walk(pin, result)

    results = run_all(pairs, walk, server.writes_at_once(), server.report)
    return results, {
        "selected": selected,
        "unknown_pins": resolved.unknown,
        "account": asker.account,
        "lines": _lines(results, asker),
        "statistics": {
            "requests": app.request_count + registry.request_count,
            "polls": 0,
            "tasks": 0,
        },
    }


def metadata_of(pin: Pin) -> list[str]:
    """Files below a snapshot's base path of which one is there when anything is: the metadata that
    a mirror begins with. A suite that ends in a slash is a folder of its own, without `dists`."""
    if pin.content_type == "rpm":
        return ["repodata/repomd.xml"]
    suite = ((pin.repository.distributions or "").split() or [""])[0]
    if not suite:
        return [""]
    folder = suite.strip("/.") if suite.endswith("/") else f"dists/{suite}"
    return [f"{folder}/{file}".lstrip("/") for file in ("Release", "InRelease")]


class _Check:
    """What is known of the account, and how one pin is looked at."""

    def __init__(self, app: ContentApp, asker: Asker) -> None:
        self._app = app
        self._asker = asker

    def walk(self, pin: Pin, result: Result) -> None:
        """Fill in a result: `access`, and as its error why nothing is served, with the way out."""
        access, words = self._look(pin)
        result.more["access"] = access
        if access != SERVED:
            result.more["cause"] = access
            result.error = words

    def _look(self, pin: Pin) -> tuple[str, str]:
        if self._asker.is_refused:
            return WRONG_PASSWORD, self._asker.refusal
        files = [f"{pin.snapshot_path}/{file}" for file in metadata_of(pin)]
        status, path = 0, ""
        for path in files:
            status = self._app.look(path)
            if status != 404:
                break
        if status == 200:
            return SERVED, ""
        if status in (401, 403):
            return self._refused(path)
        if status == 404:
            return self._not_found(pin)
        base = self._asker.base
        return FAILED, f"{base} answers HTTP {status} to a request for it: ask its operators"

    def _refused(self, path: str) -> tuple[str, str]:
        if self._asker.is_nobody:
            return FORBIDDEN, (
                "it is there and not public, and no account was given: give username and password"
            )
        who = self._asker.who
        why = self._app.why_refused(path) if self._asker.account == UNCERTAIN else KNOWN
        if why == KNOWN:
            return FORBIDDEN, (
                f"it is there and kept from {who}: it is not promoted yet (package_promote "
                "on Ark), or the account is not in the group that may read it (access_control)"
            )
        if why == REFUSED:
            return WRONG_PASSWORD, self._asker.refusal
        return UNCLEAR, (
            f"it is kept from {who}: a wrong password, or no permission; {self._asker.base} does not "
            "say which"
        )

    def _not_found(self, pin: Pin) -> tuple[str, str]:
        base, folder = self._asker.base, pin.repository.base_path
        stamps = sorted(filter(is_stamp, self._app.folders(folder)))
        if pin.stamp in stamps:
            return EMPTY, (
                f"it is there and serves no {metadata_of(pin)[0] or 'content'}: pin another stamp, "
                f"or correct the item '{pin.repository.name}'"
            )
        if not stamps:
            return MISSING, (
                f"{base} has no snapshot below {folder}: correct base_path, or take one "
                "(package_sync on Ark)"
            )
        others = "the only one is" if len(stamps) == 1 else f"the newest of {len(stamps)} is"
        return (
            MISSING,
            f"{base} has no snapshot of this stamp, {others} {stamps[-1]}: correct the pin",
        )


def _result(pin: Pin) -> Result:
    more = {
        "short_name": pin.short_name,
        "stamp": pin.stamp,
        "base_path": pin.snapshot_path,
        "access": FAILED,
    }
    return Result(pin.snapshot_name, pin.content_type, more=more)


def _malformed(error: ItemError, params: Mapping[str, Any]) -> Result:
    stamp = params["package_versions"][error.short_name]
    more = {"short_name": error.short_name, "stamp": stamp, "access": MALFORMED, "cause": MALFORMED}
    return Result(error.name, error.content_type, error=error.message, more=more)


def _lines(results: Sequence[Result], asker: Asker) -> list[str]:
    """A line for each problem, or one for all where it is the same, and last the counts."""
    problems = [one for one in results if one.more["access"] not in (SERVED, PULLABLE)]
    lines = [asker.refusal] if asker.is_refused else _told(problems)
    lines += asker.remarks
    images = [result for result in results if result.type == "image"]
    snapshots = [result for result in results if result.type != "image"]
    for what, chosen in (("snapshot", snapshots), ("image tag", images)):
        if chosen:
            counts = Counter(result.more["access"] for result in chosen)
            told = ", ".join(f"{number} {access}" for access, number in counts.most_common())
            many = f"{len(chosen)} pinned {what}{'' if len(chosen) == 1 else 's'}"
            lines.append(f"{many}, {asker.who}, {asker.base}: {told}")
    return lines


def _told(problems: Sequence[Result]) -> list[str]:
    rows = [
        (one.more["short_name"] or one.name, str(one.more["stamp"]), one.more["access"], one.error)
        for one in problems[: _LINES if len(problems) <= _LINES else _LINES - 1]
    ]
    widths = [max(map(len, column)) for column in zip(*rows)][:3]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[3]])
        for row in rows
    ]
    left = len(problems) - len(rows)
    return [*lines, f"... and {left} more, in the report"] if left else lines
