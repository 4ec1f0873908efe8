# SPDX-License-Identifier: Apache-2.0
"""Changes of packages as lists of added, removed, upgraded and downgraded ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import OperatorError

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
_RPM_PARTS = re.compile(r"[0-9]+|[A-Za-z]+|~|\^")
_DEB_PARTS = re.compile(r"([^0-9]*)([0-9]*)")
# Before the end of an RPM version (0) comes `~`, and after it all else.
_RPM_RANKS = {"~": -1, "^": 1}

VersionKey = list[tuple[int, int, str]]
"""What versions are sorted by."""


class ChangesError(OperatorError):
    """An invalid regular expression."""


@dataclass(frozen=True)
class Package:
    """One package. `version` is epoch, version and release; `unit` the href of the content unit."""

    name: str
    arch: str
    version: str
    unit: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the package as a report has it."""
        return {"name": self.name, "arch": self.arch, "version": self.version}


@dataclass(frozen=True)
class Changes:
    """What differs between two versions of a repository. `earlier`: packages of the version before
    that have the name of an added one."""

    added: list[Package]
    removed: list[Package]
    earlier: list[Package]
    content_type: str = "rpm"

    def sort_key(self, package: Package) -> VersionKey:
        """Return what the versions of packages are sorted by."""
        return version_key(package.version, self.content_type)


@dataclass(frozen=True)
class Replacement:
    """A package of which there was another version before."""

    before: Package
    after: Package

    def as_dict(self) -> dict[str, str]:
        """Return the package as a report has it, with its version before."""
        return {**self.after.as_dict(), "before": self.before.version}


@dataclass(frozen=True)
class PackageLists:
    """Changes as an operator reads them: each added and each removed package is in one list."""

    added: list[Package]
    removed: list[Package]
    upgraded: list[Replacement]
    downgraded: list[Replacement]

    def as_dict(self) -> dict[str, list[dict[str, str]]]:
        """Return the lists as a report has them."""
        lists = vars(self).items()
        return {name: [entry.as_dict() for entry in entries] for name, entries in lists}


def version_key(version: str, content_type: str) -> VersionKey:
    """Return what a version is sorted by, as rpm (rpmvercmp) or dpkg (deb-version(7)) sorts it."""
    epoch, _colon, rest = version.rpartition(":")
    upstream, _dash, release = rest.rpartition("-") if "-" in rest else (rest, "", "")
    parts = _deb_key if content_type == "deb" else _rpm_key
    return [_number(epoch), *parts(upstream), *parts(release)]


def _number(digits: str) -> tuple[int, int, str]:
    # Not an integer: Python refuses to convert thousands of digits.
    digits = digits.lstrip("0")
    return (3, len(digits), digits)


def _rpm_key(text: str) -> VersionKey:
    parts = _RPM_PARTS.findall(text)
    keys = [
        _number(part) if part[0].isdigit() else (_RPM_RANKS.get(part, 2), 0, part) for part in parts
    ]
    return [*keys, (0, 0, "")]


def _deb_key(text: str) -> VersionKey:
    key: VersionKey = []
    for other, digits in _DEB_PARTS.findall(text):
        # `~` is before the end, then letters, then all else.
        for character in other:
            rank = -1 if character == "~" else 1 if character.isalpha() else 2
            key.append((rank, 0, character))
        key += [(0, 0, ""), _number(digits)]
    return key


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


def list_packages(changes: Changes) -> PackageLists:
    """Sort changes into lists.

    Of the packages of one name and architecture, the highest added version replaces the highest one
    before. A lower one replaces it only if it was removed.
    """
    before = _highest(changes, (*changes.earlier, *changes.removed))
    removed = set(changes.removed)
    upgraded, downgraded = [], []
    for key, after in _highest(changes, changes.added).items():
        old = before.get(key)
        if old is None:
            continue
        order = [changes.sort_key(old), changes.sort_key(after)]
        if order[0] < order[1]:
            upgraded.append(Replacement(old, after))
        elif order[0] > order[1] and old in removed:
            downgraded.append(Replacement(old, after))
    replaced = {package for one in (*upgraded, *downgraded) for package in (one.before, one.after)}

    def rest(packages: Iterable[Package]) -> list[Package]:
        left = [one for one in packages if one not in replaced]
        return sorted(left, key=lambda one: (one.name, one.arch, one.version))

    for replacements in (upgraded, downgraded):
        replacements.sort(key=lambda one: (one.after.name, one.after.arch))
    return PackageLists(rest(changes.added), rest(changes.removed), upgraded, downgraded)


def _highest(changes: Changes, packages: Iterable[Package]) -> dict[tuple[str, str], Package]:
    """(name, architecture) -> the package with the highest version."""
    highest: dict[tuple[str, str], Package] = {}
    for package in packages:
        key = (package.name, package.arch)
        known = highest.get(key)
        if known is None or changes.sort_key(package) > changes.sort_key(known):
            highest[key] = package
    return highest


def describe_changes(changes: Changes, notable: re.Pattern[str]) -> dict[str, Any]:
    """The changes as a result shows them.

    `packages_upgraded`, `packages_downgraded`: how many of the added packages replace another
    version. `notable`: the changes of those that match the pattern, `kernel 5.14-1 -> 5.14-2`.
    """
    lists = list_packages(changes)
    added = _newest(changes, changes.added, notable)
    removed = _newest(changes, changes.removed, notable)
    before = _newest(changes, (*changes.earlier, *changes.removed), notable)
    lines = []
    for name in sorted({*added, *removed}):
        old, new = before.get(name), added.get(name)
        if new is None:
            lines.append(f"{name} {old} removed")
        else:
            lines.append(f"{name} {old} -> {new}" if old else f"{name} {new}")
    more = [f"{len(lines) - _MAX_NAMED} more"] if len(lines) > _MAX_NAMED else []
    return {
        "packages_upgraded": len(lists.upgraded),
        **({"packages_downgraded": len(lists.downgraded)} if lists.downgraded else {}),
        "notable": [*lines[:_MAX_NAMED], *more],
    }


def _newest(
    changes: Changes, packages: Iterable[Package], notable: re.Pattern[str]
) -> dict[str, str]:
    """Name -> highest version, of the packages that match."""
    matching = [package for package in packages if notable.fullmatch(package.name)]
    matching.sort(key=changes.sort_key)
    return {package.name: package.version for package in matching}
