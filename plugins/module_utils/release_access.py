# SPDX-License-Identifier: Apache-2.0
"""Access: whether one account can read the snapshots that pins name, and why not, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_content import (
    ADMINISTRATOR,
    KNOWN,
    NOBODY,
    REFUSED,
    UNCERTAIN,
    ContentApp,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_errors import (
    LostAnswer,
    NotTrusted,
    PulpError,
    Unreachable,
)
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_pipeline import run_all
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_report import Result
from ansible_collections.stackhpc.release_train.plugins.module_utils.pulp_server import Server
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_packages import pinned
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_pins import Pin
from ansible_collections.stackhpc.release_train.plugins.module_utils.release_stamp import is_stamp

__all__ = ["check_access", "metadata_of"]

SERVED, FORBIDDEN, MISSING, EMPTY = "served", "forbidden", "missing", "empty"
WRONG_PASSWORD, UNCLEAR, FAILED, MALFORMED = "wrong password", "unclear", "failed", "malformed"
_LINES = 40


def check_access(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module access_check: parameters -> results, and what else it returns.

    An account that the server does not know is asked for nothing more. Raises PulpError when
    nobody answers.
    """
    resolved, selected = pinned(params, "mirror")
    for warning in resolved.warnings:
        server.report.warn(warning)
    app = ContentApp(server.client.connection)
    check = _Check(app, _who(server), server.client.connection.base, _account(app))
    pairs: list[tuple[Result, Pin | None]] = [(_result(pin), pin) for pin in resolved.pins]
    for error in resolved.errors:
        result = Result(error.name, error.content_type, error=error.message)
        more = {
            "short_name": error.short_name,
            "stamp": params["package_versions"][error.short_name],
        }
        result.more = {**more, "access": MALFORMED, "cause": MALFORMED}
        pairs.append((result, None))

    def walk(pin: Pin | None, result: Result) -> None:
        if pin:
            check.walk(pin, result)

    results = run_all(pairs, walk, server.writes_at_once(), server.report)
    return results, {
        "selected": selected,
        "unknown_pins": resolved.unknown,
        "account": check.account,
        "lines": _lines(results, check),
        "statistics": {"requests": app.request_count, "polls": 0, "tasks": 0},
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

    def __init__(self, app: ContentApp, who: str, base: str, account: str) -> None:
        self._app = app
        self.who = who
        self.base = base
        self.account = account

    def walk(self, pin: Pin, result: Result) -> None:
        """Fill in a result: `access`, and as its error why nothing is served, with the way out."""
        access, words = self._look(pin)
        result.more["access"] = access
        if access != SERVED:
            result.more["cause"] = access
            result.error = words

    def _look(self, pin: Pin) -> tuple[str, str]:
        if self.account == REFUSED:
            return WRONG_PASSWORD, self.refusal
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
        return FAILED, f"{self.base} answers HTTP {status} to a request for it: ask its operators"

    def _refused(self, path: str) -> tuple[str, str]:
        if self.account == NOBODY:
            return FORBIDDEN, (
                "it is there and not public, and no account was given: give username and password"
            )
        why = self._app.why_refused(path) if self.account == UNCERTAIN else KNOWN
        if why == KNOWN:
            return FORBIDDEN, (
                f"it is there and kept from {self.who}: it is not promoted yet (package_promote "
                "on Ark), or the account is not in the group that may read it (access_control)"
            )
        if why == REFUSED:
            return WRONG_PASSWORD, self.refusal
        return UNCLEAR, (
            f"it is kept from {self.who}: a wrong password, or no permission; {self.base} does not "
            "say which"
        )

    def _not_found(self, pin: Pin) -> tuple[str, str]:
        folder = pin.repository.base_path
        stamps = sorted(filter(is_stamp, self._app.folders(folder)))
        if pin.stamp in stamps:
            return EMPTY, (
                f"it is there and serves no {metadata_of(pin)[0] or 'content'}: pin another stamp, "
                f"or correct the item '{pin.repository.name}'"
            )
        if not stamps:
            return MISSING, (
                f"{self.base} has no snapshot below {folder}: correct base_path, or take one "
                "(package_sync on Ark)"
            )
        others = "the only one is" if len(stamps) == 1 else f"the newest of {len(stamps)} is"
        return (
            MISSING,
            f"{self.base} has no snapshot of this stamp, {others} {stamps[-1]}: correct the pin",
        )

    @property
    def refusal(self) -> str:
        """What to say of an account that the server does not let in."""
        return (
            f"{self.base} does not know {self.who} with this password: it is wrong, or the account "
            "is disabled; its operators set it with access_control"
        )


def _account(app: ContentApp) -> str:
    try:
        return app.whoami()
    except NotTrusted:
        raise
    except (Unreachable, LostAnswer) as error:
        raise PulpError(
            f"nothing was checked: {error}. Correct its URL, or look at the network, the firewall "
            "and the proxy between this machine and that server"
        ) from error


def _who(server: Server) -> str:
    username = server.client.connection.username
    return f"user '{username}'" if username else "a request without an account"


def _result(pin: Pin) -> Result:
    more = {
        "short_name": pin.short_name,
        "stamp": pin.stamp,
        "base_path": pin.snapshot_path,
        "access": FAILED,
    }
    return Result(pin.snapshot_name, pin.content_type, more=more)


def _lines(results: Sequence[Result], check: _Check) -> list[str]:
    """A line for each problem, or one for all where it is the same, and last the counts."""
    problems = [result for result in results if result.more["access"] != SERVED]
    lines = [check.refusal] if check.account == REFUSED else _told(problems)
    if check.account == ADMINISTRATOR:
        lines.append(
            f"{check.who} is an administrator of {check.base} and may read everything: this says "
            "nothing of a client. Give the name and the password of the client's own account"
        )
    counts = Counter(result.more["access"] for result in results)
    told = ", ".join(f"{number} {access}" for access, number in counts.most_common())
    many = "1 pinned snapshot" if len(results) == 1 else f"{len(results)} pinned snapshots"
    return [*lines, f"{many}, {check.who}, {check.base}: {told}"]


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
