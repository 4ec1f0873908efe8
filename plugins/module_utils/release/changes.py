# SPDX-License-Identifier: Apache-2.0
"""Which packages a sync changed, as an operator reads it, and whether too many were removed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import OperatorError
from ..objects.sync import SyncOutcome
from ..pulp.reader import Reader, in_chunks, version_number
from ..pulp.server import Server
from ..pulp.types import ContentType
from .newest import SnapshotItem

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
# A change of more packages takes too long to read.
MAX_CHANGES = 2000
_MAX_NAMED = 12
_DIGITS = re.compile(r"(\d+)")


class ChangesError(OperatorError):
    """An invalid regular expression."""


@dataclass(frozen=True)
class Package:
    """One package. `version` is epoch, version and release of an RPM package."""

    name: str
    arch: str
    version: str


@dataclass(frozen=True)
class Changes:
    """What a version changed. `earlier`: packages of the version before that have the name of an
    added one."""

    added: list[Package]
    removed: list[Package]
    earlier: list[Package]


def notable_pattern(names: Sequence[str]) -> re.Pattern[str]:
    """One pattern of regular expressions that match whole names. Raises ChangesError."""
    for name in names:
        try:
            re.compile(name)
        except re.error as error:
            raise ChangesError(
                f"notable: '{name}' is not a valid regular expression: {error}"
            ) from error
    return re.compile("|".join(f"(?:{name})" for name in names) or r"(?!)")


def read_changes(reader: Reader, content_type: ContentType, before: str, after: str) -> Changes:
    """The packages that differ between two versions (hrefs) that follow each other."""
    added = _read(reader, content_type, {"repository_version_added": after})
    removed = _read(reader, content_type, {"repository_version_removed": after})
    earlier: list[Package] = []
    for chunk in in_chunks(sorted({package.name for package in added})):
        names = {f"{content_type.package_fields[0]}__in": ",".join(chunk)}
        earlier += _read(reader, content_type, {"repository_version": before, **names})
    return Changes(added, removed, earlier)


def package_count(reader: Reader, content_type: ContentType, version: str) -> int:
    """How many packages a repository version (href) has."""
    summary = reader.get(version, {"fields": "content_summary"})["content_summary"]
    return int(summary["present"].get(content_type.content_unit, {}).get("count", 0))


def _read(reader: Reader, content_type: ContentType, filters: dict[str, Any]) -> list[Package]:
    name, arch, *version = content_type.package_fields
    fields = ",".join(content_type.package_fields)
    return [
        Package(
            entry[name], entry[arch], _package_version([str(entry[part] or "") for part in version])
        )
        for entry in reader.list(content_type.packages, {**filters, "fields": fields})
    ]


def _package_version(parts: list[str]) -> str:
    """`1:2.3-4`, as rpm writes it: without an epoch of 0. Other types have one part."""
    if len(parts) < 3:
        return parts[0]
    epoch, version, release = parts
    return f"{epoch}:{version}-{release}" if epoch not in ("", "0") else f"{version}-{release}"


def describe_changes(changes: Changes, notable: re.Pattern[str]) -> dict[str, Any]:
    """The changes as a result shows them.

    `packages_upgraded`: how many of the added packages were there in another version, removed or
    kept. `notable`: the changes of those that match the pattern, `kernel 5.14-1 -> 5.14-2`.
    """
    known = {(package.name, package.arch) for package in (*changes.earlier, *changes.removed)}
    upgraded = {(package.name, package.arch) for package in changes.added} & known
    added = _newest(changes.added, notable)
    before = _newest((*changes.earlier, *changes.removed), notable)
    lines = []
    for name in sorted({*added, *_newest(changes.removed, notable)}):
        old, new = before.get(name), added.get(name)
        if new is None:
            lines.append(f"{name} {old} removed")
        else:
            lines.append(f"{name} {old} -> {new}" if old else f"{name} {new}")
    more = [f"{len(lines) - _MAX_NAMED} more"] if len(lines) > _MAX_NAMED else []
    return {"packages_upgraded": len(upgraded), "notable": [*lines[:_MAX_NAMED], *more]}


def _newest(packages: Iterable[Package], notable: re.Pattern[str]) -> dict[str, str]:
    """Name -> highest version, of the packages that match; digits are compared as numbers."""
    newest: dict[str, str] = {}
    for package in packages:
        if notable.fullmatch(package.name):
            known = newest.get(package.name)
            if known is None or _sort_key(package.version) > _sort_key(known):
                newest[package.name] = package.version
    return newest


def _sort_key(version: str) -> list[tuple[int, str]]:
    return [
        (int(part), "") if part.isdigit() else (-1, part) for part in _DIGITS.split(version) if part
    ]


SHRUNK_LABEL = "release_train_shrunk"
"""On a distribution: how many packages the last snapshot had that was not flagged, 0 without one."""


@dataclass(frozen=True)
class PackageCounts:
    """How many packages the snapshot before has (0 without one), and the new one."""

    before: int
    after: int

    def has_shrunk(self, limit: float) -> bool:
        """Whether there are fewer packages now, by more than this percentage."""
        return self.before > 0 and (self.before - self.after) * 100 > limit * self.before

    @property
    def is_empty(self) -> bool:
        """Whether the new snapshot has no packages."""
        return self.after == 0


def count_packages(
    server: Server,
    item: SnapshotItem,
    guard: str | None,
    outcome: SyncOutcome | None = None,
) -> PackageCounts:
    """Compare the latest version with the newest snapshot.

    Where the newest snapshot is flagged itself, and still has the `guard` (href) of snapshots that
    are not released, its label counts: a broken upstream does not become normal after two runs.
    """
    reader, content_type, newest = server.client, item.content_type, item.newest
    if newest is None or not newest.version:
        counted = outcome.packages if outcome else None
        if counted is None:
            counted = package_count(reader, content_type, item.state.latest_version)
        return PackageCounts(0, counted)
    label = newest.labels.get(SHRUNK_LABEL, "")
    flagged = label.isdigit() and newest.guard == guard
    number = version_number(newest.version)
    if outcome and outcome.packages is not None and outcome.version_before == number:
        # The sync has counted them already.
        after = outcome.packages
        before = after - outcome.packages_added + outcome.packages_removed
    else:
        after = package_count(reader, content_type, item.state.latest_version)
        before = 0 if flagged else package_count(reader, content_type, newest.version)
    return PackageCounts(int(label) if flagged else before, after)
