# SPDX-License-Identifier: Apache-2.0
"""Pulp's own programs, run once for a server: its manager, its migrations, its models."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from .. import debian, processes
from ..paths import LabError, load_state, server_folder
from . import postgresql
from .state import existing_state, generation_of


def manage(name: str, arguments: list[str]) -> int:
    """Run pulpcore-manager for the server, on this terminal; returns its exit status."""
    state = existing_state(name)
    command = [generation_of(state).program("pulpcore-manager"), *arguments]
    with postgresql.in_use():
        return subprocess.run(command, env=environment(name), check=False).returncode


def run_in_django(name: str, request: dict[str, Any]) -> str:
    """Run django_program.py, which works on Pulp's models; returns the line that it prints."""
    python = generation_of(existing_state(name)).program("python")
    # -I: this directory must not become importable, its file names are those of other packages.
    command = [python, "-I", str(Path(__file__).with_name("django_program.py"))]
    with postgresql.in_use():
        run = subprocess.run(
            command,
            env=environment(name),
            input=json.dumps(request),
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode:
        raise LabError(f"{name}: '{request['do']}' failed:\n{run.stderr.strip()[-3000:]}")
    return run.stdout.strip()


def environment(name: str) -> dict[str, str]:
    """Environment of the server's programs: nothing of the caller's may configure Pulp."""
    foreign = re.compile(r"(PULP_|DJANGO_|PYTHON|GUNICORN_|RELEASE_TRAIN_|PG[A-Z]+$|DYNACONF)")
    folder = server_folder(name)
    result = {key: value for key, value in os.environ.items() if not foreign.match(key)}
    loopback = ["127.0.0.1", "localhost"]
    for key in ("no_proxy", "NO_PROXY"):
        result[key] = ",".join([*filter(None, [os.environ.get(key)]), *loopback])
    state = load_state(name)
    path = [str(generation_of(state).venv / "bin"), os.environ.get("PATH", "")]
    result.update(
        PATH=":".join([*path, debian.SYSTEM_FOLDERS]),
        PULP_SETTINGS=str(folder / "settings.py"),
        DJANGO_SETTINGS_MODULE="pulpcore.app.settings",
        TMPDIR=str(folder / "scratch"),
        LC_ALL="C.UTF-8",
    )
    return result


def migrate(name: str) -> None:
    """Bring the database that settings.py names to the schema of the server's generation."""
    log = server_folder(name) / "log" / "migrate.log"
    command = [generation_of(existing_state(name)).program("pulpcore-manager"), "migrate"]
    with log.open("w") as output:
        run = subprocess.run(
            [*command, "--no-input"],
            env=environment(name),
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if run.returncode:
        raise LabError(f"{name}: migrating failed; the end of {log}:\n{processes.last_lines(log)}")
