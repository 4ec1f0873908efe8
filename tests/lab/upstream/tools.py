# SPDX-License-Identifier: Apache-2.0
"""The programs that build packages: their installation, and reproducible runs of them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..paths import cache

EPOCH = 1735689600
"""2025-01-01T00:00:00Z: the build time of all packages, and the revision of first states."""

DEBIAN_PACKAGES = {
    "rpm": "rpm",
    "rpmbuild": "rpm",
    "createrepo_c": "createrepo-c",
    "modifyrepo_c": "createrepo-c",
    "dpkg": "dpkg",
    "dpkg-deb": "dpkg",
    "zstd": "zstd",
    "gpg": "gnupg",
}


class UpstreamError(Exception):
    """An error of the upstream; its message has the cause and what to do, in one sentence."""


class ToolsMissing(UpstreamError):
    """Programs are missing, and this user cannot install them."""


def state_directory() -> Path:
    """Return the directory of all state: `upstream/` in `$RELEASE_TRAIN_CACHE`.

    Without the variable it is `.cache/upstream/` at the root of the repository.
    """
    directory = cache() / "upstream"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@contextlib.contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Hold the lock `name` between all processes that share the state directory."""
    with (state_directory() / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def require(*programs: str) -> None:
    """Check that `programs`, by default all, are installed; as root, install missing packages.

    Raises ToolsMissing, which names the packages that are still missing.
    """
    programs = programs or tuple(DEBIAN_PACKAGES)
    missing = _missing(programs)
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        with exclusive("apt"):
            _install(missing)
        missing = _missing(programs)
    if missing:
        raise ToolsMissing(f"Missing Debian packages: {' '.join(missing)}; install them.")


def run(
    command: Sequence[str | Path], *, extra: Mapping[str, str] | None = None, stdin: bytes = b""
) -> bytes:
    """Run a program with a fixed environment and return its standard output.

    The home directory is empty, and the locale, the time zone and SOURCE_DATE_EPOCH are fixed, so
    that settings of the user do not change the result. Raises UpstreamError with the program's
    last lines if it fails.
    """
    with tempfile.TemporaryDirectory(prefix="upstream-home-") as home:
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": home,
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "SOURCE_DATE_EPOCH": str(EPOCH),
            **(extra or {}),
        }
        words = [str(word) for word in command]
        done = subprocess.run(words, input=stdin, capture_output=True, env=environment, check=False)
    if done.returncode:
        output = (done.stdout + done.stderr).decode(errors="replace").strip().splitlines()
        raise UpstreamError(f"{words[0]} exited with {done.returncode}: {' / '.join(output[-5:])}")
    return done.stdout


def _missing(programs: Sequence[str]) -> list[str]:
    return sorted({DEBIAN_PACKAGES[name] for name in programs if not shutil.which(name)})


def _install(packages: Sequence[str]) -> None:
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (install, [*apt, "update"], install):
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
        if command is install and done.returncode == 0:
            return
