# SPDX-License-Identifier: Apache-2.0
"""Access: whether one account can read the snapshots and pull the images that pins name, and why
not, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..container.registry import Registry
from ..inventory.container_pins import IMAGE_NAME
from ..inventory.pins import Pin, ResolvedPins
from ..inventory.repositories import ItemError
from ..inventory.stamp import is_stamp
from ..pulp.connection import Connection
from ..pulp.content_app import (
    ADMINISTRATOR,
    ANONYMOUS,
    AUTHENTICATED,
    REFUSED,
    UNKNOWN_ACCOUNT,
    ContentApp,
)
from ..pulp.errors import (
    AuthenticationError,
    InvalidItem,
    LostResponse,
    PulpError,
    TLSError,
    Unreachable,
)
from ..pulp.pool import run_all
from ..pulp.server import Server
from ..report.report import Result
from .options import read_pins, refuse_unknown_keys


@dataclass(frozen=True)
class Account:
    """`who` asks, in words, and `base` takes it for `account`, a word of pulp_content."""

    pulp_url: str
    description: str
    status: str

    @property
    def is_nobody(self) -> bool:
        """Whether no account was given."""
        return self.status == ANONYMOUS

    @property
    def is_refused(self) -> bool:
        """Whether the server does not let it in, so that nothing else need be asked."""
        return self.status == REFUSED

    @property
    def refusal(self) -> str:
        """What to say of an account that the server does not let in."""
        return (
            f"{self.pulp_url} does not know {self.description} with this password: it is wrong, or the account "
            "is disabled; its operators set it with access_control"
        )

    @property
    def remarks(self) -> list[str]:
        """What to say of the account whatever it may read."""
        if self.status != ADMINISTRATOR:
            return []
        return [
            f"{self.description} is an administrator of {self.pulp_url} and may read everything: this says "
            "nothing of a client. Give the name and the password of the client's own account"
        ]


def identify_account(app: ContentApp, connection: Connection) -> Account:
    """Ask the server whom it takes us for. Raises PulpError when nobody answers."""
    username = connection.username
    who = f"user '{username}'" if username else "a request without an account"
    try:
        return Account(connection.pulp_url, who, app.whoami())
    except TLSError:
        raise
    except (Unreachable, LostResponse) as error:
        raise PulpError(
            f"nothing was checked: {error}. Correct its URL, or look at the network, the firewall "
            "and the proxy between this machine and that server"
        ) from error


PULLABLE, FORBIDDEN = "pullable", "forbidden"
MISSING_TAG, MISSING_IMAGE = "missing tag", "missing image"
WRONG_PASSWORD, FAILED, MALFORMED = "wrong password", "failed", "malformed"


@dataclass(frozen=True)
class ContainerPin:
    """One tag of one image, `<namespace>/<image>`; `mistake` says why it cannot be looked at."""

    name: str
    tag: str
    mistake: str = ""


def container_pins(
    tags: Mapping[str, str | Sequence[str]] | None, namespace: str
) -> list[tuple[Result, ContainerPin]]:
    """A pin, and a result for it, for each tag of a map image -> tag, or list of tags."""
    pairs = []
    for image, given in (tags or {}).items():
        listed = given if isinstance(given, (list, tuple)) else [given]
        for tag in listed or [""]:
            pin = _image_pin(f"{namespace}/{image}", tag if isinstance(tag, str) else "")
            more = {"short_name": str(image), "stamp": pin.tag, "access": FAILED}
            pairs.append((Result(f"{pin.name}:{pin.tag}", "image", more=more), pin))
    return pairs


def _image_pin(name: str, tag: str) -> ContainerPin:
    if not IMAGE_NAME.fullmatch(name):
        return ContainerPin(
            name, tag, f"'{name}' can be no name of an image: correct container_tags"
        )
    if not tag:
        mistake = "its pin is no tag, and no list of tags: correct container_tags"
        return ContainerPin(name, tag, mistake)
    return ContainerPin(name, tag)


class ContainerImageCheck:
    """How one tag is looked at, for one account."""

    def __init__(self, registry: Registry, account: Account) -> None:
        self._registry = registry
        self._account = account

    def walk(self, pin: ContainerPin, result: Result) -> None:
        """Fill in a result: `access`, `digest`, and as its error why it cannot be pulled."""
        access, words = self._look(pin, result)
        result.more["access"] = access
        if access != PULLABLE:
            result.more["cause"] = access
            result.error = words

    def _look(self, pin: ContainerPin, result: Result) -> tuple[str, str]:
        if pin.mistake:
            return MALFORMED, pin.mistake
        if self._account.is_refused:
            return WRONG_PASSWORD, self._account.refusal
        try:
            status, digest = self._registry.tag_status(pin.name, pin.tag)
        except AuthenticationError:
            return WRONG_PASSWORD, self._account.refusal
        if status == 200:
            result.more["digest"] = digest
            return PULLABLE, ""
        if status in (401, 403):
            return FORBIDDEN, self._forbidden(pin)
        if status == 404:
            return self._not_found(pin)
        base = self._account.pulp_url
        return FAILED, f"{base} answers HTTP {status} to a request for it: ask its operators"

    def _forbidden(self, pin: ContainerPin) -> str:
        if self._account.is_nobody:
            return (
                f"{pin.name} is not there, or not public, and no account was given: give username "
                "and password"
            )
        return (
            f"{self._account.description} may not pull from {pin.name}: no image of this name is released "
            "(container_promote on Ark), or the account is not in a group that may pull from "
            "the namespace (access_control)"
        )

    def _not_found(self, pin: ContainerPin) -> tuple[str, str]:
        base, tags = self._account.pulp_url, self._registry.tags(pin.name)
        if not tags:
            return MISSING_IMAGE, (
                f"{base} has no image of this name: correct it, or release it (container_promote "
                "on Ark)"
            )
        # Of the same release and distribution, told by what is before the stamp.
        alike = [tag for tag in tags if _series(tag) == _series(pin.tag)] or tags
        newest = max(alike, key=lambda tag: tag.rpartition("-")[2])
        others = "the only one is" if len(alike) == 1 else f"the newest of {len(alike)} is"
        return MISSING_TAG, (
            f"{base} has the image without this tag, {others} {newest}: correct the pin, or release "
            "the tag (container_promote on Ark)"
        )


def _series(tag: str) -> str:
    """`2025.1-rocky-9` of `2025.1-rocky-9-<stamp>`; empty for a tag of another form."""
    series, _dash, stamp = tag.rpartition("-")
    return series if is_stamp(stamp) else ""


SERVED, FORBIDDEN, MISSING, EMPTY = "served", "forbidden", "missing", "empty"
WRONG_PASSWORD, UNCLEAR, FAILED, MALFORMED = "wrong password", "unclear", "failed", "malformed"
_LINES = 40


def check_access(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict[str, Any]]:
    """The whole of module access_check: parameters -> results, and what else it returns.

    An account that the server does not know is asked for nothing more. Raises PulpError when
    nobody answers, and InvalidItem when nothing is pinned.
    """
    refuse_unknown_keys(params)
    resolved, selected = ResolvedPins([], [], [], []), "selected 0 of 0"
    if params["package_versions"] is not None:
        resolved, selected = read_pins(params, "mirror")
    for warning in resolved.warnings:
        server.report.warn(warning)
    images = container_pins(params["container_tags"], params["container_namespace"])
    if params["package_versions"] is None and not images:
        raise InvalidItem(
            "nothing is pinned: container_tags is empty, and package_versions not given"
        )
    connection = server.client.connection
    app = ContentApp(connection)
    registry = Registry(connection, [pin.name for _result, pin in images if not pin.mistake])
    account = identify_account(app, connection)
    check, container_image_check = _Check(app, account), ContainerImageCheck(registry, account)
    pairs: list[tuple[Result, Pin | ContainerPin | None]] = [
        *((_result(pin), pin) for pin in resolved.pins),
        *((_malformed(error, params), None) for error in resolved.errors),
        *images,
    ]

    def walk(pin: Pin | ContainerPin | None, result: Result) -> None:
        if isinstance(pin, ContainerPin):
            container_image_check.walk(pin, result)
        elif pin:
            check.walk(pin, result)

    results = run_all(pairs, walk, server.write_concurrency(), server.report)
    return results, {
        "selected": selected,
        "unknown_pins": resolved.unknown,
        "account": account.status,
        "lines": _lines(results, account),
        "statistics": {
            "requests": app.request_count + registry.request_count,
            "polls": 0,
            "tasks": 0,
        },
    }


def metadata_paths(pin: Pin) -> list[str]:
    """Files below a snapshot's base path of which one is there when anything is: the metadata that
    a mirror begins with. A suite that ends in a slash is a folder of its own, without `dists`."""
    if pin.content_type == "rpm":
        return ["repodata/repomd.xml"]
    suite = ((pin.repository.distributions or "").split() or [""])[0]
    if not suite:
        return [""]
    directory = suite.strip("/.") if suite.endswith("/") else f"dists/{suite}"
    return [f"{directory}/{file}".lstrip("/") for file in ("Release", "InRelease")]


class _Check:
    """What is known of the account, and how one pin is looked at."""

    def __init__(self, app: ContentApp, account: Account) -> None:
        self._app = app
        self._account = account

    def walk(self, pin: Pin, result: Result) -> None:
        """Fill in a result: `access`, and as its error why nothing is served, with the way out."""
        access, words = self._look(pin)
        result.more["access"] = access
        if access != SERVED:
            result.more["cause"] = access
            result.error = words

    def _look(self, pin: Pin) -> tuple[str, str]:
        if self._account.is_refused:
            return WRONG_PASSWORD, self._account.refusal
        files = [f"{pin.snapshot_path}/{file}" for file in metadata_paths(pin)]
        status, path = 0, ""
        for path in files:
            status = self._app.file_status(path)
            if status != 404:
                break
        if status == 200:
            return SERVED, ""
        if status in (401, 403):
            return self._refused(path)
        if status == 404:
            return self._not_found(pin)
        base = self._account.pulp_url
        return FAILED, f"{base} answers HTTP {status} to a request for it: ask its operators"

    def _refused(self, path: str) -> tuple[str, str]:
        if self._account.is_nobody:
            return FORBIDDEN, (
                "it is there and not public, and no account was given: give username and password"
            )
        who = self._account.description
        why = (
            self._app.denial_reason(path)
            if self._account.status == UNKNOWN_ACCOUNT
            else AUTHENTICATED
        )
        if why == AUTHENTICATED:
            return FORBIDDEN, (
                f"it is there and kept from {who}: it is not promoted yet (package_promote "
                "on Ark), or the account is not in the group that may read it (access_control)"
            )
        if why == REFUSED:
            return WRONG_PASSWORD, self._account.refusal
        return UNCLEAR, (
            f"it is kept from {who}: a wrong password, or no permission; {self._account.pulp_url} does not "
            "say which"
        )

    def _not_found(self, pin: Pin) -> tuple[str, str]:
        base, directory = self._account.pulp_url, pin.repository.base_path
        stamps = sorted(filter(is_stamp, self._app.subdirectories(directory)))
        if pin.stamp in stamps:
            return EMPTY, (
                f"it is there and serves no {metadata_paths(pin)[0] or 'content'}: pin another stamp, "
                f"or correct the item '{pin.repository.name}'"
            )
        if not stamps:
            return MISSING, (
                f"{base} has no snapshot below {directory}: correct base_path, or take one "
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


def _lines(results: Sequence[Result], account: Account) -> list[str]:
    """A line for each problem, or one for all where it is the same, and last the counts."""
    problems = [one for one in results if one.more["access"] not in (SERVED, PULLABLE)]
    lines = [account.refusal] if account.is_refused else _told(problems)
    lines += account.remarks
    images = [result for result in results if result.type == "image"]
    snapshots = [result for result in results if result.type != "image"]
    for what, chosen in (("snapshot", snapshots), ("image tag", images)):
        if chosen:
            counts = Counter(result.more["access"] for result in chosen)
            told = ", ".join(f"{number} {access}" for access, number in counts.most_common())
            many = f"{len(chosen)} pinned {what}{'' if len(chosen) == 1 else 's'}"
            lines.append(f"{many}, {account.description}, {account.pulp_url}: {told}")
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
