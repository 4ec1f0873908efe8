# SPDX-License-Identifier: Apache-2.0
"""Deb packages, built by dpkg-deb once and then taken from a cache."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from .state import digest
from .tools import EPOCH, exclusive, require, run, state_folder

FORMAT = 1
"""Raise it when a change here changes the bytes of a package."""


@dataclass(frozen=True)
class Deb:
    """One Deb package; `size` adds that many bytes which do not compress."""

    name: str
    version: str = "1.0-1"
    arch: str = "all"
    depends: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    size: int = 0

    @property
    def filename(self) -> str:
        """The name of the file: `<name>_<version without epoch>_<arch>.deb`."""
        return f"{self.name}_{self.version.split(':')[-1]}_{self.arch}.deb"

    @property
    def key(self) -> str:
        """The digest of everything that decides the bytes of the package."""
        return digest(["deb", FORMAT, asdict(self)])

    @property
    def control(self) -> str:
        """The package's control file, which is also the begin of its paragraph in `Packages`."""
        fields = {
            "Package": self.name,
            "Version": self.version,
            "Architecture": self.arch,
            "Maintainer": "Test upstream <upstream@example.org>",
            "Installed-Size": str(1 + self.size // 1024),
            "Depends": ", ".join(self.depends),
            "Provides": ", ".join(self.provides),
            "Section": "misc",
            "Priority": "optional",
            "Description": f"test package {self.name}",
        }
        return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def build_debs(packages: Iterable[Deb]) -> dict[Deb, Path]:
    """Return the file of each package, building those that are not in the cache.

    Each package installs `/usr/share/upstream/<name>`, which holds the line `<name> <version>`.
    """
    builds = state_folder() / "builds"
    files = {package: builds / package.key / package.filename for package in packages}
    if all(path.exists() for path in files.values()):
        return files
    require("dpkg-deb")
    with exclusive("deb"), ThreadPoolExecutor(os.cpu_count()) as pool:
        missing = [package for package, path in files.items() if not path.exists()]
        list(pool.map(lambda package: _build(package, files[package]), missing))
    return files


def _build(package: Deb, target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="upstream-deb-", dir=state_folder()) as name:
        tree = Path(name) / "tree"
        folder = tree / "usr/share/upstream"
        for path in (tree / "DEBIAN", folder):
            path.mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(package.control)
        (folder / package.name).write_text(f"{package.name} {package.version}\n")
        if package.size:
            noise = random.Random(package.key).getrandbits(8 * package.size)
            (folder / f"{package.name}.bin").write_bytes(noise.to_bytes(package.size, "big"))
        for base, _folders, names in os.walk(tree, topdown=False):
            for path in [Path(base, name) for name in names] + [Path(base)]:
                # The umask of whoever builds must not reach the package.
                path.chmod(0o755 if path.is_dir() else 0o644)
                os.utime(path, (EPOCH, EPOCH))
        built = Path(name) / package.filename
        run(["dpkg-deb", "-Zgzip", "--root-owner-group", "--build", tree, built])
        os.utime(built, (EPOCH, EPOCH))
        target.parent.mkdir(parents=True, exist_ok=True)
        built.rename(target)
