# SPDX-License-Identifier: Apache-2.0
"""Locks, packages and advisories for the tests, and a reader of repositories in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from plugins.module_utils.errors import OperatorError
from plugins.module_utils.lock.difference import compare_locks
from plugins.module_utils.metadata.packages import Advisory, Package


def lock(**sections: Any) -> dict[str, Any]:
    """Return a lock with these sections."""
    empty: dict[str, Any] = {"packages": {}, "containers": {}, "images": {}, "sources": {}}
    return {
        "lock_version": 1,
        "name": "2026.1-20261122T093000",
        "source": {"pulp": "https://ark.example.com"},
        **empty,
        "evidence": [],
        **sections,
    }


def repository(stamp: str, count: int = 1) -> dict[str, Any]:
    """Return the entry of a package repository; its digests are made of the stamp."""
    return {
        "stamp": stamp,
        "base_path": f"path/{stamp}",
        "metadata": {"repodata/repomd.xml": f"sha256:{stamp}"},
        "packages": {"count": count, "digest": f"sha256:{stamp}"},
    }


def package(
    name: str, version: str, arch: str = "x86_64", checksum: str = "0", location: str = ""
) -> Package:
    """Return a package with a short checksum."""
    return Package(name, arch, version, f"sha256:{checksum}", 10, location or f"Packages/{name}")


def advisory(
    name: str,
    type: str = "security",
    severity: str = "Important",
    cves: Sequence[str] = (),
) -> Advisory:
    """Return an advisory for bash."""
    packages = (("bash", "x86_64", "5.2-1"), ("bash", "i686", "5.2-1"))
    return Advisory(name, type, severity, f"title of {name}", "2026-11-20", tuple(cves), packages)


class Reader:
    """Repositories by their stamps; `fails` is the stamp of one that does not exist."""

    def __init__(
        self,
        packages: Mapping[str, Sequence[Package]] | None = None,
        advisories: Mapping[str, Sequence[Advisory]] | None = None,
        fails: str = "",
    ) -> None:
        self._packages = packages or {}
        self._advisories = advisories or {}
        self._fails = fails

    def packages(
        self, content_type: str, short_name: str, entry: Mapping[str, Any]
    ) -> Iterator[Package]:
        """Yield the packages of a repository."""
        if self._fails in ("packages", entry["stamp"]):
            raise OperatorError(f"{entry['stamp']}: not found")
        yield from self._packages[entry["stamp"]]

    def advisories(
        self, content_type: str, short_name: str, entry: Mapping[str, Any]
    ) -> Iterator[Advisory]:
        """Yield the advisories of a repository."""
        yield from self._advisories.get(entry["stamp"], ())


SERIES = "2026.1-rocky-10-"
HOSTILE = "<script>alert(1)</script>"


def digest(text: str) -> str:
    """Return the SHA-256 of a text as in a lock."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def large_difference() -> dict[str, Any]:
    """Compare two locks: 30 repositories, 2,000 packages, 150 images, 60 security advisories."""
    packages: dict[str, list[Package]] = {"1": [], "2": [package(f"new-{HOSTILE}", "1-1")]}
    for number in range(67):
        name = f"{'kernel' if number % 10 == 0 else 'a-package'}-with-a-name-{number:03}"
        version = f"5.14.0-{number}.el9_6"
        packages["1"].append(package(name, version))
        changed = f"5.14.0-{number + (2 if number % 9 else -1)}.13.1.el9_7"
        if number % 15:
            packages["2"].append(package(name, changed))
    advisories = [
        advisory(
            f"RLSA-2026:{number:05}",
            severity=("Critical", "Important", "Moderate", "Low")[number % 4],
            cves=[f"CVE-2026-{10000 + 50 * number + one}" for one in range(1 + number % 30)],
        )
        for number in range(60)
    ]
    reader = Reader({key: sorted(found) for key, found in packages.items()}, {"2": advisories})
    locks = [_large_lock(stamp) for stamp in "12"]
    return compare_locks(*locks, reader)


def _large_lock(stamp: str) -> dict[str, Any]:
    names = [f"repository_{number}" for number in range(30)]
    return lock(
        name=f"2026.1-2026112{stamp}T093000",
        packages={"rpm": {name: repository(stamp, 1000) for name in names}},
        containers={
            f"stackhpc/service-{number}": {
                f"{SERIES}2026112{stamp}T101112": digest(f"{number} {stamp}"),
                "latest": digest(f"{number} {stamp}"),
            }
            for number in range(150)
        },
        images={
            "rocky_10_overcloud": {
                "version": f"2026.1-2026112{stamp}T000000",
                "base_path": "kayobe-images",
                "files": {"overcloud-rocky-10.qcow2": {"sha256": digest(stamp)[7:], "size": 2**30}},
            }
        },
        sources={
            "kolla-ansible": {
                "repository": "https://github.com/stackhpc/kolla-ansible",
                "ref": "stackhpc/2026.1",
                "commit": digest(stamp)[7:47],
            }
        },
    )


def huge_difference(every: int = 1) -> dict[str, Any]:
    """Compare two locks with 60 repositories and 40,020 packages, of which each n-th changes."""
    packages: dict[str, list[Package]] = {}
    locks = [_large_lock(stamp) for stamp in "12"]
    for stamp, one in zip("12", locks):
        one["packages"] = {"rpm": {}}
        for number in range(60):
            short_name, key = f"rocky_9_repository_{number:02}", f"{stamp}-{number:02}"
            one["packages"]["rpm"][short_name] = repository(key, 667)
            packages[key] = [
                package(
                    f"package-{number:02}-{index:03}",
                    f"5.14.0-{index}.{1 if index % every else stamp}.el9_7",
                )
                for index in range(667)
            ]
    return compare_locks(*locks, Reader(packages))
