# SPDX-License-Identifier: Apache-2.0
"""RPM packages, built by rpmbuild and then cached."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .state import digest
from .tools import EPOCH, exclusive, require, run, state_directory

FORMAT = 1
"""Increment it if a change of this file changes the bytes of packages."""


@dataclass(frozen=True)
class Rpm:
    """One RPM package; `size` is the number of additional random bytes."""

    name: str
    version: str = "1.0"
    release: str = "1"
    arch: str = "noarch"
    requires: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    size: int = 0

    @property
    def filename(self) -> str:
        """The name of the file: `<name>-<version>-<release>.<arch>.rpm`."""
        return f"{self.name}-{self.version}-{self.release}.{self.arch}.rpm"

    @property
    def nevra(self) -> str:
        """The name in module metadata: `<name>-<epoch>:<version>-<release>.<arch>`."""
        return f"{self.name}-0:{self.version}-{self.release}.{self.arch}"

    @property
    def key(self) -> str:
        """The digest of everything that determines the bytes of the package."""
        return digest(["rpm", FORMAT, asdict(self)])


def build_rpms(packages: Iterable[Rpm]) -> dict[Rpm, Path]:
    """Return the file of each package, building those that are not in the cache.

    One run of rpmbuild builds many packages, as subpackages of one source, because a process for
    each package takes 50 times as long. Each package installs `/usr/share/upstream/<name>`, which
    has the line `<name> <version>-<release>`.
    """
    builds = state_directory() / "builds"
    files = {package: builds / package.key / package.filename for package in packages}
    if all(path.exists() for path in files.values()):
        return files
    require("rpmbuild")
    with exclusive("rpm"):
        missing = [package for package, path in files.items() if not path.exists()]
        for batch in _batches(missing):
            _build(batch, files)
    return files


def _batches(packages: Sequence[Rpm]) -> list[list[Rpm]]:
    """Split into batches of one architecture (and noarch) in which every name occurs once."""
    seen: Counter[str] = Counter()
    batches: dict[tuple[str, int], list[Rpm]] = {}
    for package in packages:
        arch = "x86_64" if package.arch == "noarch" else package.arch
        batches.setdefault((arch, seen[package.name]), []).append(package)
        seen[package.name] += 1
    return list(batches.values())


def _build(batch: Sequence[Rpm], files: dict[Rpm, Path]) -> None:
    target = next((package.arch for package in batch if package.arch != "noarch"), "x86_64")
    with tempfile.TemporaryDirectory(prefix="upstream-rpm-", dir=state_directory()) as directory:
        top = Path(directory)
        for package in batch:
            _write_files(top / "files", package)
        (top / "upstream.spec").write_text(_spec(batch))
        macros = {
            "_topdir": directory,
            "_rpmdir": f"{directory}/out",
            "_build_name_fmt": "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm",
            "_buildhost": "upstream.invalid",
            "use_source_date_epoch_as_buildtime": "1",
            "source_date_epoch_from_changelog": "0",
            "clamp_mtime_to_source_date_epoch": "1",
            "_binary_payload": "w6.gzdio",
            "debug_package": "%{nil}",
            "_build_id_links": "none",
            "__os_install_post": "%{nil}",
        }
        options = [word for name in macros for word in ("--define", f"{name} {macros[name]}")]
        run(["rpmbuild", "-bb", "--quiet", "--nodeps", "--target", target, *options]
            + [top / "upstream.spec"])  # fmt: skip
        for package in batch:
            built = top / "out" / package.filename
            os.utime(built, (EPOCH, EPOCH))
            files[package].parent.mkdir(parents=True, exist_ok=True)
            shutil.move(str(built), files[package])


def _write_files(root: Path, package: Rpm) -> None:
    directory = root / "usr/share/upstream"
    directory.mkdir(parents=True, exist_ok=True)
    text = f"{package.name} {package.version}-{package.release}\n"
    (directory / package.name).write_text(text)
    if package.size:
        noise = random.Random(package.key).getrandbits(8 * package.size)
        (directory / f"{package.name}.bin").write_bytes(noise.to_bytes(package.size, "big"))
    for path in directory.iterdir():
        os.utime(path, (EPOCH, EPOCH))


def _spec(batch: Sequence[Rpm]) -> str:
    """Return a spec file whose subpackages are the packages of the batch."""
    lines = [
        "Name: upstream",
        "Version: 1",
        "Release: 1",
        "Summary: Packages of a test upstream",
        "License: Apache-2.0",
        "AutoReqProv: no",
        "%description",
        "Packages of a test upstream.",
        "%install",
        "cp -a %{_topdir}/files/. %{buildroot}/",
    ]
    for package in batch:
        lines += [
            f"%package -n {package.name}",
            f"Version: {package.version}",
            f"Release: {package.release}",
            f"Summary: Test package {package.name}",
            "AutoReqProv: no",
            *(["BuildArch: noarch"] if package.arch == "noarch" else []),
            *(f"Requires: {name}" for name in package.requires),
            *(f"Provides: {name}" for name in package.provides),
            f"%description -n {package.name}",
            f"A test package called {package.name}.",
            f"%files -n {package.name}",
            "%defattr(0644,root,root,0755)",
            f"/usr/share/upstream/{package.name}",
            *([f"/usr/share/upstream/{package.name}.bin"] if package.size else []),
        ]
    return "\n".join(lines) + "\n"
