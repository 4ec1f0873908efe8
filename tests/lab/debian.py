# SPDX-License-Identifier: Apache-2.0
"""System programs that the lab needs; root installs missing Debian or Ubuntu packages."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Optional

from .paths import LabError, lock

SYSTEM_DIRECTORIES = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
# skopeo pushes images as builders do, podman pulls them as hosts do.
PACKAGES = {
    **{"postgresql": "postgres", "nginx": "nginx", "openssl": "openssl", "gpg": "gpg"},
    **{"skopeo": "skopeo", "podman": "podman"},
}


class MissingPackages(LabError):
    """Debian packages are missing, and this user is not allowed to install them."""


def program(name: str) -> Optional[str]:
    """Return the path of a program, searched in PATH and in the system directories."""
    if name == "postgres":
        directory = postgresql_directory()
        return str(directory / name) if directory else None
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_DIRECTORIES}")


def postgresql_directory(version: Optional[str] = None) -> Optional[Path]:
    """Return the directory of PostgreSQL's programs: of this major version, or of the newest."""
    found = [
        path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")
        if re.fullmatch(r"\d+", path.parts[-3]) and version in (None, path.parts[-3])
    ]
    return max(found, key=lambda directory: int(directory.parts[-2]), default=None)


def ensure_packages() -> None:
    """Install missing packages as root; raise MissingPackages if that is not possible."""
    if not _missing():
        return
    with lock("apt"):
        missing = _missing()
        if missing and os.geteuid() != 0:
            raise MissingPackages(f"Missing Debian packages: {' '.join(missing)}; install them.")
        if missing:
            install(missing)
    if _missing():
        raise MissingPackages(f"apt-get could not install: {' '.join(_missing())}.")


def install(packages: list[str]) -> bool:
    """Install Debian packages as root; return whether apt-get succeeded."""
    print(f"installing Debian packages: {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    command += ["-o", "DPkg::Lock::Timeout=600", *packages]
    for attempt in ([command], [["apt-get", "update", "-qq"], command]):
        results = [
            subprocess.run(one, env=environment, capture_output=True, text=True, check=False)
            for one in attempt
        ]
        if results[-1].returncode == 0:
            return True
    print(results[-1].stderr.strip()[-1000:], flush=True)
    return False


def _missing() -> list[str]:
    missing = [package for package, name in PACKAGES.items() if not program(name)]
    if not program("uv") and not importlib.util.find_spec("ensurepip"):
        missing.append("python3-venv")
    return missing
