# SPDX-License-Identifier: Apache-2.0
"""Virtual environments, made once under .cache/ and again when their pins change."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from machine import CACHE, CLONE, announce, environment, have_debian_packages, locked, run

UV = "uv==0.13.9"
REQUIREMENTS = CLONE / "tests" / "requirements"


@dataclass(frozen=True)
class Environment:
    """One virtual environment: its pins and the Pythons that will do, the preferred one first.

    requirements: a file of tests/requirements without its ending; core: a version of ansible-core.
    """

    requirements: str
    pythons: tuple[str, ...]
    core: str | None = None

    @property
    def path(self) -> Path:
        """Return the directory that holds it."""
        series = f"-{self.core.rpartition('.')[0]}" if self.core else ""
        return CACHE / "venv" / f"{self.requirements}{series}"

    @property
    def bin(self) -> Path:
        """Return the directory of its commands."""
        return self.path / "bin"

    @property
    def python(self) -> str:
        """Return the version of its Python, for example 3.11."""
        return next(self.path.glob("lib/python3.*")).name[len("python") :]

    @property
    def pins(self) -> list[str]:
        """Return the arguments of the installer."""
        core = [f"ansible-core=={self.core}"] if self.core else []
        return ["--requirements", str(REQUIREMENTS / f"{self.requirements}.txt"), *core]


# The ansible-core of every supported Kayobe, from 2024.1 to 2026.2, and Pythons it runs on.
CORES = {
    "2.16": Environment("controller", ("3.11", "3.12", "3.10"), "2.16.19"),
    "2.17": Environment("controller", ("3.11", "3.12", "3.10"), "2.17.14"),
    "2.18": Environment("controller", ("3.11", "3.12", "3.13"), "2.18.19"),
    "2.19": Environment("controller", ("3.11", "3.12", "3.13"), "2.19.14"),
    "2.20": Environment("controller", ("3.12", "3.13"), "2.20.10"),
    "2.21": Environment("controller", ("3.13", "3.12"), "2.21.5"),
}
DEFAULT_CORE = "2.19"  # the one that runs everything
TOOLS = Environment("tools", CORES[DEFAULT_CORE].pythons, CORES[DEFAULT_CORE].core)
MODULE = Environment("module", ("3.9",))


def uv() -> Path:
    """Return uv, which makes an environment in a second and finds or fetches its Python."""
    home = CACHE / "venv" / UV.replace("==", "-")
    program = home / "bin" / "uv"
    if not program.exists():
        if importlib.util.find_spec("ensurepip") is None:
            have_debian_packages("python3-venv")
        run([sys.executable, "-m", "venv", "--clear", home])
        run([home / "bin" / "pip", "install", "--quiet", UV])
    return program


def find_python(wanted: Environment) -> str | None:
    """Return the path of the first suitable Python on this machine, or None."""
    for version in wanted.pythons:
        command = [str(uv()), "python", "find", "--no-python-downloads", version]
        found = subprocess.run(
            command, env=environment(), capture_output=True, text=True, check=False
        )
        if not found.returncode:
            return found.stdout.strip()
    return None


def prepare(wanted: Environment) -> Environment:
    """Make an environment unless it is there with the same pins; return it."""
    text = (REQUIREMENTS / f"{wanted.requirements}.txt").read_text(encoding="utf-8")
    digest = hashlib.sha256(f"{wanted}{text}".encode()).hexdigest()
    stamp = wanted.path / "pins.sha256"
    with locked():
        if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
            return wanted
        announce(f"making the environment {wanted.path.name}")
        shutil.rmtree(wanted.path, ignore_errors=True)
        # A machine that has none of them gets the preferred Python from uv.
        python = find_python(wanted) or wanted.pythons[0]
        run([uv(), "venv", "--quiet", "--python", python, wanted.path], env=environment())
        target = ["--quiet", "--python", str(wanted.bin / "python")]
        run([uv(), "pip", "install", *target, *wanted.pins], env=environment())
        stamp.write_text(digest, encoding="utf-8")
    return wanted
