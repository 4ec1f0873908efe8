# SPDX-License-Identifier: Apache-2.0
"""What of a snapshot's changes an operator wants to know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ..content.packages import Changes, Package, package_count, read_changes
from ..errors import OperatorError
from ..objects.pinned_source import version_number
from ..pulp.errors import PulpError
from ..pulp.server import Server
from ..report.report import Result
from .newest import RepositorySnapshot

# Packages whose new version an operator plans for: names of RPM and of Deb packages.
NOTABLE = (
    "kernel",
    "linux-image-generic",
    "openssl",
    "glibc",
    "libc6",
    "systemd",
    "openssh-server",
    "libvirt",
    "libvirt-daemon",
    "qemu-kvm",
    "qemu-system-x86",
    "docker-ce",
    "containerd.io",
    "podman",
    "ovn.*",
    "openvswitch.*",
    "ceph",
    "mariadb-server",
    "rabbitmq-server",
)
_MAX_NAMED = 12
_DIGITS = re.compile(r"(\d+)")


class ChangesError(OperatorError):
    """A pattern that is none."""


def notable_pattern(names: Sequence[str]) -> re.Pattern[str]:
    """One pattern of regular expressions that match whole names. Raises ChangesError."""
    for name in names:
        try:
            re.compile(name)
        except re.error as error:
            raise ChangesError(f"notable: '{name}' is no regular expression: {error}") from error
    return re.compile("|".join(f"(?:{name})" for name in names) or r"(?!)")


def record_changes(
    server: Server, one: RepositorySnapshot, before: str, notable: re.Pattern[str], result: Result
) -> None:
    """Note in the result which packages a sync brought since version `before` (href).

    A server that cannot say so is a warning, and no reason to fail.
    """
    after = (one.state.repository or {})["latest_version_href"]
    number = result.more["packages_added"] + result.more["packages_removed"]
    try:
        changes = read_changes(server.client, one.content_type, before, after, number)
    except PulpError as error:
        server.report.warn(f"{result.name}: Pulp does not tell which packages changed: {error}")
        return
    if changes:
        result.more.update(describe_changes(changes, notable))


def describe_changes(changes: Changes, notable: re.Pattern[str]) -> dict[str, Any]:
    """`packages_upgraded`: how many of the added packages replace or join another version of
    themselves; `notable`: those that matter, `kernel 5.14-1 -> 5.14-2`."""
    there = {(package.name, package.arch) for package in (*changes.earlier, *changes.removed)}
    upgraded = {(package.name, package.arch) for package in changes.added} & there
    added = _newest(changes.added, notable)
    before = _newest((*changes.earlier, *changes.removed), notable)
    told = []
    for name in sorted({*added, *_newest(changes.removed, notable)}):
        old, new = before.get(name), added.get(name)
        if new is None:
            told.append(f"{name} {old} removed")
        else:
            told.append(f"{name} {old} -> {new}" if old else f"{name} {new}")
    more = [f"{len(told) - _MAX_NAMED} more"] if len(told) > _MAX_NAMED else []
    return {"packages_upgraded": len(upgraded), "notable": [*told[:_MAX_NAMED], *more]}


def has_shrunk(before: int, after: int, limit: float) -> bool:
    """Whether `after` is more than `limit` percent less than `before`."""
    return before > 0 and (before - after) * 100 > limit * before


def _newest(packages: Iterable[Package], notable: re.Pattern[str]) -> dict[str, str]:
    """Name to the highest version, of those that matter; numbers within count as numbers."""
    newest: dict[str, str] = {}
    for package in packages:
        if notable.fullmatch(package.name):
            known = newest.get(package.name)
            if known is None or _order(package.version) > _order(known):
                newest[package.name] = package.version
    return newest


def _order(version: str) -> list[tuple[int, str]]:
    return [
        (int(part), "") if part.isdigit() else (-1, part) for part in _DIGITS.split(version) if part
    ]


SHRUNK_LABEL = "release_train_shrunk"
"""On a distribution: how many packages the last snapshot had that was not marked."""


def shrunk_label(
    server: Server,
    one: RepositorySnapshot,
    version: str,
    guard: str | None,
    limit: float,
    result: Result,
) -> dict[str, str]:
    """The labels of the snapshot that is going to serve `version`, none where nothing is odd.

    It is compared with the newest snapshot; where that one is marked itself, and still has the
    guard (href) of what is not released, with what that was compared with: a broken upstream is
    not the usual state because it lasts two days. Notes `shrunk` in the result.
    """
    if one.newest_version is None:
        return {}
    label = ((one.newest or {}).get("pulp_labels") or {}).get(SHRUNK_LABEL, "")
    marked = label.isdigit() and (one.newest or {}).get("content_guard") == guard
    more = result.more
    # What the sync has just counted need not be asked for.
    if "packages" in more and version_number(one.newest_version) == more["version_before"]:
        after = more["packages"]
        before = after - more["packages_added"] + more["packages_removed"]
    else:
        after = package_count(server.client, one.content_type, version)
        before = 0 if marked else package_count(server.client, one.content_type, one.newest_version)
    if marked:
        before = int(label)
    if not has_shrunk(before, after, limit):
        return {}
    more["shrunk"] = {"before": before, "after": after}
    return {SHRUNK_LABEL: str(before)}
