# SPDX-License-Identifier: Apache-2.0
"""Check whether an account can read the pinned snapshots and pull the pinned container images, and
report the reason if it cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..container.registry import Registry
from ..content.apt_release import release_paths
from ..inventory.container_pins import IMAGE_NAME
from ..inventory.pins import Pin, ResolvedPins, unknown_pins_text
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

# Values of `access` in a result.
SERVED, PULLABLE = "served", "pullable"
FORBIDDEN, WRONG_PASSWORD, UNCLEAR = "forbidden", "wrong password", "unclear"
MISSING, EMPTY = "missing", "empty"
MISSING_TAG, MISSING_IMAGE = "missing tag", "missing image"
FAILED, MALFORMED = "failed", "malformed"
_MAX_LINES = 40


@dataclass(frozen=True)
class ContainerPin:
    """One tag of one container image, `<namespace>/<image>`; `mistake` is the reason why it cannot be
    checked."""

    name: str
    tag: str
    mistake: str = ""


@dataclass(frozen=True)
class _Words:
    """Terms for what a pin is of: its `version`, and the playbooks for it on Ark."""

    what: str
    version: str
    promotion: str
    creation: str


_SNAPSHOT = _Words(
    "snapshot", "stamp", "package_promote", "create a snapshot (package_sync on Ark)"
)
_DISK_IMAGE = _Words("disk image", "version", "image_promote", "upload it (image_upload on Ark)")
# Of a disk image: the newest version is served at this path, too.
_LATEST = "latest"


@dataclass(frozen=True)
class Account:
    """The account whose access is checked; `status` is one of those of pulp/content_app.py."""

    pulp_url: str
    description: str
    status: str

    @property
    def is_anonymous(self) -> bool:
        """Whether no account was given."""
        return self.status == ANONYMOUS

    @property
    def is_refused(self) -> bool:
        """Whether the server refuses the credentials, so that no further request is needed."""
        return self.status == REFUSED

    @property
    def refusal(self) -> str:
        """The error for refused credentials."""
        return (
            f"{self.pulp_url} does not know {self.description} with this password: it is wrong, or "
            "the account is disabled. The operators of that server set it with access_control"
        )

    @property
    def remarks(self) -> list[str]:
        """Lines about the account itself."""
        if self.status != ADMINISTRATOR:
            return []
        return [
            f"{self.description} is an administrator of {self.pulp_url} and may read everything, so "
            "this does not check a client's access: set the username and password of the client"
        ]


def read_package_pins(server: Server, params: Mapping[str, Any]) -> tuple[ResolvedPins, str]:
    """Return the selected pins of `package_versions`, none without it, and how many these are as text.

    Their warnings are reported.
    """
    refuse_unknown_keys(params)
    if params["package_versions"] is None:
        return ResolvedPins([], [], [], []), "selected 0 of 0"
    resolved, selected = read_pins(params, "mirror")
    for warning in resolved.warnings:
        server.report.warn(warning)
    return resolved, selected


def check_access(server: Server, params: Mapping[str, Any]) -> tuple[list[Result], dict[str, Any]]:
    """Carry out module access_check: parameters -> results, and what else the module returns.

    Raises PulpError if the server cannot be reached, and InvalidItem if nothing is pinned.
    """
    resolved, selected = read_package_pins(server, params)
    images = container_pins(params["container_tags"], params["container_namespace"])
    if params["package_versions"] is None and not images:
        raise InvalidItem("nothing is pinned: set package_versions, or tags in container_tags")
    connection = server.client.connection
    app = ContentApp(connection)
    registry = Registry(connection, [pin.name for _result, pin in images if not pin.mistake])
    account = identify_account(app, connection)
    snapshot_check = SnapshotCheck(app, account)
    container_image_check = ContainerImageCheck(registry, account)
    pairs: list[tuple[Result, Pin | ContainerPin | None]] = [
        *((_snapshot_result(pin), pin) for pin in resolved.pins),
        *((_malformed_result(error, params), None) for error in resolved.errors),
        *images,
    ]

    def run(pin: Pin | ContainerPin | None, result: Result) -> None:
        if isinstance(pin, ContainerPin):
            container_image_check.run(pin, result)
        elif pin:
            snapshot_check.run(pin, result)

    results = run_all(pairs, run, server.write_concurrency(), server.report)
    counts = _counts(results, account, unknown_pins_text(resolved.unknown))
    requests = app.request_count + registry.request_count
    return results, {
        "selected": selected,
        "unknown_pins": resolved.unknown,
        "account": account.status,
        "lines": [*_lines(results, account), *counts],
        "answer": "; ".join(counts),
        "statistics": {"requests": requests, "polls": 0, "tasks": 0},
    }


def identify_account(app: ContentApp, connection: Connection) -> Account:
    """Return the account as the server sees it. Raises PulpError if it cannot be reached."""
    username = connection.username
    description = f"user '{username}'" if username else "a request without an account"
    try:
        return Account(connection.pulp_url, description, app.whoami())
    except TLSError:
        raise
    except (Unreachable, LostResponse) as error:
        raise PulpError(
            f"nothing was checked: {error}. Correct its URL, or check the network, the firewall and "
            "the proxy between this host and that server"
        ) from error


def container_pins(
    tags: Mapping[str, str | Sequence[str]] | None, namespace: str
) -> list[tuple[Result, ContainerPin]]:
    """Return a pin, and a result for it, for each tag in a map of images to a tag or a list of
    tags."""
    pairs = []
    for image, value in (tags or {}).items():
        listed = value if isinstance(value, (list, tuple)) else [value]
        for tag in listed or [""]:
            pin = _container_pin(f"{namespace}/{image}", tag if isinstance(tag, str) else "")
            more = {"short_name": str(image), "stamp": pin.tag, "access": FAILED}
            pairs.append((Result(f"{pin.name}:{pin.tag}", "image", more=more), pin))
    return pairs


def _container_pin(name: str, tag: str) -> ContainerPin:
    mistake = ""
    if not IMAGE_NAME.fullmatch(name):
        mistake = f"invalid image name '{name}': correct container_tags"
    elif not tag:
        mistake = "the pin is neither a tag nor a list of tags: correct container_tags"
    return ContainerPin(name, tag, mistake)


def _snapshot_result(pin: Pin) -> Result:
    more = {
        "short_name": pin.short_name,
        "stamp": pin.stamp,
        "base_path": pin.snapshot_path,
        "access": FAILED,
    }
    return Result(pin.snapshot_name, pin.content_type, more=more)


def _malformed_result(error: ItemError, params: Mapping[str, Any]) -> Result:
    stamp = params["package_versions"][error.short_name]
    more = {"short_name": error.short_name, "stamp": stamp, "access": MALFORMED, "cause": MALFORMED}
    return Result(error.name, error.content_type, error=error.message, more=more)


def _set_access(result: Result, access: str, reason: str) -> None:
    """Set `access` of a result, and the reason why the account does not have it as its error."""
    result.more["access"] = access
    if reason:
        result.more["cause"] = access
        result.error = reason


class SnapshotCheck:
    """Checks whether an account can read snapshots of package repositories and disk images."""

    def __init__(self, app: ContentApp, account: Account) -> None:
        self._app = app
        self._account = account

    def run(self, pin: Pin, result: Result) -> None:
        """Check one snapshot: sets `access`, and the error."""
        _set_access(result, *self._check(pin))

    def _check(self, pin: Pin) -> tuple[str, str]:
        if self._account.is_refused:
            return WRONG_PASSWORD, self._account.refusal
        status, path = metadata_status(self._app, pin)
        if status == 200:
            return SERVED, ""
        if status in (401, 403):
            return self._denied(path, _words_of(pin))
        if status == 404:
            return self._not_found(pin, _words_of(pin))
        return FAILED, _unexpected_status(self._account, status)

    def _denied(self, path: str, words: _Words) -> tuple[str, str]:
        account = self._account
        if account.is_anonymous:
            return FORBIDDEN, (
                f"the {words.what} is not public, and no account was given: set username and password"
            )
        reason = AUTHENTICATED
        if account.status == UNKNOWN_ACCOUNT:
            reason = self._app.denial_reason(path)
        if reason == AUTHENTICATED:
            return FORBIDDEN, (
                f"{account.description} may not read the {words.what}: it is not promoted yet "
                f"({words.promotion} on Ark), or the account is not in a group that may read it "
                "(access_control)"
            )
        if reason == REFUSED:
            return WRONG_PASSWORD, account.refusal
        return UNCLEAR, (
            f"{account.description} may not read the {words.what}: the password is wrong, or the "
            f"account has no permission. {account.pulp_url} does not report which"
        )

    def _not_found(self, pin: Pin, words: _Words) -> tuple[str, str]:
        pulp_url, base_path = self._account.pulp_url, pin.repository.base_path
        versions = sorted(
            name
            for name in self._app.subdirectories(base_path)
            if is_stamp(name) or (words is _DISK_IMAGE and name != _LATEST)
        )
        if pin.stamp in versions:
            return EMPTY, (
                f"the {words.what} exists, but serves no {metadata_paths(pin)[0] or 'content'}: pin "
                f"another {words.version}, or correct the item '{pin.repository.name}'"
            )
        if not versions:
            return MISSING, (
                f"{pulp_url} has no {words.what} below {base_path}: correct base_path, or "
                f"{words.creation}"
            )
        return MISSING, (
            f"{pulp_url} has no {words.what} of this {words.version}, {_newest_of(len(versions))} "
            f"{versions[-1]}: correct the pin"
        )


class ImageAdvice(NamedTuple):
    """What an image that is served was, and what to do about one (`%s`) that is not."""

    state: str = "released (container_promote on Ark)"
    action: str = "release the %s (container_promote on Ark)"


_PROMOTION = ImageAdvice()


class ContainerImageCheck:
    """Checks whether an account can pull container images."""

    def __init__(
        self, registry: Registry, account: Account, advice: ImageAdvice = _PROMOTION
    ) -> None:
        self._registry = registry
        self._account = account
        self._advice = advice

    def run(self, pin: ContainerPin, result: Result) -> None:
        """Check one tag: sets `access`, `digest`, and the error."""
        _set_access(result, *self._check(pin, result))

    def _check(self, pin: ContainerPin, result: Result) -> tuple[str, str]:
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
            return FORBIDDEN, self._denial(pin)
        if status == 404:
            return self._not_found(pin)
        return FAILED, _unexpected_status(self._account, status)

    def _denial(self, pin: ContainerPin) -> str:
        if self._account.is_anonymous:
            return (
                f"{pin.name} does not exist or is not public, and no account was given: set username "
                "and password"
            )
        return (
            f"{self._account.description} may not pull from {pin.name}: no image of this name is "
            f"{self._advice.state}, or the account is not in a group that may pull from the namespace "
            "(access_control)"
        )

    def _not_found(self, pin: ContainerPin) -> tuple[str, str]:
        pulp_url, tags = self._account.pulp_url, self._registry.tags(pin.name)
        if not tags:
            return MISSING_IMAGE, (
                f"{pulp_url} has no image of this name: correct it, or {self._advice.action % 'image'}"
            )
        # Tags of the same release and distribution, if there are any.
        similar = [tag for tag in tags if _series(tag) == _series(pin.tag)] or tags
        newest = max(similar, key=lambda tag: tag.rpartition("-")[2])
        return MISSING_TAG, (
            f"{pulp_url} has the image without this tag, {_newest_of(len(similar))} {newest}: "
            f"correct the pin, or {self._advice.action % 'tag'}"
        )


def metadata_status(app: ContentApp, pin: Pin) -> tuple[int, str]:
    """Return the HTTP status of the metadata of a snapshot, and its path; 404 if there is none."""
    status, path = 404, ""
    for metadata in metadata_paths(pin):
        path = f"{pin.snapshot_path}/{metadata}"
        status = app.file_status(path)
        if status != 404:
            break
    return status, path


def metadata_paths(pin: Pin) -> list[str]:
    """Return the paths in a snapshot of which at least one exists if it serves anything: the metadata
    that a mirror reads first."""
    if pin.content_type == "rpm":
        return ["repodata/repomd.xml"]
    if pin.content_type == "file":
        return ["PULP_MANIFEST"]
    suite = ((pin.repository.distributions or "").split() or [""])[0]
    return release_paths(suite) if suite else [""]


def _words_of(pin: Pin) -> _Words:
    return _DISK_IMAGE if pin.content_type == "file" else _SNAPSHOT


def _series(tag: str) -> str:
    """Return `2025.1-rocky-9` of `2025.1-rocky-9-<stamp>`; "" for a tag of another form."""
    series, _dash, stamp = tag.rpartition("-")
    return series if is_stamp(stamp) else ""


def _newest_of(count: int) -> str:
    return "the only one is" if count == 1 else f"the newest of {count} is"


def _unexpected_status(account: Account, status: int) -> str:
    return f"{account.pulp_url} responded with HTTP {status}: ask the operators of that server"


def _lines(results: Sequence[Result], account: Account) -> list[str]:
    """Return the lines to print: one for each problem, or one for all if the account is refused."""
    problems = [one for one in results if one.more["access"] not in (SERVED, PULLABLE)]
    lines = [account.refusal] if account.is_refused else _problem_table(problems)
    return [*lines, *account.remarks]


def _counts(results: Sequence[Result], account: Account, unknown: str) -> list[str]:
    """Return a line for snapshots and one for images; `unknown` pins were not checked."""
    lines = []
    images = [result for result in results if result.type == "image"]
    snapshots = [result for result in results if result.type != "image"]
    for noun, checked in (("snapshot", snapshots), ("image tag", images)):
        if checked:
            counter = Counter(result.more["access"] for result in checked)
            counts = ", ".join(f"{number} {access}" for access, number in counter.most_common())
            pinned = f"{len(checked)} pinned {noun}{'' if len(checked) == 1 else 's'}"
            more = f"; {unknown}" if unknown and checked is snapshots else ""
            lines.append(f"{pinned}, {account.description}, {account.pulp_url}: {counts}{more}")
    return lines


def _problem_table(problems: Sequence[Result]) -> list[str]:
    rows = [
        (one.more["short_name"] or one.name, str(one.more["stamp"]), one.more["access"], one.error)
        for one in problems[: _MAX_LINES if len(problems) <= _MAX_LINES else _MAX_LINES - 1]
    ]
    widths = [max(map(len, column)) for column in zip(*rows)][:3]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[3]])
        for row in rows
    ]
    omitted = len(problems) - len(rows)
    return [*lines, f"... and {omitted} more, in the report"] if omitted else lines
