# SPDX-License-Identifier: Apache-2.0
"""Deb packages, built by dpkg-deb and then cached."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from .state import digest
from .tools import EPOCH, exclusive, require, run, state_directory

FORMAT = 1
"""Increment it if a change of this file changes the bytes of packages."""


@dataclass(frozen=True)
class Deb:
    """One Deb package; `size` is the number of additional random bytes."""

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
        """The digest of everything that determines the bytes of the package."""
        return digest(["deb", FORMAT, asdict(self)])

    @property
    def control(self) -> str:
        """The package's control file, which is also the start of its paragraph in `Packages`."""
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

    Each package installs `/usr/share/upstream/<name>`, which has the line `<name> <version>`.
    """
    builds = state_directory() / "builds"
    files = {package: builds / package.key / package.filename for package in packages}
    if all(path.exists() for path in files.values()):
        return files
    require("dpkg-deb")
    with exclusive("deb"), ThreadPoolExecutor(os.cpu_count()) as pool:
        missing = [package for package, path in files.items() if not path.exists()]
        list(pool.map(lambda package: _build(package, files[package]), missing))
    return files


def _build(package: Deb, target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="upstream-deb-", dir=state_directory()) as name:
        tree = Path(name) / "tree"
        directory = tree / "usr/share/upstream"
        for path in (tree / "DEBIAN", directory):
            path.mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(package.control)
        (directory / package.name).write_text(f"{package.name} {package.version}\n")
        if package.size:
            noise = random.Random(package.key).getrandbits(8 * package.size)
            (directory / f"{package.name}.bin").write_bytes(noise.to_bytes(package.size, "big"))
        for base, _directories, names in os.walk(tree, topdown=False):
            for path in [Path(base, name) for name in names] + [Path(base)]:
                # The package must not depend on the umask of the user.
                path.chmod(0o755 if path.is_dir() else 0o644)
                os.utime(path, (EPOCH, EPOCH))
        built = Path(name) / package.filename
        run(["dpkg-deb", "-Zgzip", "--root-owner-group", "--build", tree, built])
        os.utime(built, (EPOCH, EPOCH))
        target.parent.mkdir(parents=True, exist_ok=True)
        built.rename(target)
