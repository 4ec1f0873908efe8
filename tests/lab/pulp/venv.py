# SPDX-License-Identifier: Apache-2.0
"""A virtual environment for each Pulp generation, rebuilt if its requirements file changes."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from .. import debian
from ..paths import LabError, cache, lock

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True)
class Generation:
    """A Pulp release that the lab can run, and how it differs from others."""

    name: str
    pythons: tuple[str, ...]
    gunicorn_options: tuple[str, ...]
    has_storages: bool
    # The table with the worker of a running task, and the column of core_task that refers to it.
    worker_table: str
    worker_column: str

    @property
    def requirements(self) -> Path:
        return Path(__file__).with_name(f"requirements-{self.name}.txt")

    @property
    def digest(self) -> str:
        """A short hash of the pins, which identifies the environment and the migrated schema."""
        return hashlib.sha256(self.requirements.read_bytes()).hexdigest()[:10]

    @property
    def venv(self) -> Path:
        return cache() / "venv" / f"pulp-{self.name}-{self.digest}"

    def program(self, name: str) -> str:
        return str(self.venv / "bin" / name)


GENERATIONS = {
    "current": Generation(
        name="current",
        pythons=("3.11", "3.12", "3.13"),
        # gunicorn's control socket has one default path for each user: servers would share it.
        gunicorn_options=("--no-control-socket",),
        has_storages=True,
        worker_table="core_appstatus",
        worker_column="app_lock_id",
    ),
    "3.43": Generation(
        name="3.43",
        pythons=("3.11",),
        gunicorn_options=(),
        has_storages=False,
        worker_table="core_worker",
        worker_column="worker_id",
    ),
}


def ensure_venv(generation: Generation) -> None:
    """Create the generation's environment unless it is already complete."""
    complete = generation.venv / "complete"
    if complete.exists():
        return
    with lock(f"venv-{generation.name}"):
        if complete.exists():
            return
        print(f"installing Pulp {generation.name} into a virtual environment", flush=True)
        shutil.rmtree(generation.venv, ignore_errors=True)
        uv = _uv()
        python = _find_python(generation, uv)
        if uv:
            _run([uv, "venv", "--quiet", "--python", python, str(generation.venv)])
            install = [uv, "pip", "install", "--quiet", "--python", generation.program("python")]
        else:
            _run([python, "-m", "venv", str(generation.venv)])
            install = [generation.program("python"), "-m", "pip", "install", "--quiet"]
        _run([*install, "-r", str(generation.requirements)])
        complete.touch()


def _find_python(generation: Generation, uv: Optional[str]) -> str:
    for version in generation.pythons:
        for candidate in _candidates(version, uv):
            if _is_python(candidate, version):
                return candidate
    if os.geteuid() == 0:
        for version in generation.pythons:
            if debian.install([f"python{version}", f"python{version}-venv"]):
                return f"/usr/bin/python{version}"
    raise LabError(
        f"Pulp {generation.name} needs Python {' or '.join(generation.pythons)} and none was "
        f"found: install it, e.g. with 'uv python install {generation.pythons[0]}' or pyenv."
    )


def _candidates(version: str, uv: Optional[str]) -> Iterator[str]:
    if sys.version_info[:2] == tuple(int(part) for part in version.split(".")):
        yield sys.executable
    for directory in os.environ.get("PATH", "").split(":"):
        yield f"{directory}/python{version}"
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    yield from sorted(glob.glob(f"{glob.escape(pyenv)}/versions/{version}*/bin/python{version}"))
    if uv:
        command = [uv, "python", "find", version]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        yield found.stdout.strip()


def _is_python(path: str, version: str) -> bool:
    """Return whether this Python runs: pyenv has shims for versions that are not active, too."""
    if not path or not os.access(path, os.X_OK):
        return False
    snippet = "import sys; print('%d.%d' % sys.version_info[:2])"
    run = subprocess.run([path, "-c", snippet], capture_output=True, text=True, check=False)
    return run.stdout.strip() == version


def _uv() -> Optional[str]:
    """Return the path of uv, from PATH or installed with pip; None if it is not available."""
    found = shutil.which("uv")
    if found:
        return found
    bootstrap = cache() / "venv" / "uv"
    uv = bootstrap / "bin" / "uv"
    with lock("venv-uv"):
        if not uv.exists():
            try:
                _run([sys.executable, "-m", "venv", "--clear", str(bootstrap)])
                _run([str(bootstrap / "bin" / "python"), "-m", "pip", "install", "-q", "uv"])
            except LabError:
                return None
    return str(uv)


def _run(command: list[str]) -> None:
    environment = dict(os.environ)
    if CERTIFICATES.exists():
        environment.setdefault("SSL_CERT_FILE", str(CERTIFICATES))
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        output = (run.stderr or run.stdout).strip()[-3000:]
        raise LabError(f"'{' '.join(command)}' failed:\n{output}")
